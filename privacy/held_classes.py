"""Holds on whole classes of which nothing is a row of the main database, such as receipts."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass, Extension
from privacy.keepers import holds_at
from privacy.schedules import Schedule
from storage.tables import Hold

_NEVER: Final = datetime.max.replace(tzinfo=UTC)


def all_held(session: Session, schedule: Schedule, data_class: DataClass, *, now: datetime) -> bool:
    """Whether a hold keeps a whole class that is no rows of the main database."""
    return all_held_until(session, schedule, data_class, now=now) is not None


def all_held_until(
    session: Session, schedule: Schedule, data_class: DataClass, *, now: datetime
) -> datetime | None:
    """From when on no hold that is in force keeps such a class; None when none does.

    Of a hold without a last day that is the end of all days.
    """
    if Extension.LEGAL_HOLD not in schedule.extended_by.get(data_class, ()):
        return None
    mine = Hold.organisation_id == schedule.organisation_id
    wanted = select(Hold.ends_at).where(mine, holds_at(now), Hold.data_class == data_class)
    ends = session.scalars(wanted)
    return max((_NEVER if end is None else end for end in ends), default=None)
