"""The job of this room: the purge, run by the schedule."""

from privacy import purge as purging
from storage.faults import TryAgain
from storage.house import house, transaction, utc_now
from storage.jobs import job
from storage.periodic import mark_done
from storage.queue import JobName


@job
def purge() -> None:
    """Delete what is past its period; fails when something must wait for the next run."""
    now = utc_now()
    totals = purging.run(
        blobs=house().blobs, keyring=house().keyring, database=house().database, now=now
    )
    if totals.left:
        raise TryAgain("some of what is due could not be deleted yet", code="purge_incomplete")
    with transaction() as session:
        mark_done(session, JobName.PURGE, now=now)
