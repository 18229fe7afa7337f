"""What is due: by age alone, in whatever state it is, oldest first."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, case, literal, not_, null, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from privacy import keepers
from privacy.kinds import Kind
from privacy.schedules import (
    NoRuleError,
    Schedule,
    schedule_of,
    schedule_of_the_house,
    usable_schedules,
)
from storage.prepared import Prepared
from storage.tables import Row

_UNSURE: Final = timedelta(days=5)
"""Of starts up to four days before the bound several may end on one day; see config.periods."""

__all__ = [
    "Item",
    "NoRuleError",
    "Schedule",
    "due",
    "earlier",
    "end_of",
    "is_over",
    "over",
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
    # The row with which it goes, where that is another one.
    root: UUID | None = None


def due(
    session: Session,
    schedule: Schedule,
    kind: Kind,
    *,
    now: datetime,
    limit: int,
    after: Item | None = None,
    which: ColumnElement[bool] | None = None,
) -> list[Item]:
    """Up to `limit` rows whose time may be over, oldest first; `after` is the last one before.

    A period ends on a calendar day, so some of the youngest may still be running: ask `is_over`.
    What a hold, a restriction or an open case keeps back is left out, unless `which` says which
    rows are wanted.
    """
    period = schedule.period(kind.data_class)
    early = early_ends(session, schedule, kind)
    if period is None and not early:
        return []
    table = Row.metadata.tables[kind.table.__tablename__]
    over = []
    if period is not None and kind.expires is None:
        over.append(kind.start <= period.before(now, schedule.zone))
    over += [end <= now for end in early]
    of = kind.organisation if kind.organisation is not None else table.c.organisation_id
    statement = kind.rows().where(of == schedule.organisation_id, or_(*over))
    # In the order of an item.
    statement = statement.add_columns(first_of(early), null() if kind.root is None else kind.root)
    if which is not None:
        statement = statement.where(which)
    elif keepers.are_there(session, schedule, now=now):
        kept = keepers.kept_back(schedule, kind.table, kind.data_class, now=now)
        statement = statement.where(not_(kept))
    if after is not None:
        statement = statement.where(tuple_(kind.start, table.c.id) > tuple_(after.start, after.id))
    # Past the session, which would make something of each row first; they are a thousand.
    found = session.connection().execute(statement.order_by(kind.start, table.c.id).limit(limit))
    return [Item(*row) for row in found.all()]


def early_ends(
    session: Session, schedule: Schedule, kind: Kind
) -> list[InstrumentedAttribute[Any]]:
    """The moments that may end an item of this kind before its period does, or instead of it."""
    if kind.expires is not None:
        return [kind.expires]
    ends = []
    if kind.handled is not None and kind.data_class in schedule.until_handled:
        ends.append(kind.handled)
    # Asked for only where somebody marked something: the rest goes in the order of one index.
    if kind.sooner is not None and _any_sooner(session, schedule, kind.sooner):
        ends.append(kind.sooner)
    return ends


def _any_sooner(session: Session, schedule: Schedule, sooner: InstrumentedAttribute[Any]) -> bool:
    return bool(_marked(sooner).rows(session, {"mine": schedule.organisation_id}))


@functools.cache
def _marked(sooner: InstrumentedAttribute[Any]) -> Prepared:
    owner = Row.metadata.tables[sooner.class_.__tablename__].c.organisation_id
    # Asked of the few that are marked: SQLite would go through all rows of the organisation.
    owners = select(owner).where(sooner.is_not(None))
    return Prepared(select(literal(1)).where(bindparam("mine", type_=owner.type).in_(owners)))


def first_of(ends: Sequence[InstrumentedAttribute[Any]]) -> ColumnElement[Any]:
    """The earlier of one or two moments, of which each may be missing."""
    if len(ends) < 2:
        return ends[0].expression if ends else null()
    one, other = ends
    return case((one.is_(None), other), (or_(other.is_(None), one <= other), one), else_=other)


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """The earlier of two moments, of which each may be missing."""
    known = [moment for moment in (one, other) if moment is not None]
    return min(known, default=None)


def end_of(schedule: Schedule, kind: Kind, item: Item) -> datetime | None:
    """The moment at which the time of an item is over; None when nothing ends it by itself."""
    period = schedule.period(kind.data_class)
    if period is None or kind.expires is not None:
        return item.ended_at
    end = period.after(item.start, schedule.zone)
    return end if item.ended_at is None else min(end, item.ended_at)


def is_over(schedule: Schedule, kind: Kind, item: Item, *, now: datetime) -> bool:
    """Whether the time of an item is over."""
    end = end_of(schedule, kind, item)
    return end is not None and end <= now


def over(schedule: Schedule, kind: Kind, items: Sequence[Item], *, now: datetime) -> list[Item]:
    """Those of the items whose time is over; only the youngest are reckoned singly."""
    sure = sure_before(schedule, kind, now=now)
    return [
        item
        for item in items
        if (sure is not None and item.start <= sure) or is_over(schedule, kind, item, now=now)
    ]


def sure_before(schedule: Schedule, kind: Kind, *, now: datetime) -> datetime | None:
    """Whatever began by then is surely over; None where only each item's own moment says."""
    period = schedule.period(kind.data_class)
    if period is None or kind.expires is not None:
        return None
    return period.before(now, schedule.zone) - _UNSURE
