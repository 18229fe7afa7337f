"""Databases of PostgreSQL for tests: one that was used is emptied and used again.

To copy the template takes ten times as long as to delete what a test left. What a test left in
another shape than the template's, or large, is dropped.
"""

from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

TEMPLATE: Final = "template_of_tests"
# Emptied tables keep their pages; a database above this many times the template's size is dropped.
_SWOLLEN: Final = 1.5
_SHAPE: Final = """
    SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_constraint),
           (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_trigger),
           (SELECT (count(*), sum(atttypid::bigint), count(*) FILTER (WHERE attnotnull),
                    sum(coalesce(attstattarget, -1)))::text
            FROM pg_attribute),
           (SELECT array_agg(version_num) FROM alembic_version)
"""
_OTHERS: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class Databases:
    """The databases of one server, whose `TEMPLATE` is migrated and empty."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._free: list[str] = []
        # Kept open: a fresh connection has to learn every table before it deletes its first row.
        self._at: dict[str, Connection] = {}
        with _engine(self._url(TEMPLATE)).connect() as connection:
            self._shape = _shape(connection)
            self._size: int = connection.scalar(text(_size())) or 0
            tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            names = set(connection.scalars(text(tables))) - {"alembic_version"}
            sequences = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"
            self._empty = ";".join(
                # Foreign keys are not looked at by a replica.
                ["SET session_replication_role = replica"]
                + [f'DELETE FROM "{name}"' for name in sorted(names)]  # noqa: S608 - names of ours
                + [f'ALTER SEQUENCE "{one}" RESTART' for one in connection.scalars(text(sequences))]
            )

    def take(self) -> str:
        """The name of a migrated, empty database."""
        if self._free:
            return self._free.pop()
        name = f"t{uuid4().hex}"
        with _engine(self._server).connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))
        return name

    def give_back(self, name: str) -> None:
        """Have it for the next test, empty, or gone."""
        if self._emptied(name):
            self._free.append(name)
            return
        self._at.pop(name).close()
        with _engine(self._server).connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))

    def _emptied(self, name: str) -> bool:
        if name not in self._at:
            self._at[name] = _engine(self._url(name)).connect()
        connection = self._at[name]
        connection.execute(text(_OTHERS))
        if _shape(connection) != self._shape:
            return False
        connection.execute(text(self._empty))
        return (connection.scalar(text(_size())) or 0) < _SWOLLEN * self._size

    def close(self) -> None:
        """Let go of the server, which is about to stop."""
        for connection in self._at.values():
            connection.close()

    def _url(self, name: str) -> str:
        return self._server.replace("/postgres?", f"/{name}?", 1)


def _shape(connection: Connection) -> tuple[Any, ...]:
    return tuple(connection.execute(text(_SHAPE)).one())


def _size() -> str:
    return "SELECT pg_database_size(current_database())"


def _engine(url: str) -> Engine:
    return create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
