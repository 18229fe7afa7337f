"""Where personal data lie, to which class each place belongs, and what takes it away.

Sealed and hashed columns are marked in their tables. Of any other column that can hold text or a
document this register says what it is; a column that is on neither list fails a test. Times, ids,
numbers and states of a row go with the row.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, String

from config.retention_rules import DataClass
from privacy.shredders import Shredder
from storage.columns import EnumText
from storage.tables import Row


@dataclass(frozen=True, slots=True)
class Place:
    """One column that holds something of a person, and what becomes of it."""

    name: str
    data_class: DataClass | None
    taken_by: str


@dataclass(frozen=True, slots=True)
class TableEntry:
    """What a table holds: the class of its rows, what takes them away, and its plain columns."""

    data_class: DataClass | None
    # The shredder, or in words what takes the rows away where none is needed.
    taken_by: Shredder | str
    # Text that says something about a person without being sealed.
    plain: tuple[str, ...] = ()
    # Of these the class in which they stay longest, where that is not the class of the rows.
    stays_as: Mapping[str, DataClass] = field(default_factory=dict)
    # Text that cannot be personal, with the reason.
    impersonal: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A column that nobody has said anything of."""

    table: str
    column: str

    def __str__(self) -> str:
        return (
            f"{self.table}.{self.column} is on no list: say in privacy/data_map_tables.py whether "
            "it is personal, and what takes it away"
        )


def can_hold_text(column: Column[Any]) -> bool:
    """Whether a person's words, name or number would fit; ids, times and states would not."""
    kind = column.type
    return isinstance(kind, (String, LargeBinary, JSON)) and not isinstance(kind, EnumText)


def columns(tables: Mapping[str, TableEntry]) -> Iterator[Place | Unmapped]:
    """Every personal column, and every column that nobody has said anything of."""
    for table in Row.metadata.sorted_tables:
        entry = tables.get(table.name)
        for column in table.columns:
            marked = column.info.get("personal")
            if entry is not None and (marked or column.name in entry.plain):
                data_class = entry.stays_as.get(column.name, entry.data_class)
                if marked:
                    data_class = DataClass(marked)
                name = f"{table.name}.{column.name}"
                yield Place(name, data_class, _name(entry.taken_by))
            elif (marked or can_hold_text(column)) and (
                entry is None or column.name not in entry.impersonal
            ):
                yield Unmapped(table.name, column.name)


def _name(taken_by: Shredder | str) -> str:
    return taken_by.name if isinstance(taken_by, Shredder) else taken_by
