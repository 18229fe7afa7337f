"""One database: how connections are opened, and the only two ways to use them.

`transaction()` writes and commits when its block ends well; `reading()` never writes. On SQLite a
write transaction begins IMMEDIATE under a lock file: SQLite itself waits by sleeping, which ruins
the tail of every turn, while a file lock wakes the next writer at once.
"""

import fcntl
import logging
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from storage import prepared
from storage.faults import TryAgain

log = logging.getLogger(__name__)

AFTER_COMMIT = "genklang.after_commit"
_ALONE = 0x67656E6B
_DISK_FULL = "53100"  # PostgreSQL's SQLSTATE
_PRAGMAS = (
    "journal_mode=WAL",
    "busy_timeout=5000",
    # FULL: an answer that was committed survives the power going out, not only a crash.
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",
)


class DatabaseAwayError(Exception):
    """A database that the settings name does not answer, or does not let us in."""


@contextmanager
def reached(setting: str) -> Iterator[None]:
    """Raise DatabaseAwayError, which names the setting, when the database cannot be used."""
    try:
        yield
    except OperationalError as error:
        # The driver's own words name host and port, and never the password.
        reason = " ".join(str(error.orig).split())
        raise DatabaseAwayError(f"the database of {setting} cannot be used: {reason}") from None


class DatabaseFullError(TryAgain):
    """The disk of a database is full; nothing of the transaction that met it was kept."""


@contextmanager
def _full_is_said(database: str) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if not _is_full(error):
            raise
        raise DatabaseFullError(
            f"the disk of the {database} is full: nothing of this step was kept, what was "
            "committed before stays; make room and do it again",
            code="database_full",
        ) from None


def _is_full(error: OperationalError) -> bool:
    if isinstance(error.orig, sqlite3.OperationalError):
        return error.orig.sqlite_errorcode == sqlite3.SQLITE_FULL
    return getattr(error.orig, "sqlstate", None) == _DISK_FULL


class NestedTransactionError(RuntimeError):
    """A write transaction was opened inside another one of the same thread."""


def after_commit(session: Session, ring: Callable[[], None]) -> None:
    """Have `ring` called once the transaction of `session` has committed, and only then."""
    session.info.setdefault(AFTER_COMMIT, []).append(ring)


class Database:
    """An engine with the house rules applied; safe to keep over a fork."""

    def __init__(self, url: str, *, pool_size: int = 8, pooled: bool = True) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._called = f"database {Path(self.url.database or '').name}"
        self._thread_lock = threading.Lock()
        self._busy = threading.local()
        self._lock_path: Path | None = None
        self._lock_file: IO[bytes] | None = None
        options: dict[str, Any] = {}
        if not pooled:
            options["poolclass"] = NullPool
        elif not self.is_sqlite:
            options |= {"pool_size": pool_size, "max_overflow": 2, "pool_pre_ping": True}
        if self.is_sqlite:
            if self.url.database:
                path = Path(self.url.database)
                path.parent.mkdir(parents=True, exist_ok=True)
                self._lock_path = path.with_name(path.name + ".lock")
            options["connect_args"] = {"check_same_thread": False}
        else:
            options["connect_args"] = {"options": "-c timezone=UTC"}
        self.engine: Engine = create_engine(self.url, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine, "before_cursor_execute", _send_first)
            event.listen(self.engine, "rollback", prepared.forget)
        _forget_over_forks(self)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits at the end of the block, or rolls back if it raises.

        Raises NestedTransactionError inside another transaction of the same thread: two writes
        that belong together use one session. Raises DatabaseFullError when there is no room.
        """
        if getattr(self._busy, "writing", False):
            raise NestedTransactionError("open one transaction and pass its session on")
        rings: list[Callable[[], None]] = []
        with (
            _full_is_said(self._called),
            self._write_lock(),
            self.engine.begin() as connection,
            # On a connection that has begun: much of what is written here never needs the session.
            Session(connection, expire_on_commit=False) as session,
        ):
            prepared.stand_on(session, connection)
            yield session
            session.flush()
            prepared.send(connection)
            if session.in_transaction():
                session.commit()
            rings = session.info.pop(AFTER_COMMIT, [])
        for ring in rings:  # after the lock is free, so nobody waits for a bell
            ring()

    @contextmanager
    def alone(self) -> Iterator[Session]:
        """A write transaction that no other `alone` overlaps: for making tables at a start."""
        with self.transaction() as session:
            if not self.is_sqlite:
                session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ALONE})
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only; whatever it changes is thrown away."""
        with (
            self.engine.connect().execution_options(genklang_readonly=True) as connection,
            Session(connection, expire_on_commit=False, autoflush=False) as session,
        ):
            yield session

    def checkpoint(self) -> bool:
        """Move SQLite's log into the file and empty it, so deleted bytes are really gone.

        False when a reader was in the way: deleted text may then still lie in the log, and the
        caller tries again later. Always True elsewhere.
        """
        if not self.is_sqlite:
            return True
        with self._write_lock():
            raw = self.engine.raw_connection()
            try:
                busy, _, _ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                raw.close()
        return bool(busy == 0)

    def look_over(self, *tables: str) -> None:
        """Have the database look at how full those tables are, so that it chooses its ways well.

        PostgreSQL does so by itself within minutes, too late for a table that was just empty: it
        would walk a whole organisation to find one row. SQLite's plans do not depend on it.
        """
        if self.is_sqlite:
            return
        with self.engine.begin() as connection:
            connection.exec_driver_sql(f"ANALYZE {', '.join(tables)}")

    def close(self) -> None:
        """Close every connection and the lock file."""
        self.engine.dispose()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    @contextmanager
    def _write_lock(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        with self._thread_lock:
            self._busy.writing = True
            if self._lock_path is not None:
                if self._lock_file is None:
                    self._lock_file = self._lock_path.open("ab")
                fcntl.flock(self._lock_file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                if self._lock_file is not None:
                    fcntl.flock(self._lock_file, fcntl.LOCK_UN)
                self._busy.writing = False

    def _after_fork(self) -> None:
        # The parent's sockets and its lock must not be shared: a flock belongs to the open file.
        self.engine.dispose(close=False)
        self._thread_lock = threading.Lock()
        self._busy = threading.local()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    readonly = connection.get_execution_options().get("genklang_readonly", False)
    prepared.say(connection, "BEGIN" if readonly else "BEGIN IMMEDIATE")


def _send_first(connection: Connection, *_: object) -> None:
    prepared.send(connection)


def _forget_over_forks(database: Database) -> None:
    reference = weakref.ref(database)

    def forget() -> None:
        alive = reference()
        if alive is not None:
            alive._after_fork()

    os.register_at_fork(after_in_child=forget)
