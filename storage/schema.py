"""The shape of the main database: bring it up to date, and refuse one that is not ours to use."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from storage import planner, unsampled
from storage.database import Database, reached
from storage.tables import Row

MIGRATIONS: Final = Path(__file__).with_name("migrations")


class DatabaseTooNewError(Exception):
    """The database was migrated by a newer version of the software."""


class DatabaseTooOldError(Exception):
    """The database waits for migrations."""


class OneWayError(Exception):
    """A revision does not go back once there are rows; nothing was changed."""


@cache
def head() -> str:
    """The revision this version of the software works with."""
    revision = _scripts().get_current_head()
    if revision is None:
        raise LookupError("no migrations found")
    return revision


def current(database: Database) -> str | None:
    """The revision the database is at; None for an empty one. Raises DatabaseAwayError."""
    with reached("DATABASE_URL"), database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def check(database: Database) -> None:
    """Return quietly when the database fits; raises DatabaseTooNewError or DatabaseTooOldError."""
    revision = current(database)
    if revision == head():
        return
    _refuse_newer(revision)
    raise DatabaseTooOldError(
        f"the database is at revision {revision or 'none'}, this version needs {head()}: "
        "run 'flask storage migrate' (the release process does it)"
    )


def upgrade(database: Database, *, sealing: object = None) -> None:
    """Migrate to the newest revision; raises DatabaseTooNewError before anything is changed.

    `sealing` is what a revision seals with: see storage/upgrading.py. None will do without rows.
    """
    _refuse_newer(current(database))
    _run(database, "upgrade", "head", sealing=sealing)
    with database.engine.begin() as connection:
        planner.tell(connection)
        unsampled.tell(connection, Row.metadata)


def downgrade(database: Database, revision: str = "base") -> None:
    """Migrate back; for tests and for an operator who was told to. Raises OneWayError."""
    _run(database, "downgrade", revision)


def differences(database: Database) -> list[object]:
    """What the tables in code have that the migrated database has not, and the other way round."""
    from alembic.autogenerate import compare_metadata

    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "render_as_batch": True}
        )
        return list(compare_metadata(context, Row.metadata))


def _refuse_newer(revision: str | None) -> None:
    if revision is not None and revision not in {s.revision for s in _scripts().walk_revisions()}:
        raise DatabaseTooNewError(
            f"the database is at revision {revision}, which this version does not know: "
            "it was written by a newer version; install that one. Nothing was changed."
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def _run(database: Database, direction: str, revision: str, *, sealing: object = None) -> None:
    with database.engine.connect() as connection:
        _foreign_keys(connection, on=False, database=database)
        with connection.begin():
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.attributes["connection"] = connection
            config.attributes["sealing"] = sealing
            config.attributes["one_way"] = OneWayError
            getattr(command, direction)(config, revision)
        _foreign_keys(connection, on=True, database=database)


def _foreign_keys(connection: Connection, *, on: bool, database: Database) -> None:
    # Rebuilding a table with foreign keys on would delete the rows that point at it.
    if database.is_sqlite:
        raw: Any = connection.connection.dbapi_connection
        raw.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")
        if on and raw.execute("PRAGMA foreign_key_check").fetchall():
            raise RuntimeError("a migration left rows that point at nothing")
