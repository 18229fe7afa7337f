"""What hangs below a row: everything that goes when it goes, found by the foreign keys themselves.

A table that somebody adds later below a person's rows is found here without being named, so its
rows go with the rest.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Table, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from storage.many_ids import IDS, ManyIds, in_order, sent, those
from storage.prepared import Prepared
from storage.provider_copies import CopyKind
from storage.states import CommentState, MessageState, RecordingState, TranscriptState
from storage.tables import Call, Comment, Message, Recording, Row, SentText, Transcript

_CHUNK: Final = 2_000
_HIDDEN: Final = (
    (Recording, RecordingState.ERASED),
    (Transcript, TranscriptState.ERASED),
    (Comment, CommentState.ERASED),
    (Message, MessageState.ERASED),
)


@dataclass(slots=True)
class Descent:
    """Ids by table, ancestors and descendants alike; leaves without anything sealed are not listed,
    because they are deleted through their parents."""

    # As statements ask for them, each id once, so that each list is written out once.
    parts: dict[str, list[ManyIds]] = field(default_factory=dict)

    def of(self, table: type[Row]) -> set[UUID]:
        """The ids found in that table."""
        return set().union(*self.parts_of(table))

    def has(self, *tables: type[Row]) -> bool:
        """Whether anything was found in one of those tables."""
        return any(self.parts_of(table) for table in tables)

    def parts_of(self, table: type[Row]) -> Sequence[ManyIds]:
        """The ids found in that table, in parts that a statement can hold."""
        return self.parts.get(table.__tablename__, ())

    @property
    def sealed_items(self) -> set[UUID]:
        """Every id that may have a key of its own."""
        return set().union(*self._sealed_parts())

    def sealed(self) -> ManyIds:
        """The same as one list; of rows with nothing sealed below them it is their own."""
        parts = self._sealed_parts()
        return parts[0] if len(parts) == 1 else ManyIds(in_order(self.sealed_items))

    def has_sealed_besides(self, known: Collection[UUID]) -> bool:
        """Whether an id may have a key of its own that is not among the known ones."""
        parts = self._sealed_parts()
        if all(part is known for part in parts):
            return False
        return bool(self.sealed_items.difference(known))

    def _sealed_parts(self) -> list[ManyIds]:
        keyed = _keyed()
        return [part for name, parts in self.parts.items() if name in keyed for part in parts]


@cache
def _keyed() -> frozenset[str]:
    sealed = {table.name for table in Row.metadata.tables.values() if _has_sealed(table)}
    return frozenset({*sealed, Recording.__tablename__})


def find(session: Session, table: type[Row], items: Collection[UUID]) -> Descent:
    """The given rows and all that hang below them."""
    found = Descent()
    # What was given as many ids is written out already.
    given = items if isinstance(items, ManyIds) else ManyIds(dict.fromkeys(items))
    waiting: list[tuple[Table, Sequence[UUID]]] = [(_table(table), given)]
    dialect = session.get_bind().dialect.name
    while waiting:
        parent, ids = waiting.pop()
        if there := found.parts.get(parent.name):
            known = set().union(*there)
            ids = [one for one in ids if one not in known]
        if not ids:
            continue
        parts = _parts(ids)
        found.parts.setdefault(parent.name, []).extend(parts)
        for child, column in _listed_children(parent):
            below = _there(child.c.id, column, dialect)
            waiting.append((child, [
                one for part in parts for (one,) in below.rows(session, _these(dialect, part))
            ]))  # fmt: skip
    return found


def lock(session: Session, table: type[Row], items: Iterable[UUID], found: Descent) -> None:
    """Lock the calls first, as everybody does, and then the given rows; each in one order."""
    calls = found.of(Call)
    dialect = session.get_bind().dialect.name
    recordings = _table(Recording)
    called = _there(recordings.c.call_id, recordings.c.id, dialect)
    for part in found.parts_of(Recording):
        calls.update([one for (one,) in called.rows(session, _these(dialect, part))])
    for locked, ids in ((Call, calls), (table, items)):
        holding = _holding(_table(locked), dialect)
        for part in _parts(ids):
            holding.rows(session, _these(dialect, part))


def hide(session: Session, found: Descent) -> None:
    """Mark what can be seen or heard as erased, so that nobody meets it while it goes."""
    dialect = session.get_bind().dialect.name
    for table, state in _HIDDEN:
        for part in found.parts_of(table):
            _hiding(_table(table), dialect).change(
                session, _these(dialect, part) | {"state": state, "hidden": state}
            )


def set_those(session: Session, table: type[Row], part: ManyIds, **values: Any) -> int:
    """Write these values into the rows of these ids; how many there were."""
    dialect = session.get_bind().dialect.name
    setting = _setting(_table(table), tuple(values), dialect)
    return setting.change(session, _these(dialect, part) | values)


def column_to(child: type[Row], parent: type[Row]) -> Column[UUID]:
    """With which column rows of one table hang on those of another."""
    there = _table(child)
    return next(column for column in there.columns if column.references(_table(parent).c.id))


def provider_sids(session: Session, found: Descent) -> list[tuple[CopyKind, str]]:
    """What of these rows may lie at the provider, recordings before calls."""
    sids: list[tuple[CopyKind, str]] = []
    kinds = (
        (Recording, CopyKind.RECORDING),
        (Call, CopyKind.CALL),
        (SentText, CopyKind.MESSAGE),
    )
    dialect = session.get_bind().dialect.name
    for table, kind in kinds:
        columns = _table(table).c
        known = _there(columns.provider_sid, columns.id, dialect)
        for part in found.parts_of(table):
            rows = known.rows(session, _these(dialect, part))
            sids += [(kind, sid) for (sid,) in rows if sid is not None]
    return sids


def remove(session: Session, found: Descent) -> dict[str, int]:
    """Delete the rows, children first; how many of each table there still were.

    Another run may have been quicker.
    """
    dialect, parts = session.get_bind().dialect.name, found.parts
    gone: dict[str, int] = {}
    for table in _children_first():
        by: Sequence[tuple[Table, Column[UUID]]] = ()
        if table.name in parts:
            by = [(table, table.c.id)]
        elif _is_leaf(table):
            by = _parents(table)
        for parent, column in by:
            for part in parts.get(parent.name, ()):
                met = _deleting(table, column, dialect).change(session, _these(dialect, part))
                gone[table.name] = gone.get(table.name, 0) + met
    return gone


def _these(dialect: str, part: ManyIds) -> dict[str, Any]:
    return {IDS: sent(dialect, part)}


# Written once for each kind of database: to make a statement anew costs more than to run it.


@cache
def _there(wanted: Column[Any], column: Column[UUID], dialect: str) -> Prepared:
    return Prepared(select(wanted).where(those(column, dialect)))


@cache
def _holding(table: Table, dialect: str) -> Prepared:
    wanted = select(table.c.id).where(those(table.c.id, dialect))
    held = wanted.order_by(table.c.id).with_for_update().subquery()
    # Of the ids themselves nobody wants to hear again.
    return Prepared(select(func.count()).select_from(held))


@cache
def _hiding(table: Table, dialect: str) -> Prepared:
    seen = (those(table.c.id, dialect), table.c.state != bindparam("hidden"))
    return Prepared(update(table).where(*seen), sets=("state",))


@cache
def _setting(table: Table, names: tuple[str, ...], dialect: str) -> Prepared:
    return Prepared(update(table).where(those(table.c.id, dialect)), sets=names)


@cache
def _deleting(table: Table, column: Column[UUID], dialect: str) -> Prepared:
    return Prepared(delete(table).where(those(column, dialect)))


@cache
def _children_first() -> tuple[Table, ...]:
    return tuple(reversed(Row.metadata.sorted_tables))


@cache
def _children(parent: Table) -> tuple[tuple[Table, Column[UUID]], ...]:
    return tuple(
        (table, column)
        for table in Row.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table is parent for key in column.foreign_keys)
    )


@cache
def _listed_children(parent: Table) -> tuple[tuple[Table, Column[UUID]], ...]:
    return tuple((table, column) for table, column in _children(parent) if not _is_leaf(table))


@cache
def _parents(child: Table) -> tuple[tuple[Table, Column[UUID]], ...]:
    return tuple(
        (key.column.table, column) for column in child.columns for key in column.foreign_keys
    )


@cache
def _is_leaf(table: Table) -> bool:
    """Whether nothing hangs below and nothing is sealed: such rows need not be listed singly."""
    return not _has_sealed(table) and not _children(table)


def _has_sealed(table: Table) -> bool:
    return any(column.info.get("sealed") for column in table.columns)


def _table(table: type[Row]) -> Table:
    return Row.metadata.tables[table.__tablename__]


def _parts(items: Iterable[UUID]) -> list[ManyIds]:
    if isinstance(items, ManyIds) and len(items) <= _CHUNK:
        return [items]
    ordered = in_order(items)
    return [ManyIds(ordered[at : at + _CHUNK]) for at in range(0, len(ordered), _CHUNK)]
