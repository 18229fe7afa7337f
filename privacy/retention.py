"""What is due: by age alone, in whatever state it is, oldest first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import not_, or_, tuple_
from sqlalchemy.orm import Session

from privacy import keepers
from privacy.kinds import Kind
from privacy.schedules import (
    NoRuleError,
    Schedule,
    schedule_of,
    schedule_of_the_house,
    usable_schedules,
)
from storage.tables import Row

__all__ = [
    "Item",
    "NoRuleError",
    "Schedule",
    "count_due",
    "due",
    "is_over",
    "schedule_of",
    "schedule_of_the_house",
    "usable_schedules",
]


@dataclass(frozen=True, slots=True)
class Item:
    """A row with the moments that decide when it goes."""

    start: datetime
    id: UUID
    # When its time ended whatever its period says; None when only the period counts.
    ended_at: datetime | None = None


def due(
    session: Session,
    schedule: Schedule,
    kind: Kind,
    *,
    now: datetime,
    limit: int,
    after: Item | None = None,
    kept: bool = False,
) -> list[Item]:
    """Up to `limit` rows whose time may be over, oldest first; `after` is the last one before.

    A period ends on a calendar day, so some of the youngest may still be running: ask `is_over`.
    With `kept` it is the rows that a hold, a restriction or an open case keeps back, else the
    others.
    """
    period = schedule.period(kind.data_class)
    ends = kind.expires
    if ends is None and kind.data_class in schedule.until_handled:
        ends = kind.handled
    if period is None and ends is None:
        return []
    table = Row.metadata.tables[kind.table.__tablename__]
    over = []
    if period is not None and kind.expires is None:
        over.append(kind.start <= period.before(now, schedule.zone))
    if ends is not None:
        over.append(ends <= now)
    of = kind.organisation if kind.organisation is not None else table.c.organisation_id
    statement = kind.rows().where(of == schedule.organisation_id, or_(*over))
    if ends is not None:
        statement = statement.add_columns(ends)
    if keepers.are_there(session, schedule, now=now):
        back = keepers.kept_back(schedule, kind.table, kind.data_class, now=now)
        statement = statement.where(back if kept else not_(back))
    elif kept:
        return []
    if after is not None:
        statement = statement.where(tuple_(kind.start, table.c.id) > tuple_(after.start, after.id))
    found = session.execute(statement.order_by(kind.start, table.c.id).limit(limit)).all()
    return [Item(*row) for row in found]


def is_over(schedule: Schedule, kind: Kind, item: Item, *, now: datetime) -> bool:
    """Whether the time of an item is over."""
    if item.ended_at is not None and item.ended_at <= now:
        return True
    period = schedule.period(kind.data_class)
    if period is None or kind.expires is not None:
        return False
    return period.is_over(item.start, at=now, zone=schedule.zone)


def count_due(session: Session, schedule: Schedule, *, now: datetime) -> dict[str, int]:
    """How many items of each class are due; what a purge at that moment counts under them."""
    counts: dict[str, int] = {}
    for kind in schedule.kinds:
        if kind.counted_as != kind.data_class:
            continue
        counts.setdefault(kind.counted_as, 0)
        after: Item | None = None
        while found := due(session, schedule, kind, now=now, limit=1_000, after=after):
            counts[kind.counted_as] += sum(is_over(schedule, kind, item, now=now) for item in found)
            after = found[-1]
    return counts
