"""Forgetting the names of whoever is gone: the keyring tells whose they were no longer.

A name that no row bears is destroyed. One that only a no or a yes bears, which outlive their
person, is replaced, so that the rows of the person in a backup bear another one than the no. Each
step may be repeated and cut off: at every moment the name that the keyring tells finds the no.
"""

import functools
import hashlib
import hmac
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, bindparam, delete, select, update
from sqlalchemy.orm import Session

from storage.columns import HOUSEWIDE, LASTING, PASSING
from storage.database import Database
from storage.identity import new_id
from storage.keyring_rows import LookupName, LookupSeed
from storage.lookup_names import THE_HOUSE, LookupNames, hold
from storage.moments_ahead import lies_ahead
from storage.prepared_lists import PreparedList
from storage.tables import Organisation, Row

log = logging.getLogger(__name__)

REST: Final = timedelta(hours=3)
"""So long a name has to rest: far longer than anybody holds one who is about to write it down."""
LONGEST_BACKUP: Final = timedelta(days=1)
"""A backup of the keyring may be there so much longer than it is kept."""
_PAGE: Final = 500
_A_MOMENT: Final = timedelta(microseconds=1)
_MOST: Final = {"customers", "interactions"}


@dataclass(slots=True)
class Forgotten:
    """What a sweep did: names destroyed, and names of a no that were replaced."""

    destroyed: int = 0
    renamed: int = 0


def columns_bearing(kind: str) -> list[Column[Any]]:
    """The columns of the main database that hold names and are of that kind."""
    return [
        column
        for table in Row.metadata.sorted_tables
        for column in table.columns
        if column.info.get("bears") == kind
    ]


def sweep(database: Database, names: LookupNames, *, kept: timedelta, now: datetime) -> Forgotten:
    """Look at every name once; `kept` is how long backups of the keyring are.

    Whatever needs time is done by a later sweep. Safe to kill and to repeat, by several at once.
    """
    done = Forgotten()
    for whole in names.pages(_PAGE):
        ahead = [one for one in whole if _lies_ahead(one, now=now)]
        for one in ahead:
            _begin_anew(names, one, now=now)
        page = [one for one in whole if one not in ahead]
        for owner in sorted({one.organisation_id for one in page}):
            mine = [one for one in page if one.organisation_id == owner]
            _look_at(database, names, owner, mine, done, kept=kept, now=now)
    if done.destroyed or done.renamed:
        log.info("names.forgotten", extra={"count": done.destroyed, "renamed": done.renamed})
    return done


def _lies_ahead(one: LookupName, *, now: datetime) -> bool:
    moments = (one.rests_since, one.renamed_at)
    return any(at is not None and lies_ahead(at, now=now) for at in moments)


def _begin_anew(names: LookupNames, one: LookupName, *, now: datetime) -> None:
    """Have what began on a day to come begin now: nobody knows when it did, and none is held up.

    Whether it was looked up since it got its name stays as it was.
    """
    fresh: dict[str, datetime] = {}
    if one.rests_since is not None:
        fresh["rests_since"] = now
    if one.renamed_at is not None:
        fresh["renamed_at"] = min(one.renamed_at, now - _A_MOMENT if _is_new_rest(one) else now)
    _change(names, [one], **fresh)


def _look_at(
    database: Database,
    names: LookupNames,
    owner: UUID,
    page: Sequence[LookupName],
    done: Forgotten,
    *,
    kept: timedelta,
    now: datetime,
) -> None:
    with database.reading() as session:
        passing = HOUSEWIDE if owner == THE_HOUSE else PASSING
        borne = _borne(session, owner, passing, {one.name for one in page})
        lasting = _borne(session, owner, LASTING, {one.name for one in page} - borne)
    for one in page:
        # Before it rests again: what was said meanwhile is not in the rows of the name to come.
        if one.next_name is not None and (one.name in borne or one.rests_since is None):
            _take_back(database, names, one, one.next_name)
    resting = [one for one in page if one.name not in borne]
    _change(names, [one for one in page if one.name in borne and one.rests_since], rests_since=None)
    _change(names, [one for one in resting if one.rests_since is None], rests_since=now)
    rested = [one for one in resting if one.rests_since and now - one.rests_since >= REST]
    gone = [one for one in rested if one.name not in lasting and one.name_before is None]
    done.destroyed += _destroy(names, gone, before=now - REST)
    for one in rested:
        if one.name in lasting and one.name_before is None and _is_new_rest(one):
            done.renamed += _rename(database, names, one, now=now)
    for one in page:
        if one.name_before and one.renamed_at and now - one.renamed_at > kept + LONGEST_BACKUP:
            _drop(database, owner, one.name_before)
            _change(names, [one], name_before=None)


def _is_new_rest(one: LookupName) -> bool:
    """Whether anybody looked it up since it got the name it has."""
    return one.rests_since is not None and (
        one.renamed_at is None or one.rests_since > one.renamed_at
    )


