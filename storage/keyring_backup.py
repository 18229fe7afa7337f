"""Backups of the keyring: one file of wrapped keys, short-lived, and the way back from it.

Keys stay wrapped under the master key, which is not in the file. A sealed note says when it was
made and what is in it, so a file that was altered, cut or made for another keyring is refused.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, select

from storage import keyring_marks
from storage.keyring import Keyring, WrappedKey
from storage.keyring_rows import LedgerMark
from storage.ledger import Ledger
from storage.lookup_names import Seed
from storage.moments_ahead import lies_ahead
from storage.receipts import Receipt, What

SUFFIX: Final = ".keyring"
UNFINISHED: Final = ".part"
_LONGEST_BACKUP: Final = timedelta(hours=1)
_NO_MOMENT: Final = datetime.min.replace(tzinfo=UTC)
_NOTE_ITEM: Final = UUID(int=1)
_BATCH: Final = 1000
_TABLES: Final = """
    CREATE TABLE keys (item BLOB PRIMARY KEY, wrapped BLOB, master TEXT, created TEXT);
    CREATE TABLE note (master TEXT, sealed BLOB);
    CREATE TABLE names (
        owner BLOB, found_by BLOB, name BLOB, seed INTEGER, PRIMARY KEY (owner, found_by));
    CREATE TABLE seed (number INTEGER, seed BLOB, made TEXT);
"""
# What is in a file, in an order of its own; one of an earlier version has the keys alone.
_CONTENT: Final = {
    "keys": "SELECT item, wrapped, master, created FROM keys ORDER BY item",
    "names": "SELECT owner, found_by, name, seed FROM names ORDER BY owner, found_by",
    "seed": "SELECT number, seed, made FROM seed",
}


class BadKeyringBackupError(Exception):
    """The file is no backup of a keyring, was altered, or is too old to be put back."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written and read back: where it lies, and how many keys are in it."""

    file: Path
    keys: int


@dataclass(frozen=True, slots=True)
class PutBack:
    """What a restore did: keys put back, and those of them destroyed again at once."""

    made_at: datetime
    restored: int
    destroyed: int


def back_up(keyring: Keyring, folder: Path, *, now: datetime) -> Backup:
    """Write all keys, wrapped as they are, into a new file of `folder`, readable by its owner.

    With them the names that people are found by, and the seed of those that are made from now on.
    The file is read back before it gets its name. Raises OSError when there is no room.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"
    unfinished = file.with_suffix(UNFINISHED)
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    # Before the first key is read: of what comes meanwhile the file has the seed at least.
    seed_before = keyring.names.renew_seed(now=now)
    try:
        with closing(_open(unfinished)) as copy:
            copy.executescript(_TABLES)
            for rows in _batches(keyring):
                copy.executemany("INSERT INTO keys VALUES (?, ?, ?, ?)", rows)
            for named in _names(keyring):
                copy.executemany("INSERT INTO names VALUES (?, ?, ?, ?)", named)
            copy.executemany("INSERT INTO seed VALUES (?, ?, ?)", _seed(keyring))
            keys, names, digest = _digest(copy)
            told = {"made_at": now.isoformat(), "keys": keys, "names": names, "digest": digest}
            note = json.dumps(told)
            copy.execute("INSERT INTO note VALUES (?, ?)", keyring.seal_note(note, _NOTE_ITEM))
            copy.commit()
        with file.with_suffix(UNFINISHED).open("rb") as written:
            os.fsync(written.fileno())
        _read(keyring, unfinished)
        unfinished.rename(file)
    except BaseException as error:
        # The last backup that there is has that one.
        keyring.names.set_seed(seed_before)
        if not isinstance(error, sqlite3.OperationalError):
            raise
        # What SQLite makes of a disk without room.
        raise OSError(f"{unfinished} could not be written: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return Backup(file, keys)


def remove_old(folder: Path, *, kept: timedelta, now: datetime) -> int:
    """Remove the backups that are older than `kept`; how many there were.

    One whose day is still to come has an age that nobody knows, and goes too. What a backup that
    was cut off has left goes after an hour: it holds keys, too.
    """
    old = [file for file in folder.glob(f"*{SUFFIX}") if _is_older(file, kept, now=now)]
    for file in [*old, *_left_behind(folder, now=now)]:
        file.unlink(missing_ok=True)
    return len(old)


def overdue(folder: Path, *, kept: timedelta, now: datetime) -> int:
    """How many backups are still there more than a day after they should have been removed."""
    longest = kept + timedelta(days=1)
    files = [*folder.glob(f"*{SUFFIX}"), *_unfinished(folder)]
    return sum(_is_older(file, longest, now=now) for file in files)


def _left_behind(folder: Path, *, now: datetime) -> list[Path]:
    """What backups that were cut off have left; a job may run for an hour."""
    return [file for file in _unfinished(folder) if _is_older(file, _LONGEST_BACKUP, now=now)]


def _is_older(file: Path, longest: timedelta, *, now: datetime) -> bool:
    made = made_at(file)
    return now - made > longest or lies_ahead(made, now=now)


def _unfinished(folder: Path) -> list[Path]:
    """Files that have no name yet, with SQLite's own beside them; not those of anybody else."""
    return [file for file in folder.glob(f"*{UNFINISHED}*") if made_at(file) != _NO_MOMENT]


