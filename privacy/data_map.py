"""Where personal data lie, to which class each place belongs, and what takes it away.

Sealed and hashed columns are marked in their tables. Of any other column but ids and references to
other rows this register says what it is: a text in privacy.data_map_tables, a number, day, time or
state in privacy.data_map_facts. A column that is on no list fails a test.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, String, Uuid

from config.retention_rules import DataClass
from privacy.data_map_facts import ANYWHERE, FACTS, OF_NOBODY
from privacy.shredders import Shredder
from storage.columns import EnumText
from storage.tables import Row


@dataclass(frozen=True, slots=True)
class Place:
    """One column that holds something of a person, and what becomes of it."""

    name: str
    data_class: DataClass | None
    # What deletes the row.
    taken_by: str
    # What empties the column while the row stays, or nothing.
    emptied_by: str = ""


@dataclass(frozen=True, slots=True)
class TableEntry:
    """What a table holds: the class of its rows, what takes them away, and its plain columns."""

    data_class: DataClass | None
    # The shredder, or in words what takes the rows away where none is needed.
    taken_by: Shredder | str
    # Text that says something about a person without being sealed.
    plain: tuple[str, ...] = ()
    # What empties these columns while the row stays.
    emptied_by: Shredder | None = None
    emptied: tuple[str, ...] = ()
    # The class in which what is not emptied stays, and what then takes it away, where that is not
    # the class of the rows.
    stays: tuple[DataClass, Shredder] | None = None
    # Text that cannot be personal, with the reason.
    impersonal: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A column that nobody has said anything of."""

    table: str
    column: str

    def __str__(self) -> str:
        return (
            f"{self.table}.{self.column} is on no list: say in privacy/data_map_tables.py, of a "
            "number, day, time or state in data_map_facts.py, whether it is personal"
        )


def can_hold_text(column: Column[Any]) -> bool:
    """Whether a person's words, name or number would fit."""
    kind = column.type
    return isinstance(kind, (String, LargeBinary, JSON)) and not isinstance(kind, EnumText)


def columns(tables: Mapping[str, TableEntry]) -> Iterator[Place | Unmapped]:
    """Every personal column, and every column that nobody has said anything of."""
    for table in Row.metadata.sorted_tables:
        entry = tables.get(table.name)
        for column in table.columns:
            personal = column.info.get("personal") or column.name in FACTS.get(table.name, ())
            if entry is not None and (personal or column.name in entry.plain):
                yield _place(table.name, column, entry)
            elif personal or not (_refers(column) or _impersonal(table.name, column, entry)):
                yield Unmapped(table.name, column.name)


def _refers(column: Column[Any]) -> bool:
    """Whether it is an id, ours or of another row: random, and of nobody without that row."""
    return isinstance(column.type, Uuid) or bool(column.foreign_keys)


def _impersonal(table: str, column: Column[Any], entry: TableEntry | None) -> bool:
    if entry is None:
        return False
    if can_hold_text(column):
        return column.name in entry.impersonal
    return column.name in ANYWHERE or column.name in OF_NOBODY.get(table, ())


def _place(table: str, column: Column[Any], entry: TableEntry) -> Place:
    name, marked = f"{table}.{column.name}", column.info.get("personal")
    data_class, taken_by = entry.data_class, entry.taken_by
    if column.name in entry.emptied:
        emptied_by = "" if entry.emptied_by is None else entry.emptied_by.name
    else:
        emptied_by = ""
        if entry.stays is not None:
            data_class, taken_by = entry.stays
    return Place(name, DataClass(marked) if marked else data_class, _name(taken_by), emptied_by)


def _name(taken_by: Shredder | str) -> str:
    return taken_by.name if isinstance(taken_by, Shredder) else taken_by
