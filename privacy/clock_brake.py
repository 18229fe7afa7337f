"""A brake: under a clock that leapt ahead nothing goes by age, for what is gone does not come back.

The purge runs each quarter of an hour, and only under a clock that is believed: so when one last
began is the last moment that is known. From far beyond it a machine was off, or its clock is wrong;
an operator says which.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from privacy import lateness
from storage import alarms
from storage.house import transaction

log = logging.getLogger(__name__)

LEAPT: Final = "clock.leapt"
LONGEST_GAP: Final = timedelta(days=3)
"""A weekend that the machine was off is believed; so far ahead at most anything goes too early."""


def last_known(session: Session, *, now: datetime) -> datetime | None:
    """The last moment that is known, when it lies too far back to believe the clock; else None.

    A house in which no purge ever began is believed.
    """
    run = lateness.last_run(session, now=now)
    return None if run is None or now - run.started_at <= LONGEST_GAP else run.started_at


def holds_back(*, now: datetime) -> bool:
    """Whether nothing may go by age now; the alarm about it is raised, or is over."""
    with transaction() as session:
        known = last_known(session, now=now)
        tell = alarms.clear if known is None else alarms.sound
        tell(session, LEAPT, at=now)
    if known is not None:
        log.warning("clock.leapt", extra={"last_known": known.isoformat()})
    return known is not None


def words(known: datetime, *, now: datetime) -> str:
    """What an operator is told who would have something go by age."""
    return (
        f"this machine's clock says {_told(now)}, but the last run of the purge began at "
        f"{_told(known)}. If the clock is wrong, set it right. If the purge only stood still so "
        "long, 'flask retention run --clock-is-right' has it go on"
    )


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
