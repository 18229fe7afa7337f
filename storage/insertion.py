"""Writing rows that may be there already, whoever was quicker."""

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
    statement: Insert
    if session.get_bind().dialect.name == "sqlite":
        statement = sqlite.insert(table).on_conflict_do_nothing()
    else:
        statement = postgresql.insert(table).on_conflict_do_nothing()
    session.execute(statement, [dict(row) for row in rows])
