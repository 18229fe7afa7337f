"""The keyring: a database of its own with one wrapped data key per item.

Destroying an item's key makes every copy of its sealed bytes unreadable, backups included, so this
database is backed up apart and briefly. An item's key lies under the item's own row id.
"""

import functools
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import LargeBinary, String, delete, func, insert, inspect, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import sealing, unsampled
from storage.database import Database
from storage.keyring_rows import KeyringRow, LookupName
from storage.lookup_names import LookupNames
from storage.many_ids import IDS, ManyIds, sent, those
from storage.master_keys import MasterKeys, WrongMasterKeyError
from storage.prepared import Prepared
from storage.prepared_lists import PreparedList

SCHEMA = 2
_DESTROYED_AT_ONCE = 2_000
_CANARY_ITEM = UUID(int=0)
_CANARY = b"this keyring opens"


class WrappedKey(KeyringRow):
    """One data key, wrapped under the master key that `master` names by fingerprint."""

    __tablename__ = "data_keys"

    item_id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    master: Mapped[str] = mapped_column(String(16), index=True)
    created_at: Mapped[datetime]


# Made once: every claim asks.
_OF_ITEMS: Final = PreparedList(
    lambda items: select(WrappedKey.item_id, WrappedKey.wrapped, WrappedKey.master).where(
        WrappedKey.item_id.in_(items)
    ),
    of=WrappedKey.item_id.type,
)


@functools.cache
def _destroying(dialect: str) -> Prepared:
    return Prepared(delete(WrappedKey).where(those(WrappedKey.item_id, dialect)))


class About(KeyringRow):
    """What this keyring is: its schema, and a value that only the right master key opens."""

    __tablename__ = "about"

    id: Mapped[int] = mapped_column(primary_key=True)
    schema: Mapped[int]
    canary: Mapped[bytes] = mapped_column(LargeBinary)
    master: Mapped[str] = mapped_column(String(16))


class KeyDestroyedError(LookupError):
    """The item has no key: it was erased, or never sealed here."""


class KeyringTooNewError(Exception):
    """The keyring was written by a newer version of the software."""


