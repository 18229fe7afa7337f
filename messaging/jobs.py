"""The jobs of text messages."""

import logging

from messaging import sweep
from storage.faults import GiveUp
from storage.house import house, transaction, utc_now
from storage.jobs import job
from storage.periodic import mark_done
from storage.queue import JobName

log = logging.getLogger(__name__)


@job
def sweep_texts() -> None:
    """Hear what reached the provider alone, and have it removed there."""
    now = utc_now()
    try:
        swept = sweep.sweep(provider=house().provider, now=now)
    except GiveUp as fault:
        # Not every provider lists messages; what it brings us is heard all the same.
        log.warning("texts.not_listed", extra={"code": fault.code})
        swept = 0
    with transaction() as session:
        mark_done(session, JobName.SWEEP_TEXTS, now=now)
    if swept:
        log.info("texts.swept", extra={"count": swept})
