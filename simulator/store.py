"""Keeps the network's records in one SQLite file, and recordings as files beside it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Generic, TypeVar

from pydantic import TypeAdapter

from simulator.records import CallRecord, MessageRecord, NumberRecord, RecordingRecord

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS records (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    sid TEXT NOT NULL UNIQUE,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    status TEXT NOT NULL,
    parent TEXT NOT NULL,
    created TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_recipient ON records (kind, recipient);
CREATE INDEX IF NOT EXISTS by_sender ON records (kind, sender);
CREATE INDEX IF NOT EXISTS by_status ON records (kind, status);
CREATE INDEX IF NOT EXISTS by_parent ON records (kind, parent);
CREATE TABLE IF NOT EXISTS optouts (ours TEXT, theirs TEXT, PRIMARY KEY (ours, theirs));
"""

Record = TypeVar("Record", CallRecord, RecordingRecord, MessageRecord, NumberRecord)


class Shelf(Generic[Record]):
    """The records of one kind. Every method is one short transaction."""

    def __init__(self, store: Store, kind: type[Record]) -> None:
        self._store = store
        self._kind = kind.__name__
        self._adapter: TypeAdapter[Record] = TypeAdapter(kind)

    def get(self, sid: str) -> Record | None:
        with self._store.cursor() as cursor:
            row = cursor.execute(
                "SELECT document FROM records WHERE kind = ? AND sid = ?", (self._kind, sid)
            ).fetchone()
        return None if row is None else self._adapter.validate_json(row[0])

    def put(self, record: Record) -> None:
        sender, recipient, status, parent = _columns(record)
        document = self._adapter.dump_json(record).decode()
        with self._store.cursor() as cursor:
            cursor.execute(
                "INSERT INTO records"
                " (kind, sid, sender, recipient, status, parent, created, document)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (sid) DO UPDATE SET sender = excluded.sender, status ="
                " excluded.status, document = excluded.document",
                (
                    self._kind,
                    record.sid,
                    sender,
                    recipient,
                    status,
                    parent,
                    record.created_at.isoformat(),
                    document,
                ),
            )

    def delete(self, sid: str) -> bool:
        with self._store.cursor() as cursor:
            cursor.execute("DELETE FROM records WHERE kind = ? AND sid = ?", (self._kind, sid))
            return cursor.rowcount > 0

    def newest_first(self, **equal: str) -> Iterator[Record]:
        """Records whose `sender`, `recipient`, `status` or `parent` equal what is given."""
        unknown = equal.keys() - {"sender", "recipient", "status", "parent"}
        if unknown:
            raise ValueError(f"cannot look records up by {', '.join(sorted(unknown))}")
        where = "".join(f" AND {column} = ?" for column in equal)
        before = 2**62
        while True:
            # In pages, so a long list is never in memory as a whole nor the lock held for long.
            with self._store.cursor() as cursor:
                rows = cursor.execute(
                    "SELECT place, document FROM records WHERE kind = ?"  # noqa: S608 - own names
                    f"{where} AND place < ? ORDER BY place DESC LIMIT 500",
                    (self._kind, *equal.values(), before),
                ).fetchall()
            for place, document in rows:
                before = place
                yield self._adapter.validate_json(document)
            if len(rows) < 500:
                return


class Store:
    """The file `network.sqlite` and the folder `recordings` in the data directory."""

    def __init__(self, folder: Path) -> None:
        self._media = folder / "recordings"
        self._media.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._database = sqlite3.connect(
            folder / "network.sqlite", check_same_thread=False, isolation_level=None
        )
        # A deleted record must not be found in free pages or a log file; speed comes from not
        # waiting for the disk, which a simulator can afford.
        for pragma in ("journal_mode=TRUNCATE", "synchronous=OFF", "secure_delete=ON"):
            self._database.execute(f"PRAGMA {pragma}")
        self._database.executescript(_SCHEMA)
        self.calls = Shelf(self, CallRecord)
        self.recordings = Shelf(self, RecordingRecord)
        self.messages = Shelf(self, MessageRecord)
        self.numbers = Shelf(self, NumberRecord)

    @contextmanager
    def cursor(self) -> Iterator[sqlite3.Cursor]:
        with self._lock:
            cursor = self._database.cursor()
            try:
                yield cursor
            finally:
                cursor.close()

    def media_path(self, sid: str) -> Path:
        return self._media / f"{sid}.wav"

    def save_media(self, sid: str, wav: bytes) -> None:
        self.media_path(sid).write_bytes(wav)

    def delete_media(self, sid: str) -> None:
        self.media_path(sid).unlink(missing_ok=True)

    def opt_out(self, *, ours: str, theirs: str) -> None:
        with self.cursor() as cursor:
            cursor.execute("INSERT OR IGNORE INTO optouts VALUES (?, ?)", (ours, theirs))

    def opt_in(self, *, ours: str, theirs: str) -> None:
        with self.cursor() as cursor:
            cursor.execute("DELETE FROM optouts WHERE ours = ? AND theirs = ?", (ours, theirs))

    def opted_out(self, *, ours: str, theirs: str) -> bool:
        with self.cursor() as cursor:
            row = cursor.execute(
                "SELECT 1 FROM optouts WHERE ours = ? AND theirs = ?", (ours, theirs)
            ).fetchone()
        return row is not None

    def clear(self) -> None:
        """Forget everything but the numbers."""
        with self.cursor() as cursor:
            cursor.execute("DELETE FROM records WHERE kind != 'NumberRecord'")
            cursor.execute("DELETE FROM optouts")
        for path in self._media.glob("*.wav"):
            path.unlink(missing_ok=True)

    def close(self) -> None:
        with self._lock:
            self._database.close()


def _columns(
    record: CallRecord | RecordingRecord | MessageRecord | NumberRecord,
) -> tuple[str, str, str, str]:
    match record:
        case CallRecord():
            return record.caller, record.called, record.status, ""
        case RecordingRecord():
            return "", "", record.status, record.call_sid
        case MessageRecord():
            return record.sender or "", record.recipient, record.status, ""
        case NumberRecord():
            return record.number, "", "", ""
