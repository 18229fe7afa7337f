"""What is due, page by page, as the purge asks for it: the rows to take, and where to go on.

It is what `privacy.retention` finds. Where nothing keeps anything, which is nearly always, the
question is one that was written once, and of a page whose last row is surely over no row is
reckoned singly: a million answers are a thousand such questions.
"""

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, bindparam, null, or_, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from privacy import keepers, retention
from privacy.kinds import Kind
from privacy.purge_roots import ROOTS, roots_of
from privacy.retention import Item, Schedule
from storage.columns import Utc
from storage.many_ids import ManyIds
from storage.prepared import Prepared
from storage.tables import Row

_MOMENT: Final = Utc()
_ID: Final = Row.metadata.tables["organisations"].c.id.type


@dataclass(frozen=True, slots=True)
class Page:
    """The rows that go, each once, and the last item looked at, after which the next page begins.

    Of the youngest items some may still have time, so a page may have no rows.
    """

    table: type[Row]
    rows: ManyIds
    last: Item


def next_page(
    session: Session,
    schedule: Schedule,
    kind: Kind,
    *,
    now: datetime,
    limit: int,
    after: Item | None,
) -> Page | None:
    """The page after that item, None when there is none; raises NoRuleError."""
    period = schedule.period(kind.data_class)
    early = retention.early_ends(session, schedule, kind)
    if period is None and not early:
        return None
    if schedule.organisation_id is None or keepers.are_there(session, schedule, now=now):
        found = retention.due(session, schedule, kind, now=now, limit=limit, after=after)
        return _page_of(schedule, kind, found, now=now) if found else None
    by_age = period is not None and kind.expires is None
    asked = _asking(kind, by_age, tuple(early), after is not None)
    values: dict[str, Any] = {"organisation": schedule.organisation_id, "limit": limit, "now": now}
    if period is not None:
        values["before"] = period.before(now, schedule.zone)
    if after is not None:
        values |= {"start": after.start, "id": after.id}
    lines, reads = asked.lines(session, values)
    if not lines:
        return None
    last = Item(*(_read(reads[at], value) for at, value in enumerate(lines[-1])))
    sure = retention.sure_before(schedule, kind, now=now)
    if sure is None or last.start > sure:
        items = [Item(*map(_read, reads, line)) for line in lines]
        return _page_of(schedule, kind, items, now=now)
    wanted = 1 if kind.root is None else 3
    read = reads[wanted]
    ids = [line[wanted] for line in lines]
    rows = ids if read is None else [read(one) for one in ids]
    if kind.root is None:
        return Page(kind.table, ManyIds(rows), last)
    roots = ManyIds(dict.fromkeys(one for one in rows if one is not None))
    return Page(ROOTS[kind.table], roots, last)


def _page_of(schedule: Schedule, kind: Kind, found: list[Item], *, now: datetime) -> Page:
    table, rows = roots_of(kind, retention.over(schedule, kind, found, now=now))
    return Page(table, rows, found[-1])


def _read(read: Any, value: Any) -> Any:
    return value if read is None else read(value)


@functools.cache
def _asking(
    kind: Kind, by_age: bool, early: tuple[InstrumentedAttribute[Any], ...], goes_on: bool
) -> Prepared:
    """What `retention.due` asks where nothing keeps anything, with its values named."""
    table = Row.metadata.tables[kind.table.__tablename__]
    over = []
    if by_age:
        over.append(kind.start <= bindparam("before", type_=_MOMENT))
    over += [end <= bindparam("now", type_=_MOMENT) for end in early]
    of = kind.organisation if kind.organisation is not None else table.c.organisation_id
    statement = kind.rows().where(of == bindparam("organisation", type_=_ID), or_(*over))
    statement = statement.add_columns(
        retention.first_of(early), null() if kind.root is None else kind.root
    )
    if goes_on:
        begun = tuple_(bindparam("start", type_=_MOMENT), bindparam("id", type_=_ID))
        statement = statement.where(tuple_(kind.start, table.c.id) > begun)
    limit = bindparam("limit", type_=Integer)
    return Prepared(statement.order_by(kind.start, table.c.id).limit(limit))