class Keyring:
    """Makes, finds and destroys data keys; seals and opens under them. Keeps no key in memory."""

    def __init__(self, database: Database, masters: MasterKeys) -> None:
        self.database = database
        self.names = LookupNames(database)
        self._masters = masters

    def prepare(self) -> None:
        """Create the tables if missing, then check that the master key opens this keyring.

        Raises WrongMasterKeyError or KeyringTooNewError; nothing is changed then.
        """
        # The youngest table: an older keyring gets it without being asked.
        if not inspect(self.database.engine).has_table(LookupName.__tablename__):
            with self.database.alone() as session:
                KeyringRow.metadata.create_all(session.connection())
                about = session.get(About, 1)
                if about is not None:
                    about.schema = max(about.schema, SCHEMA)
                else:
                    canary = self._masters.wrap(_CANARY, _CANARY_ITEM)
                    session.add(
                        About(id=1, schema=SCHEMA, canary=canary, master=self._masters.current)
                    )
        unsampled.tell_of(self.database, KeyringRow.metadata)
        with self.database.reading() as session:
            about = session.get_one(About, 1)
        if about.schema > SCHEMA:
            raise KeyringTooNewError(
                f"the keyring has schema {about.schema}, this version knows {SCHEMA}: "
                "install the version that wrote it, or a later one"
            )
        opened = self._masters.unwrap(about.canary, item=_CANARY_ITEM, master=about.master)
        if opened != _CANARY:
            raise WrongMasterKeyError("the keyring's check value is not what it should be")
        with self.database.reading() as session:
            wrapped_under = session.scalars(select(WrappedKey.master).distinct()).all()
        if missing := sorted(set(wrapped_under) - self._masters.names):
            raise WrongMasterKeyError(
                f"keys in the keyring are still wrapped under master key {missing[0]}, which "
                "MASTER_KEY does not hold; put it back and run 'flask keys rotate'"
            )

    def keys(self, items: Iterable[UUID]) -> dict[UUID, bytes]:
        """The data keys of those items that have one."""
        wanted = list(items)
        found: dict[UUID, bytes] = {}
        if not wanted:
            return found
        with self.database.reading() as session:
            for item, wrapped, master in _OF_ITEMS.rows(session, {}, wanted):
                found[item] = self._masters.unwrap(wrapped, item=item, master=master)
        return found

    def key(self, item: UUID) -> bytes:
        """The item's data key; raises KeyDestroyedError."""
        with self.database.reading() as session:
            row = session.get(WrappedKey, item)
        if row is None:
            raise KeyDestroyedError(f"no key for {item}: it was erased or never sealed")
        return self._unwrap(row)

    def make_keys(self, items: Iterable[UUID]) -> dict[UUID, bytes]:
        """The data keys of those items, made where missing, committed before this returns."""
        wanted = list(dict.fromkeys(items))
        found = self.keys(wanted)
        missing = [item for item in wanted if item not in found]
        if not missing:
            return found
        made = {item: sealing.new_data_key() for item in missing}
        with self.database.transaction() as session:
            # Another process may have been quicker: what is stored wins, never two keys.
            stored = {row.item_id: row for row in self._rows(session, missing)}
            fresh = [item for item in missing if item not in stored]
            made |= {item: self._unwrap(row) for item, row in stored.items()}
            rows = [self._wrapped(item, made[item]) for item in fresh]
            if rows:
                session.connection().execute(insert(WrappedKey), rows)
        return found | made

    def seal(self, item: UUID, fields: Mapping[str, str | bytes | None]) -> dict[str, bytes | None]:
        """Each field (kind to value) sealed under the item's key, which is made if missing.

        None stays None: an absent value needs no seal.
        """
        key = self.make_keys([item])[item]
        return {
            kind: None if value is None else sealing.seal(key, _bytes(value), item=item, kind=kind)
            for kind, value in fields.items()
        }

    def seal_many(
        self, wanted: Mapping[UUID, Mapping[str, str | bytes | None]]
    ) -> dict[UUID, dict[str, bytes | None]]:
        """`seal` for many items, with as few looks into the keyring as one item takes."""
        keys = self.make_keys(wanted)
        return {
            item: {
                kind: None
                if value is None
                else sealing.seal(keys[item], _bytes(value), item=item, kind=kind)
                for kind, value in fields.items()
            }
            for item, fields in wanted.items()
        }

    def seal_one(self, item: UUID, kind: str, value: str | bytes) -> bytes:
        """One value sealed under the item's key, which is made if missing."""
        key = self.make_keys([item])[item]
        return sealing.seal(key, _bytes(value), item=item, kind=kind)

    def open(self, item: UUID, kind: str, sealed: bytes | None) -> str | None:
        """The text; None for an absent value. Raises KeyDestroyedError or BrokenSealError."""
        if sealed is None:
            return None
        return sealing.unseal(self.key(item), sealed, item=item, kind=kind).decode()

    def open_many(self, wanted: Sequence[tuple[UUID, str, bytes | None]]) -> list[str | None]:
        """The texts in order, with one look into the keyring; None where absent or destroyed."""
        keys = self.keys({item for item, _, sealed in wanted if sealed is not None})
        return [
            None
            if sealed is None or item not in keys
            else sealing.unseal(keys[item], sealed, item=item, kind=kind).decode()
            for item, kind, sealed in wanted
        ]

    def destroy(self, items: Iterable[UUID]) -> int:
        """Destroy the keys of those items; how many there were. Gone already is success."""
        wanted, count = items if isinstance(items, ManyIds) else ManyIds(items), 0
        for at in range(0, len(wanted), _DESTROYED_AT_ONCE):
            # All of them are written out already, perhaps.
            whole = len(wanted) <= _DESTROYED_AT_ONCE
            part = wanted if whole else ManyIds(wanted[at : at + _DESTROYED_AT_ONCE])
            with self.database.transaction() as session:
                dialect = session.get_bind().dialect.name
                count += _destroying(dialect).change(session, {IDS: sent(dialect, part)})
        return count

    def lookup_hash(self, organisation: UUID, kind: str, value: str) -> bytes:
        """The 32 bytes that stand for an exact value in one organisation's rows, and tell nothing.

        A name that this keyring makes, and may forget: see storage/lookup_names.py.
        """
        return self.lookup_hashes(organisation, kind, [value])[0]

    def lookup_hashes(self, organisation: UUID, kind: str, values: Iterable[str]) -> list[bytes]:
        """`lookup_hash` for many values, in their order, with two looks into the keyring."""
        return self.names_of(organisation, [(kind, value) for value in values])

    def names_of(self, organisation: UUID, values: Iterable[tuple[str, str]]) -> list[bytes]:
        """The same for values of several kinds, each with its kind."""
        return self.names.of(organisation, self._hashed(organisation, values))

    def keyed_hash(self, organisation: UUID, kind: str, value: str) -> bytes:
        """HMAC-SHA256 of a value under the organisation's own key, which stays.

        Not for what few values are possible of, such as numbers: whoever has the key tries all.
        """
        return self.keyed_hashes(organisation, kind, [value])[0]

    def keyed_hashes(self, organisation: UUID, kind: str, values: Iterable[str]) -> list[bytes]:
        """`keyed_hash` for many values, in their order, with one look into the keyring."""
        return self._hashed(organisation, [(kind, value) for value in values])

    def _hashed(self, organisation: UUID, values: Iterable[tuple[str, str]]) -> list[bytes]:
        key = self.make_keys([organisation])[organisation]
        return [hmac.digest(key, f"{kind}\0{value}".encode(), "sha256") for kind, value in values]

    def rewrap(self, *, batch: int = 500) -> int:
        """Wrap up to `batch` keys anew under the current master key; 0 when none is left to do."""
        with self.database.transaction() as session:
            about = session.get_one(About, 1)
            if about.master != self._masters.current:
                opened = self._masters.unwrap(about.canary, item=_CANARY_ITEM, master=about.master)
                about.canary = self._masters.wrap(opened, _CANARY_ITEM)
                about.master = self._masters.current
            old = select(WrappedKey).where(WrappedKey.master != self._masters.current).limit(batch)
            # Held, because an erasure may destroy one of them meanwhile.
            rows = session.scalars(old.with_for_update()).all()
            for row in rows:
                row.wrapped = self._masters.wrap(self._unwrap(row), row.item_id)
                row.master = self._masters.current
        return len(rows)

    def seal_note(self, text: str, item: UUID) -> tuple[str, bytes]:
        """The current master key's name, and a note that only a holder of it can open or make."""
        return self._masters.current, self._masters.wrap(text.encode(), item)

    def open_note(self, master: str, sealed: bytes, item: UUID) -> str:
        """The text of a note; raises WrongMasterKeyError."""
        return self._masters.unwrap(sealed, item=item, master=master).decode()

    def count(self) -> int:
        """How many keys there are."""
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(WrappedKey)) or 0

    def _rows(self, session: Session, items: Sequence[UUID]) -> list[WrappedKey]:
        found: list[WrappedKey] = []
        for at in range(0, len(items), 500):
            part = items[at : at + 500]
            found += session.scalars(select(WrappedKey).where(WrappedKey.item_id.in_(part))).all()
        return found

    def _wrapped(self, item: UUID, data_key: bytes) -> dict[str, Any]:
        return {
            "item_id": item,
            "wrapped": self._masters.wrap(data_key, item),
            "master": self._masters.current,
            "created_at": datetime.now(UTC),
        }

    def _unwrap(self, row: WrappedKey) -> bytes:
        return self._masters.unwrap(row.wrapped, item=row.item_id, master=row.master)


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
