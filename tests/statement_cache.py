"""Statements compiled once for all tests of a process, as a process of the service does.

Every test opens engines of its own, and SQLAlchemy compiles for each engine anew: that took more
of a test's time than the databases did.
"""

from typing import Any, ClassVar, Final

from sqlalchemy import Connection, Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

_compiled: Final[LRUCache[Any, Any]] = LRUCache(3_000)


class _Alike:
    """A dialect that is equal to any other of its kind: a process of tests has one server each."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        engine.update_execution_options(compiled_cache=_compiled)


class SQLite(_Alike, SQLiteDialect_pysqlite):
    """SQLite by Python's own driver."""

    supports_statement_cache = True


class PostgreSQL(_Alike, PGDialect_psycopg):
    """PostgreSQL by psycopg; what the server can do is asked of it once."""

    supports_statement_cache = True
    _answered: ClassVar[dict[str, Any]] = {}

    def initialize(self, connection: Connection) -> None:
        if not self._answered:
            before = dict(vars(self))
            super().initialize(connection)
            told = {name: value for name, value in vars(self).items() if name not in before}
            told |= {name: vars(self)[name] for name in before if vars(self)[name] != before[name]}
            self._answered.update(told)
        vars(self).update(self._answered)


def share() -> None:
    """Have every engine that is made from now on look among what was compiled for the others."""
    registry.register("sqlite", __name__, SQLite.__name__)
    registry.register("postgresql.psycopg", __name__, PostgreSQL.__name__)
