"""Adding to counts that several processes add to: one statement per row, in one order for all."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.tables import Row


def add(
    session: Session, table: type[Row], rows: Sequence[Mapping[str, Any]], *, key: tuple[str, ...]
) -> None:
    """Add each row's `count` to the row of the same key, which is made when there is none."""
    # In one order, so that two that add at once do not wait for each other.
    for row in sorted(rows, key=lambda one: tuple(str(one[name]) for name in key)):
        session.execute(_adding(table, session.get_bind().dialect.name, key), dict(row))


def add_one(
    session: Session, table: type[Row], row: Mapping[str, Any], *, key: tuple[str, ...]
) -> UUID:
    """The same for one row; the id of the row that was added to."""
    adding = _adding(table, session.get_bind().dialect.name, key)
    telling = adding.returning(Row.metadata.tables[table.__tablename__].c["id"])
    return cast("UUID", session.execute(telling, dict(row)).scalar_one())


@functools.cache
def _adding(table: type[Row], dialect: str, key: tuple[str, ...]) -> Insert:
    made = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    there = Row.metadata.tables[table.__tablename__].c["count"]
    return made.on_conflict_do_update(
        index_elements=list(key), set_={"count": there + made.excluded["count"]}
    )
