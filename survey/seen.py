"""What was met before, in a temporary file: memory stays flat however many are asked about."""

import hashlib
import sqlite3
from collections.abc import Iterable
from typing import Self


class Seen:
    """Marks of things by name; only hashes of them are kept, and those are gone at the end."""

    def __init__(self) -> None:
        # An empty name is a private database that SQLite keeps on disk once it grows.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("CREATE TABLE seen (mark BLOB PRIMARY KEY) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def before(self, name: bytes) -> bool:
        """Whether this was met before; from now on it was."""
        added = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (_mark(name),))
        return added.rowcount == 0

    def any_of(self, names: Iterable[bytes]) -> bool:
        """Whether one of these was met before; they are not, by asking."""
        look = "SELECT 1 FROM seen WHERE mark = ?"
        return any(self._database.execute(look, (_mark(one),)).fetchone() for one in names)

    def add(self, names: Iterable[bytes]) -> None:
        """Have all of these been met from now on."""
        self._database.executemany(
            "INSERT OR IGNORE INTO seen VALUES (?)", [(_mark(one),) for one in names]
        )


def _mark(name: bytes) -> bytes:
    return hashlib.sha256(name).digest()
