"""What is planted in personal columns that hold no text: a number or a day that nothing else has.

A state, a time or a yes that anybody could have cannot be looked for: of these the rows are
counted.
"""

from collections.abc import Collection
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, Integer, Numeric, func, select, update

from privacy.data_map import Place, columns
from privacy.data_map_tables import TABLES
from storage.house import reading, transaction
from storage.tables import Organisation, Row

FIRST: Final = 800_000
APART: Final = 1_000
"""Numbers, and days counted from the year one, that nothing else has; of each column so many."""


def column_of(name: str) -> Column[Any]:
    """The column of a name of the data map."""
    table, column = name.split(".")
    return Row.metadata.tables[table].columns[column]


def on_the_map() -> list[str]:
    """Every personal column of the data map, in one order."""
    return sorted(one.name for one in columns(TABLES) if isinstance(one, Place))


def numbers() -> list[str]:
    """Every personal column of the data map that holds a number or a day, in one order."""
    return [name for name in on_the_map() if _is_number(column_of(name))]


def _is_number(column: Column[Any]) -> bool:
    return isinstance(column.type, (Integer, Numeric, Date))


def _as_held(column: Column[Any], number: int) -> Any:
    return date.fromordinal(number) if isinstance(column.type, Date) else number


def number_left(name: str, lowest: int) -> bool:
    """Whether a number or day that was planted is still in its column."""
    column = column_of(name)
    first, last = (_as_held(column, at) for at in (lowest, lowest + APART - 1))
    with reading() as session:
        wanted = select(func.count()).where(column.between(first, last))
        return bool(session.scalar(wanted))


def put_number(organisation: Organisation, name: str, lowest: int) -> None:
    """Another number, or day, in that column of every row."""
    column = column_of(name)
    table = column.table
    with transaction() as session:
        mine = table.c.organisation_id == organisation.id
        for number, item in enumerate(session.scalars(select(table.c.id).where(mine)).all()):
            value = _as_held(column, lowest + number)
            session.execute(update(table).where(table.c.id == item).values({column: value}))


def say_yes(organisation: Organisation) -> None:
    """Yes in each column that is emptied by a no."""
    for name, entry in TABLES.items():
        table = Row.metadata.tables[name]
        for column in (table.columns[one] for one in entry.emptied):
            if isinstance(column.type, Boolean):
                mine = table.c.organisation_id == organisation.id
                with transaction() as session:
                    session.execute(update(table).where(mine).values({column: True}))


def rows_of(name: str) -> dict[UUID, dict[str, Any]]:
    """What each row of a table holds, by its id."""
    with reading() as session:
        rows = session.execute(select(Row.metadata.tables[name])).all()
    return {row.id: dict(row._mapping) for row in rows}


def rows_left(organisation_ids: Collection[UUID]) -> set[str]:
    """The tables of the data map in which these organisations have a row of people."""
    left = set()
    for name, entry in TABLES.items():
        table = Row.metadata.tables[name]
        if entry.data_class is None or "organisation_id" not in table.c:
            continue
        with reading() as session:
            mine = table.c.organisation_id.in_(organisation_ids)
            if session.scalar(select(func.count()).select_from(table).where(mine)):
                left.add(name)
    return left
