"""Where PostgreSQL keeps what was written, beside its rows: pages, statistics, write-ahead log."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from storage.database import Database

Look = Callable[[str, bytes], None]

_PIECE: Final = 4 * 1024 * 1024
_TAIL: Final = 200
# With the beginning of each file, which is mostly all of it: hundreds of relations are small.
_BEGINNING: Final = 64 * 1024
_RELATIONS: Final = text(
    "SELECT c.relname, pg_relation_filepath(c.oid), "
    "pg_read_binary_file(pg_relation_filepath(c.oid), 0, :length, true) "
    "FROM pg_class c JOIN pg_namespace n "
    "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'i', 't') "
    "AND (n.nspname IN ('public', 'pg_toast') "
    "OR n.nspname = 'pg_catalog' AND c.relname LIKE 'pg\\_statistic%')"
)
_BYTES: Final = text("SELECT pg_read_binary_file(:path, :start, :length, true)")
# As texts: only the server knows how each kind of value is written.
_SAMPLED: Final = text(
    "SELECT tablename, attname, most_common_vals::text::text[], histogram_bounds::text::text[], "
    "most_common_elems::text::text[] FROM pg_stats WHERE schemaname = current_schema()"
)
_SEGMENTS: Final = text("SELECT 'pg_wal/' || name FROM pg_ls_waldir() ORDER BY name")
_LONG_HEADER, _SHORT_HEADER = 40, 24


def server_of(database: Database) -> int:
    """What tells a server from any other; several databases may lie on it."""
    with database.engine.connect() as asked:
        return int(asked.scalar(text("SELECT system_identifier FROM pg_control_system()")) or 0)


def statistics(database: Database, look: Look) -> None:
    """The values that the planner keeps of each column."""
    with database.engine.connect() as asked:
        for table, column, *sampled in asked.execute(_SAMPLED).all():
            for value in (one for values in sampled for one in values or ()):
                place = f"statistics of {table}.{column}"
                look(place, value.encode())
                if value.startswith("\\x"):  # bytes
                    look(place, bytes.fromhex(value[2:]))


def pages(database: Database, look: Look) -> str | None:
    """The files of the relations as they lie on its disk; what could not be looked through."""
    try:
        with _asking(database) as asked:
            asked.execute(text("CHECKPOINT"))
            longer = []
            for name, path, beginning in asked.execute(_RELATIONS, {"length": _BEGINNING}):
                if beginning:
                    look(f"page of {name}", bytes(beginning))
                    if len(beginning) == _BEGINNING:
                        longer.append((name, path, bytes(beginning)[-_TAIL:]))
            for name, path, tail in longer:
                for _, data in _read(asked, path, start=_BEGINNING):
                    look(f"page of {name}", tail + data)
                    tail = data[-_TAIL:]
    except DBAPIError:
        # The rows were looked through all the same.
        name = database.url.database
        return f"pages of PostgreSQL's database {name}: shown to a superuser alone"
    return None


def write_ahead_log(database: Database, look: Look) -> str | None:
    """What lies in the log of the server, in what it uses again too; what could not be seen."""
    place, tail = "write-ahead log of PostgreSQL", b""
    try:
        with _asking(database) as asked:
            if asked.scalar(text("SHOW wal_compression")) != "off":
                return f"{place}: pages in it are packed (wal_compression)"
            block = int(asked.scalar(text("SHOW wal_block_size")) or 0)
            for path in asked.scalars(_SEGMENTS).all():
                for start, data in _read(asked, path):
                    written = b"".join(_without_headers(data, block=block, first=start == 0))
                    look(place, tail + written)
                    tail = written[-_TAIL:]
    except DBAPIError:
        return f"{place}: shown to a superuser alone"
    return None


def _without_headers(data: bytes, *, block: int, first: bool) -> Iterator[bytes]:
    """What is written over the edge of a page of the log, in one piece."""
    for at in range(0, len(data), block):
        header = _LONG_HEADER if first and at == 0 else _SHORT_HEADER
        yield data[at + header : at + block]


def _asking(database: Database) -> Connection:
    return database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _read(asked: Connection, path: Any, *, start: int = 0) -> Iterator[tuple[int, bytes]]:
    while data := asked.scalar(_BYTES, {"path": path, "start": start, "length": _PIECE}):
        yield start, bytes(data)
        start += len(data)
