"""Writing rows that may be there already, whoever was quicker."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.tables import Row


def insert_missing(session: Session, table: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that break no unique constraint; the others are left out silently.

    All rows name the same columns; column defaults apply to the ones not named.
    """
    if not rows:
        return
    session.flush()  # what these rows refer to may still be waiting
    connection = session.connection()
    statement = _insert(table, connection.dialect.name)
    # Past the session's bulk machinery, which costs a turn more than the row itself.
    connection.execute(statement, dict(rows[0]) if len(rows) == 1 else [dict(row) for row in rows])


@functools.cache
def _insert(table: type[Row], dialect: str) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()
