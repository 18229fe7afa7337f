"""The operator's files applied once in a test process; further tests are given the same rows.

To apply the five ready organisations took longer than most of the tests that want them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table

from config.directory import Configuration
from storage.database import Database
from storage.house import House, transaction
from storage.keyring import WrappedKey
from storage.tables import Row
from survey import organisations

_Lines = list[tuple[Any, ...]] | bytes
_MAIN: Final = Row.metadata.sorted_tables
_KEYS: Final = [WrappedKey.metadata.tables[WrappedKey.__tablename__]]


@dataclass(frozen=True, slots=True)
class _Applied:
    """What applying wrote; `files` is held so that nobody else has its address meanwhile."""

    files: Configuration
    rows: dict[str, _Lines]
    keys: dict[str, _Lines]


_applied: Final[dict[tuple[object, ...], _Applied]] = {}


def apply_files(house: House, files: Configuration, *, now: datetime) -> None:
    """Have the rows and keys of these files in an empty house, as applying them leaves them."""
    main, keyring = house.database, house.keyring.database
    key = (id(files), now, main.is_sqlite, keyring.is_sqlite)
    if key in _applied:
        _write(keyring, _KEYS, _applied[key].keys)
        _write(main, _MAIN, _applied[key].rows)
        return
    assert not _read(main, _MAIN), "what lies here already would be given to further tests"
    with transaction() as session:
        organisations.apply(session, files, keyring=house.keyring, now=now)
    _applied[key] = _Applied(files, _read(main, _MAIN), _read(keyring, _KEYS))


def _read(database: Database, tables: Sequence[Table]) -> dict[str, _Lines]:
    """What lies in each table that is not empty, as its driver takes it again."""
    found: dict[str, _Lines] = {}
    with database.engine.connect() as connection:
        cursor = connection.connection.cursor()
        for table in tables:
            lines: _Lines
            if database.is_sqlite:
                cursor.execute(f"SELECT {_columns(table)} FROM {table.name}")  # noqa: S608
                lines = cursor.fetchall()
            else:
                with cursor.copy(f"COPY {table.name} ({_columns(table)}) TO STDOUT") as out:
                    lines = b"".join(bytes(part) for part in out)
            if lines:
                found[table.name] = lines
        cursor.close()
    return found


def _write(database: Database, tables: Sequence[Table], rows: dict[str, _Lines]) -> None:
    with database.transaction() as session:
        cursor = session.connection().connection.cursor()
        for table in tables:
            lines = rows.get(table.name, [])
            if isinstance(lines, bytes):
                with cursor.copy(f"COPY {table.name} ({_columns(table)}) FROM STDIN") as into:
                    into.write(lines)
            elif lines:
                marks = ", ".join("?" * len(table.columns))
                statement = f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({marks})"  # noqa: S608
                cursor.executemany(statement, lines)
        cursor.close()


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)
