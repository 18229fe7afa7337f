"""A brake: under a clock that leapt ahead nothing goes by age, for what is gone does not come back.

The purge runs each quarter of an hour, and only under a clock that is believed: so when one last
began is the last moment that is known. From far beyond it a machine was off, or its clock is wrong;
an operator says which.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privacy import lateness
from storage import alarms
from storage.house import transaction
from storage.moments_ahead import SKEW
from storage.tables import Alarm

log = logging.getLogger(__name__)

LEAPT: Final = "clock.leapt"
LONGEST_GAP: Final = timedelta(days=3)
"""A weekend that the machine was off is believed; so far ahead at most anything goes too early."""


def last_known(session: Session, *, now: datetime) -> datetime | None:
    """When a purge last began, when that lies too far back to believe the clock; else None.

    A house in which no purge ever began is believed, and so is an operator who vouched since.
    """
    run = lateness.last_run(session, now=now)
    if run is None or now - run.started_at <= LONGEST_GAP:
        return None
    vouched_at = session.scalar(
        select(func.max(Alarm.cleared_at)).where(
            Alarm.kind == LEAPT, Alarm.seen_by.is_not(None), Alarm.cleared_at <= now + SKEW
        )
    )
    believed = vouched_at is not None and now - vouched_at <= LONGEST_GAP
    return None if believed else run.started_at


def vouch(session: Session, *, by: UUID, now: datetime) -> bool:
    """Note in somebody's name that the clock is right; whether it was not believed before.

    The next run believes it then: the alarm ended in their name is a moment that is known.
    """
    known = last_known(session, now=now)
    if known is None:
        return False
    alarms.sound(session, LEAPT, at=now)
    held = select(Alarm).where(Alarm.kind == LEAPT, Alarm.cleared_at.is_(None))
    for alarm in session.scalars(held):
        alarms.see(alarm, by=by, at=now)
    told = {"user_id": by, "last_known": known.isoformat(), "now": now.isoformat()}
    log.warning("clock.vouched_for", extra=told)
    return True


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
        "long, 'flask retention run --clock-is-right' has it go on, or the System page"
    )


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
