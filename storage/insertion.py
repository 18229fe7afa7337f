"""Writing rows that may be there already, whoever was quicker."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import JSON, Insert, Table, bindparam, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.prepared import Prepared, connection_of
from storage.tables import Row


def insert_missing(session: Session, table: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows that break no unique constraint; the others are left out silently.

    All rows name the same columns; column defaults apply to the ones not named.
    """
    if not rows:
        return
    session.flush()  # what these rows refer to may still be waiting
    connection = connection_of(session)
    dialect = connection.dialect.name
    whole = [_with_defaults(table, row) for row in rows]
    if len(rows) == 1 or dialect == "sqlite" or _has_json(table):
        # An array of JSON lists would be taken apart to its last element.
        _insert_later(table, dialect, tuple(whole[0])).write_all(session, whole)
    else:
        # One statement for all of them: the driver would send one for each.
        names = tuple(sorted(whole[0]))
        connection.execute(
            _insert_columns(table, names), {name: [row[name] for row in whole] for name in names}
        )


def insert_all(session: Session, table: type[Row], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those rows together; all name the same columns, and column defaults apply.

    Raises IntegrityError, and none is there, when one of them breaks a constraint.
    """
    if not rows:
        return
    session.flush()  # what these rows refer to may still be waiting
    whole = [_with_defaults(table, row) for row in rows]
    _insert_all(table, tuple(whole[0])).write_all(session, whole)


def insert_later(session: Session, table: type[Row], row: Mapping[str, Any], *, apart: str) -> None:
    """Insert that row, unless a unique constraint says it is there already, before anything else
    is asked of the database; for what every turn writes.

    Rows that differ in the column `apart` must never stand in each other's way.
    """
    session.flush()
    row = _with_defaults(table, row)
    dialect = connection_of(session).dialect.name
    _insert_later(table, dialect, tuple(row)).write(session, row, apart=apart)


def insert_new(session: Session, table: type[Row], row: Mapping[str, Any]) -> UUID | None:
    """Insert that row and return its id; None when a unique constraint says it is there already."""
    session.flush()
    row = _with_defaults(table, row)
    dialect = connection_of(session).dialect.name
    made = _insert_telling_id(table, dialect, tuple(row)).rows(session, row)
    return cast("UUID", made[0][0]) if made else None


def _insert(table: type[Row], dialect: str) -> Insert:
    # Made anew for each: a statement that has told its columns once passes what it told on to what
    # is made of it, and of one that returns nothing that would be no column at all.
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


@functools.cache
def _insert_all(table: type[Row], names: tuple[str, ...]) -> Prepared:
    return Prepared(insert(_table(table)), sets=names)


@functools.cache
def _insert_later(table: type[Row], dialect: str, names: tuple[str, ...]) -> Prepared:
    return Prepared(_insert(table, dialect), sets=names)


@functools.cache
def _insert_telling_id(table: type[Row], dialect: str, names: tuple[str, ...]) -> Prepared:
    telling = _insert(table, dialect).returning(_table(table).columns["id"])
    return Prepared(telling, sets=names)


@functools.cache
def _insert_columns(table: type[Row], names: tuple[str, ...]) -> Insert:
    """An insert that takes each column as one array; the rows keep the arrays' order."""
    columns = _table(table).columns
    arrays = select(
        *(func.unnest(bindparam(n, type_=postgresql.ARRAY(columns[n].type))) for n in names)
    )
    return (
        postgresql.insert(table)
        .from_select(names, arrays, include_defaults=False)
        .on_conflict_do_nothing()
    )


@functools.cache
def _has_json(table: type[Row]) -> bool:
    return any(isinstance(column.type, JSON) for column in _table(table).columns)


def _with_defaults(table: type[Row], row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with the defaults that are made here and not by the database."""
    whole = dict(row)
    for name, made in _defaults(table):
        if name not in whole:
            whole[name] = made(None) if callable(made) else made
    return whole


@functools.cache
def _defaults(table: type[Row]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (column.name, column.default.arg)  # type: ignore[attr-defined]
        for column in _table(table).columns
        if column.default is not None
    )


def _table(table: type[Row]) -> Table:
    return Row.metadata.tables[table.__tablename__]
