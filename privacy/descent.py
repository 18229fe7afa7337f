"""What hangs below a row: everything that goes when it goes, found by the foreign keys themselves.

A table that somebody adds later below a person's rows is found here without being named, so its
rows go with the rest.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import attrgetter
from typing import Final
from uuid import UUID

from sqlalchemy import Column, Table, delete, select, update
from sqlalchemy.orm import Session

from storage.many_ids import ManyIds, among
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

    ids: dict[str, set[UUID]] = field(default_factory=dict)
    # The same as statements ask for them, so that each list is written out once.
    parts: dict[str, list[ManyIds]] = field(default_factory=dict)

    def of(self, table: type[Row]) -> set[UUID]:
        """The ids found in that table."""
        return self.ids.get(table.__tablename__, set())

    def parts_of(self, table: type[Row]) -> Sequence[ManyIds]:
        """The ids found in that table, in parts that a statement can hold."""
        return self.parts.get(table.__tablename__, ())

    @property
    def sealed_items(self) -> set[UUID]:
        """Every id that may have a key of its own."""
        keyed = _keyed()
        return {item for name, items in self.ids.items() if name in keyed for item in items}


@cache
def _keyed() -> frozenset[str]:
    sealed = {table.name for table in Row.metadata.tables.values() if _has_sealed(table)}
    return frozenset({*sealed, Recording.__tablename__})


def find(session: Session, table: type[Row], items: Iterable[UUID]) -> Descent:
    """The given rows and all that hang below them."""
    found = Descent()
    waiting: list[tuple[Table, set[UUID]]] = [(_table(table), set(items))]
    while waiting:
        parent, ids = waiting.pop()
        fresh = ids - found.ids.setdefault(parent.name, set())
        if not fresh:
            continue
        found.ids[parent.name] |= fresh
        parts = list(_chunks(fresh))
        found.parts.setdefault(parent.name, []).extend(parts)
        for child, column in _children(parent):
            if _is_leaf(child):
                continue
            below: set[UUID] = set()
            for part in parts:
                there = select(child.c.id).where(among(session, column, part))
                below.update(session.scalars(there).all())
            waiting.append((child, below))
    return found


def lock(session: Session, table: type[Row], items: Iterable[UUID], found: Descent) -> None:
    """Lock the calls first, as everybody does, and then the given rows; each in one order."""
    calls = set(found.of(Call))
    for part in found.parts_of(Recording):
        calls |= set(
            session.scalars(select(Recording.call_id).where(among(session, Recording.id, part)))
        )
    for locked, ids in ((Call, calls), (table, items)):
        column = _table(locked).c.id
        for part in _chunks(ids):
            session.execute(
                select(column)
                .where(among(session, column, part))
                .order_by(column)
                .with_for_update()
            )


def hide(session: Session, found: Descent) -> None:
    """Mark what can be seen or heard as erased, so that nobody meets it while it goes."""
    for table, state in _HIDDEN:
        for part in found.parts_of(table):
            session.execute(
                update(table)
                .where(among(session, _table(table).c.id, part), _table(table).c.state != state)
                .values(state=state)
                .execution_options(synchronize_session=False)
            )


def provider_sids(session: Session, found: Descent) -> list[tuple[CopyKind, str]]:
    """What of these rows may lie at the provider, recordings before calls."""
    sids: list[tuple[CopyKind, str]] = []
    kinds = (
        (Recording, CopyKind.RECORDING),
        (Call, CopyKind.CALL),
        (SentText, CopyKind.MESSAGE),
    )
    for table, kind in kinds:
        for part in found.parts_of(table):
            wanted = select(table.provider_sid).where(among(session, table.id, part))
            sids += [(kind, sid) for sid in session.scalars(wanted) if sid is not None]
    return sids


def remove(session: Session, found: Descent) -> None:
    """Delete the rows, children first."""
    parts = found.parts
    for table in _children_first():
        if table.name in found.ids:
            for part in parts.get(table.name, ()):
                session.execute(delete(table).where(among(session, table.c.id, part)))
            continue
        if _is_leaf(table):
            for parent, column in _parents(table):
                for part in parts.get(parent.name, ()):
                    session.execute(delete(table).where(among(session, column, part)))


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


def _chunks(items: Iterable[UUID]) -> Iterator[ManyIds]:
    # In the order of the numbers, which Python compares without asking our classes.
    ordered = sorted(items, key=attrgetter("int"))
    for at in range(0, len(ordered), _CHUNK):
        yield ManyIds(ordered[at : at + _CHUNK])
