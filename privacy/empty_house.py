"""Whether anything of somebody is left: every byte of every place, and what our keys still open.

A text is looked for in the rows, in what is sealed and opens, in the databases' own files with
their logs, statistics and free pages, in files and what is packed in them, and in Redis. Nothing is
changed, and nothing that is found is shown: only where it lies, and what could not be looked
through.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

from redis import Redis, RedisError
from sqlalchemy import MetaData, Table, select

from privacy import postgresql_places
from privacy.needles import Hay, Needle
from privacy.packed_files import BROKEN, LOCKED, NotUnpackedError, within
from storage import case_references, sealing, sign_in_names
from storage.blobs import SUFFIX, StorageUnreachable
from storage.database import Database
from storage.house import House
from storage.ledger_rows import LedgerRow
from storage.sealing import BrokenSealError
from storage.tables import Row

KINDS: Final = {
    "calls.caller_sealed": "call.caller",
    "cases.note_sealed": "case.note",
    "comments.text_sealed": "comment.text",
    "customers.email_sealed": "customer.email",
    "customers.name_sealed": "customer.name",
    "customers.phone_as_given_sealed": "customer.phone_as_given",
    "customers.phone_sealed": "customer.phone",
    "deliveries.address_sealed": "delivery.address",
    "exports.path_sealed": "export.path",
    "holds.reason_sealed": "hold.reason",
    "disclosures.receiver_sealed": "disclosure.receiver",
    "interactions.case_reference_sealed": case_references.KIND,
    "mailboxes.notify_sealed": "mailbox.notify",
    "messages.caller_sealed": "message.caller",
    "rights_requests.about_sealed": "request.about",
    "rights_requests.contact_sealed": "request.contact",
    "sent_texts.body_sealed": "sent_text.body",
    "transcripts.words_sealed": "transcript.words",
    "users.sign_in_name_sealed": sign_in_names.KIND,
}
"""What a sealed column is bound to, so that it opens."""
_PIECE: Final = 4_000_000
_SIDES: Final = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Where something of it lies."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Searched:
    """Where something was found, and which places could not be looked through."""

    found: frozenset[Found]
    unseen: frozenset[str]


def search(
    house: House, needles: Iterable[Needle], *, folders: Iterable[Path] = (), journal: bool = True
) -> Searched:
    """Where each of them lies, in the house and in these folders.

    `journal`: also in PostgreSQL's write-ahead log, which is of all databases of its server, and
    where what was deleted stays for a while.
    """
    wanted = tuple(needles)
    places = _Places(wanted)
    journals = set[int]()
    for database, metadata in _databases(house):
        for table in metadata.sorted_tables:
            _rows(house, database, table, places)
        if database.is_sqlite:
            file = Path(database.url.database or "")
            for side in _SIDES:
                places.file(file.with_name(file.name + side))
        else:
            _server(database, places, journals if journal else None)
    for item in house.blobs.items():
        _recording(house, item, places)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            places.file(path)
    try:
        _redis(house.bell.redis, places)
    except RedisError:
        places.unseen.add("Redis, which does not answer")
    return Searched(frozenset(places.found), frozenset(places.unseen))


class _Places:
    """Looks for all needles in whatever it is shown, and keeps what it could not be shown."""

    def __init__(self, needles: tuple[Needle, ...]) -> None:
        self._needles = needles
        self._longest = max((one.longest for one in needles), default=1)
        self.found: set[Found] = set()
        self.unseen: set[str] = set()

    def look(self, place: str, data: bytes) -> None:
        hay = Hay.of(data)
        for one in self._needles:
            if one.lies_in(hay):
                self.found.add(Found(one.name, place))

    def value(self, place: str, value: Any) -> None:
        if isinstance(value, bytes | memoryview):
            self.look(place, bytes(value))
        elif isinstance(value, str):
            self.look(place, value.encode())
        elif isinstance(value, dict | list):
            self.look(place, json.dumps(value, ensure_ascii=False, default=str).encode())

    def file(self, path: Path) -> None:
        """A file and what is packed in it; one that is none, or just went, holds nothing."""
        if not path.is_file():
            return
        place = f"file {path.name}"
        try:
            with path.open("rb") as opened:
                self._stream(place, opened)
                if path.suffix != SUFFIX:
                    for packed in within(opened):
                        self._stream(f"{place}, unpacked", packed)
        except FileNotFoundError:
            return
        except NotUnpackedError as fault:
            self.unseen.add(f"{place}: {fault}")
        except BROKEN as fault:
            self.unseen.add(f"{place}: {getattr(fault, 'strerror', None) or LOCKED}")

    def _stream(self, place: str, opened: IO[bytes]) -> None:
        """In pieces that overlap."""
        tail = b""
        while piece := opened.read(_PIECE):
            self.look(place, tail + piece)
            tail = piece[-self._longest :]


def _databases(house: House) -> Iterator[tuple[Database, MetaData]]:
    from storage.keyring import WrappedKey

    yield house.database, Row.metadata
    yield house.keyring.database, WrappedKey.metadata
    yield house.ledger.database, LedgerRow.metadata


def _rows(house: House, database: Database, table: Table, places: _Places) -> None:
    with database.reading() as session:
        for row in session.execute(select(table).execution_options(yield_per=500)):
            for column in table.columns:
                value = row._mapping[column]
                place = f"{table.name}.{column.name}"
                places.value(place, value)
                if value is not None and column.info.get("sealed"):
                    opened = _opened(house, row._mapping[table.c.id], KINDS[place], value)
                    if opened is not None:
                        places.value(f"{place}, opened", opened)
                        places.value(f"{place}, opened", _words(opened))


def _opened(house: House, item: UUID, kind: str, sealed: bytes) -> str | None:
    try:
        return house.keyring.open(item, kind, bytes(sealed))
    except (LookupError, BrokenSealError):
        return None


def _words(opened: str) -> str:
    """A transcript's words as a sentence."""
    try:
        return " ".join(str(word[0]) for word in json.loads(opened))
    except (ValueError, TypeError, LookupError):
        return ""


def _recording(house: House, item: UUID, places: _Places) -> None:
    try:
        sealed = house.blobs.get(item)
    except FileNotFoundError:
        return
    except StorageUnreachable:
        places.unseen.add("a recording: the store of recordings failed")
        return
    places.look("recordings", sealed)
    try:
        key = house.keyring.key(item)
        opened = sealing.unseal_file(key, sealed, item=item, kind="recording.audio")
    except (LookupError, BrokenSealError):
        return
    places.look("recordings, opened", opened)


def _server(database: Database, places: _Places, journals: set[int] | None) -> None:
    postgresql_places.statistics(database, places.look)
    unseen = [postgresql_places.pages(database, places.look)]
    if journals is not None and (server := postgresql_places.server_of(database)) not in journals:
        journals.add(server)
        unseen.append(postgresql_places.write_ahead_log(database, places.look))
    places.unseen.update(one for one in unseen if one is not None)


def _redis(redis: Redis, places: _Places) -> None:
    read: dict[Any, Any] = {
        b"string": lambda key: [redis.get(key)],
        b"hash": lambda key: [part for pair in redis.hgetall(key).items() for part in pair],
        b"list": lambda key: redis.lrange(key, 0, -1),
        b"set": lambda key: redis.smembers(key),
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"stream": lambda key: [str(redis.xrange(key))],
    }
    for key in redis.scan_iter():
        places.value("redis", key)
        values = read.get(kind := redis.type(key))
        if values is None and kind != b"none":
            places.unseen.add("a key of Redis, of an unknown kind")
        for value in values(key) if values is not None else ():
            places.value("redis", value)
