"""What is done again and again: one list, and the claim that lets one process ring at a time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage import alarms
from storage.moments_ahead import WENT_BACK, lies_ahead
from storage.queue import JobName
from storage.tables import Lease, PeriodicJob

PERIODIC: Final[Mapping[JobName, timedelta]] = {
    JobName.SWEEP_RECORDINGS: timedelta(seconds=15),
    JobName.SWEEP_TRANSCRIPTS: timedelta(seconds=15),
    JobName.SWEEP_AUDIO_ONLY: timedelta(minutes=1),
    JobName.SWEEP_DELIVERIES: timedelta(seconds=30),
    JobName.SWEEP_CALLS: timedelta(seconds=30),
    JobName.SEND_TEXTS: timedelta(seconds=15),
    JobName.SWEEP_TEXTS: timedelta(minutes=2),
    JobName.SWEEP_REQUESTS: timedelta(minutes=5),
    JobName.SWEEP_LINES: timedelta(hours=1),
    JobName.COUNT_STATISTICS: timedelta(minutes=1),
    JobName.PURGE: timedelta(minutes=15),
    JobName.SWEEP_RECEIPTS: timedelta(minutes=5),
    JobName.MAIL_RECEIPT_HEADS: timedelta(hours=24),
    JobName.RECONCILE_STORAGE: timedelta(hours=24),
    JobName.BACK_UP_KEYRING: timedelta(hours=24),
    JobName.SWEEP_NAMES: timedelta(hours=6),
}
LEASE: Final = "schedule"
LEASE_TIME: Final = timedelta(seconds=30)


def hold_lease(session: Session, *, holder: str, now: datetime) -> bool:
    """True when `holder` is the one that acts until 30 seconds from now; others wait.

    One that was taken under a clock that ran ahead is over.
    """
    lease = session.get(Lease, LEASE, with_for_update=True)
    if lease is None:
        session.add(Lease(name=LEASE, holder=holder, until=now + LEASE_TIME))
        session.flush()
        return True
    if lease.holder != holder and lease.until > now:
        taken_at = lease.until - LEASE_TIME
        if not lies_ahead(taken_at, now=now):
            return False
    lease.holder, lease.until = holder, now + LEASE_TIME
    return True


def release_lease(session: Session, *, holder: str, now: datetime) -> None:
    """Let the next process act at once."""
    session.execute(
        update(Lease).where(Lease.name == LEASE, Lease.holder == holder).values(until=now)
    )


def claim_due(session: Session, *, now: datetime) -> list[JobName]:
    """The periodic jobs that are due, each moved on to its next time; missed runs count as one.

    One whose last time lies ahead is due too, and an alarm tells that the clock was set back: else
    nothing would run before that time comes again.
    """
    due = []
    for job, every in PERIODIC.items():
        row = session.get(PeriodicJob, job.name, with_for_update=True)
        if row is None:
            row = PeriodicJob(name=job.name, next_at=now)
            session.add(row)
        if lies_ahead(row.next_at - every, now=now):
            alarms.sound(session, WENT_BACK, at=now)
        elif row.next_at > now:
            continue
        row.last_rung_at, row.next_at = now, now + every
        due.append(job)
    return due


def mark_done(session: Session, job: JobName, *, now: datetime) -> None:
    """Note that a periodic job ran to its end, for the page that shows a purge which stopped."""
    session.execute(
        update(PeriodicJob).where(PeriodicJob.name == job.name).values(last_done_at=now)
    )


def last_done(session: Session, job: JobName) -> datetime | None:
    """When a periodic job last ran to its end; None if it never did."""
    row = session.get(PeriodicJob, job.name)
    return None if row is None else row.last_done_at