def made_at(file: Path) -> datetime:
    """When a backup was made, by its name; the beginning of time for a name that is no moment."""
    try:
        return datetime.strptime(file.name.split(".")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return _NO_MOMENT


def put_back(keyring: Keyring, ledger: Ledger, file: Path, *, now: datetime) -> PutBack:
    """Put back the keys that the keyring lacks, and destroy again those destroyed since.

    Keys made since stay. Safe to kill and to repeat. Raises BadKeyringBackupError for a file that
    is none, older than the ledger's memory or from a day to come, WrongMasterKeyError; nothing
    is changed then.
    """
    made = _read(keyring, file)
    if lies_ahead(made, now=now):
        raise BadKeyringBackupError(
            f"{file} was made on {made:%Y-%m-%d}, which is still to come, so nobody knows how old "
            "it is; if this machine's clock is wrong set it right, else take another backup"
        )
    if now - made > ledger.kept:
        raise BadKeyringBackupError(
            f"{file} was made on {made:%Y-%m-%d}; the ledger remembers for {ledger.kept.days} days "
            "what was deleted, so older keys could bring back what was promised to be gone"
        )
    # The marks first: whoever opens the keyring from here on destroys everything again.
    with keyring.database.transaction() as session:
        session.execute(delete(LedgerMark))
    restored = 0
    with closing(_open(file)) as copy:
        cursor = copy.execute(_CONTENT["keys"])
        while rows := cursor.fetchmany(_BATCH):
            restored += _insert_missing(keyring, rows)
        _put_names_back(keyring, copy)
    destroyed = keyring_marks.catch_up(keyring, ledger)
    receipt = Receipt(What.KEYRING_RESTORED, now, count=restored, keys=destroyed)
    keyring_marks.follow(keyring, ledger, ledger.append([receipt], at=now))
    return PutBack(made, restored, destroyed)


def _batches(keyring: Keyring) -> Iterator[list[tuple[Any, ...]]]:
    after = None
    while True:
        wanted = select(WrappedKey).order_by(WrappedKey.item_id).limit(_BATCH)
        if after is not None:
            wanted = wanted.where(WrappedKey.item_id > after)
        with keyring.database.reading() as session:
            rows = session.scalars(wanted).all()
        if not rows:
            return
        after = rows[-1].item_id
        yield [(r.item_id.bytes, r.wrapped, r.master, r.created_at.isoformat()) for r in rows]


def _names(keyring: Keyring) -> Iterator[list[tuple[Any, ...]]]:
    for page in keyring.names.pages(_BATCH):
        yield [(r.organisation_id.bytes, r.found_by, r.name, r.seed) for r in page]


def _seed(keyring: Keyring) -> list[tuple[Any, ...]]:
    one = keyring.names.seed()
    return [] if one is None else [(one.number, one.seed, one.made_at.isoformat())]


def _put_names_back(keyring: Keyring, copy: sqlite3.Connection) -> None:
    cursor = copy.execute(_CONTENT["names"])
    while rows := cursor.fetchmany(_BATCH):
        keyring.names.put_back(
            (UUID(bytes=owner), found_by, name, number) for owner, found_by, name, number in rows
        )
    for number, seed, made in copy.execute(_CONTENT["seed"]):
        keyring.names.put_back_seed(Seed(number, seed, datetime.fromisoformat(made)))


def _read(keyring: Keyring, file: Path) -> datetime:
    """When the backup was made, once all of it was read and is as its note says."""
    try:
        with closing(_open(file)) as copy:
            note = copy.execute("SELECT master, sealed FROM note").fetchone()
            keys, names, digest = _digest(copy)
    except sqlite3.DatabaseError as error:
        raise BadKeyringBackupError(f"{file} is no backup of a keyring ({error})") from error
    if note is None:
        raise BadKeyringBackupError(f"{file} is no backup of a keyring (it has no note)")
    told = json.loads(keyring.open_note(note[0], note[1], _NOTE_ITEM))
    if "names" not in told:
        raise BadKeyringBackupError(
            f"{file} was made before people were known by names, so nobody would be found again: "
            "take one that was made since the update"
        )
    if (told["keys"], told["names"], told["digest"]) != (keys, names, digest):
        raise BadKeyringBackupError(f"{file} was altered or cut after it was made; take another")
    return datetime.fromisoformat(told["made_at"])


def _insert_missing(keyring: Keyring, rows: list[tuple[Any, ...]]) -> int:
    wanted = {UUID(bytes=item): (wrapped, master, made) for item, wrapped, master, made in rows}
    with keyring.database.transaction() as session:
        there = set(
            session.scalars(select(WrappedKey.item_id).where(WrappedKey.item_id.in_(wanted)))
        )
        missing = [
            {
                "item_id": item,
                "wrapped": wrapped,
                "master": master,
                "created_at": datetime.fromisoformat(made),
            }
            for item, (wrapped, master, made) in wanted.items()
            if item not in there
        ]
        if missing:
            session.connection().execute(insert(WrappedKey), missing)
    return len(missing)


def _digest(copy: sqlite3.Connection) -> tuple[int, int, str]:
    """How many keys and names there are, and a hash over all that the file holds."""
    digest, counts = hashlib.sha256(), dict.fromkeys(_CONTENT, 0)
    there = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
    for table, content in _CONTENT.items():
        for row in copy.execute(content) if table in there else ():
            digest.update(repr(row).encode())
            counts[table] += 1
    return counts["keys"], counts["names"], digest.hexdigest()


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True)