def _borne(session: Session, owner: UUID, kind: str, names: set[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for asking in _asking(kind):
        if names <= found:
            break
        found |= {name for (name,) in asking.rows(session, {"owner": owner}, names - found)}
    return found


@functools.cache
def _asking(kind: str) -> list[PreparedList]:
    """Which of some names a column has; those first in which most are found."""
    columns = sorted(columns_bearing(kind), key=lambda one: one.table.name not in _MOST)
    return [_among(one) for one in columns]


def _among(column: Column[Any]) -> PreparedList:
    theirs: tuple[ColumnElement[bool], ...] = ()
    if column.info["bears"] != HOUSEWIDE:
        theirs = (column.table.c.organisation_id == bindparam("owner"),)
    return PreparedList(
        lambda items: select(column).where(*theirs, column.in_(items)), of=column.type
    )


def _change(names: LookupNames, those: Sequence[LookupName], **values: Any) -> None:
    if not those:
        return
    mine = _rows_of(those)
    with names.database.transaction() as session:
        hold(session, mine)
        session.execute(update(LookupName).where(*mine).values(**values))


def _destroy(names: LookupNames, those: Sequence[LookupName], *, before: datetime) -> int:
    if not those:
        return 0
    mine = _rows_of(those)
    # As long as the seed is there that it was made from, it would only be made again.
    seed = select(LookupSeed.number).scalar_subquery()
    rested = (LookupName.rests_since <= before, LookupName.seed != seed)
    with names.database.transaction() as session:
        hold(session, mine)
        gone = session.execute(delete(LookupName).where(*mine, *rested))
    return int(gone.rowcount)  # type: ignore[attr-defined]


def _rows_of(those: Sequence[LookupName]) -> tuple[ColumnElement[bool], ...]:
    """Names of one organisation, as they were looked at: one may have got another meanwhile."""
    return (
        LookupName.organisation_id == those[0].organisation_id,
        LookupName.found_by.in_([one.found_by for one in those]),
        LookupName.name.in_([one.name for one in those]),
    )


def _rename(database: Database, names: LookupNames, one: LookupName, *, now: datetime) -> bool:
    """Have the no stand under another name, and then that be the name; False if it is not yet."""
    fresh, seed = _next_name(names, one)
    if fresh is None:
        return False
    with database.transaction() as session:
        _copy(session, one, fresh, seed=seed)
    if one.next_name is None:
        # The ledger hears of the rows first, so that no restore is without them; the next sweep
        # goes on.
        return False
    with names.database.transaction() as session:
        changed = session.execute(
            update(LookupName)
            .where(
                *_rows_of([one]),
                LookupName.next_name == fresh,
                LookupName.rests_since == one.rests_since,
            )
            .values(name=fresh, name_before=one.name, next_name=None, renamed_at=now)
        )
    if changed.rowcount:  # type: ignore[attr-defined]
        return True
    _take_back(database, names, one, fresh)
    return False


def _next_name(names: LookupNames, one: LookupName) -> tuple[bytes | None, bytes]:
    """The name to come, noted before a row bears it; None when the old one is awake by now."""
    key = (one.organisation_id, one.found_by)
    with names.database.transaction() as session:
        row = session.get(LookupName, key, with_for_update=True)
        if row is None or row.name != one.name or row.rests_since != one.rests_since:
            return None, b""
        row.next_name = row.next_name or secrets.token_bytes(32)
        seed = session.scalars(select(LookupSeed.seed)).one()
        return row.next_name, seed


def _copy(session: Session, one: LookupName, fresh: bytes, *, seed: bytes) -> None:
    """The same no under the other name, and nothing in it that leads back to the old row."""
    zone = ZoneInfo(session.get_one(Organisation, one.organisation_id).timezone)
    for column in columns_bearing(LASTING):
        table, mapped = column.table, _mapped(column.table)
        mine = table.c.organisation_id == one.organisation_id
        named = getattr(mapped, column.name)
        rows = session.scalars(
            select(mapped).where(mine, named == one.name).with_for_update()
        ).all()
        if session.scalar(select(table.c.id).where(mine, named == fresh).limit(1)) is not None:
            continue  # of a run that was cut off
        for row in rows:
            told = {c.name: _told(c, getattr(row, c.name), zone, seed) for c in table.columns}
            session.add(mapped(**{**told, "id": new_id(), column.name: fresh}))


def _told(column: Column[Any], value: Any, zone: ZoneInfo, seed: bytes) -> Any:
    """What the new row tells: of the past the day, and what was said in one breath still as one."""
    if value is None:
        return None
    if column.name == "wish_id":
        return UUID(bytes=hmac.new(seed, value.bytes, hashlib.sha256).digest()[:16], version=4)
    if column.name in ("made_at", "withdrawn_at"):
        return value.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return value


def _take_back(database: Database, names: LookupNames, one: LookupName, fresh: bytes) -> None:
    """Undo a renaming that somebody's look-up came before; another process may have ended it."""
    with names.database.transaction() as session:
        undone = session.execute(
            update(LookupName)
            .where(*_rows_of([one]), LookupName.next_name == fresh)
            .values(next_name=None)
        )
    if undone.rowcount:  # type: ignore[attr-defined]
        _drop(database, one.organisation_id, fresh)


def _drop(database: Database, owner: UUID, name: bytes) -> None:
    with database.transaction() as session:
        for column in columns_bearing(LASTING):
            table = column.table
            session.execute(delete(table).where(table.c.organisation_id == owner, column == name))


def _mapped(table: Any) -> Any:
    for mapper in Row.registry.mappers:
        if mapper.local_table is table:
            return mapper.class_
    raise LookupError(f"no class for {table}")
