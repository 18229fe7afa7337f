"""Everything a process works with, opened once: settings, databases, keyring, ledger, files, bell.

Entry points and tests open a house; views and jobs ask for it. A process has one at a time.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from config.settings import Settings
from storage import keyring_loss, keyring_marks, restoration, schema, wishes
from storage.blobs import BlobStore
from storage.database import Database, DatabaseAwayError, DatabaseFullError, reached
from storage.keyring import Keyring, KeyringTooNewError
from storage.ledger import Ledger, LedgerTooNewError
from storage.master_keys import MasterKeys, WrongMasterKeyError
from storage.provider import Provider, open_provider
from storage.queue import Bell, redis_client

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class House:
    """The collaborators of one process."""

    settings: Settings
    database: Database
    keyring: Keyring
    ledger: Ledger
    blobs: BlobStore
    bell: Bell
    provider: Provider

    def close(self) -> None:
        """Close every connection this process holds."""
        self.database.close()
        self.keyring.database.close()
        self.ledger.database.close()
        self.bell.redis.close()


REFUSALS: Final = (
    DatabaseAwayError,
    DatabaseFullError,
    schema.DatabaseTooNewError,
    schema.DatabaseTooOldError,
    WrongMasterKeyError,
    KeyringTooNewError,
    keyring_loss.KeyringLostError,
    LedgerTooNewError,
    restoration.RestoredDatabaseError,
    restoration.LedgerBehindError,
)
"""Why a house does not open; the text of each is one clear line for an operator."""

_open: list[House] = []


class NoHouseError(RuntimeError):
    """Something asked for the house before an entry point opened it."""


def open_house(settings: Settings, *, patient: bool = False, restored: bool = False) -> House:
    """Open everything the settings name and make it this process's house.

    A patient house (workers) waits for Redis; an impatient one (web) gives up within a second.
    Raises one of REFUSALS before anything is changed. A restored house opens although its database
    is older than the ledger or its keys are lost, for the commands that mend that.
    """
    masters = MasterKeys(settings.master_keys)
    database = Database(settings.database_url)
    keyring = Keyring(Database(settings.keyring_url), masters)
    ledger = Ledger(Database(settings.ledger_url), masters, kept=settings.backups_kept)
    try:
        _check(database, keyring, ledger, restored=restored)
    except BaseException:
        for one in (database, keyring.database, ledger.database):
            one.close()
        raise
    wishes.watch()
    house = House(
        settings=settings,
        database=database,
        keyring=keyring,
        ledger=ledger,
        blobs=BlobStore(settings.recordings_url),
        bell=Bell(redis_client(settings.redis_url, patient=patient)),
        provider=open_provider(settings),
    )
    _open[:] = [house]
    return house


def _check(database: Database, keyring: Keyring, ledger: Ledger, *, restored: bool) -> None:
    schema.check(database)
    with reached("KEYRING_URL"):
        keyring.prepare()
    with reached("LEDGER_URL"):
        ledger.prepare()
    # Before anybody can ask for a key that a restored keyring has again.
    keyring_marks.catch_up(keyring, ledger)
    if not restored:
        keyring_loss.check(database, keyring)
        restoration.check(database, ledger)


def house() -> House:
    """This process's house; raises NoHouseError before one is open."""
    if not _open:
        raise NoHouseError("open_house() was not called in this process")
    return _open[0]


def close_house() -> None:
    """Close this process's house, if one is open."""
    if _open:
        _open.pop().close()


@contextmanager
def elsewhere(settings: Settings) -> Iterator[House]:
    """Another house for the time of the block, such as a copy of this one; then this one again.

    Raises what `open_house` does for a restored one.
    """
    own = list(_open)
    other = open_house(settings, restored=True)
    try:
        yield other
    finally:
        other.close()
        _open[:] = own


@contextmanager
def transaction() -> Iterator[Session]:
    """A write transaction on this process's main database; commits at the end of the block."""
    with house().database.transaction() as session:
        yield session


def once_more(work: Callable[[Session], T]) -> T:
    """What `work` brings in a transaction, begun again when the database itself gave up.

    Two doubled webhooks may meet in one instant; the second round sees what the other one did.
    """
    try:
        with transaction() as session:
            return work(session)
    except DBAPIError as error:
        log.warning("transaction.again", extra={"code": type(error).__name__})
    with transaction() as session:
        return work(session)


@contextmanager
def reading() -> Iterator[Session]:
    """A look at this process's main database."""
    with house().database.reading() as session:
        yield session


def utc_now() -> datetime:
    """The moment, aware. Entry points and jobs ask; everything below is told."""
    return datetime.now(UTC)
