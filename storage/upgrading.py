"""Bringing a house's database up to date, with the keyring at hand: steps seal what lay open, and
give what people are found by its name."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from config.settings import Settings
from storage import case_references, keyring_backup, keyring_loss, schema, sign_in_names
from storage.database import Database, reached
from storage.keyring import Keyring
from storage.master_keys import MasterKeys

log = logging.getLogger(__name__)

Tell = Callable[[int, int], None]
_SEALS_CASES: Final = "0028"
_SEALS_ACCOUNTS: Final = "0046"


@dataclass(frozen=True, slots=True)
class Sealing:
    """What a migration seals with; `tell` is given how many rows are done of how many."""

    keyring: Keyring
    tell: Tell

    def cases(self, rows: Sequence[Any]) -> list[tuple[bytes, bytes]]:
        """The sealed reference and the hash of each interaction, in their order."""
        references = {row.id: row.case_reference for row in rows}
        sealed = case_references.sealed(self.keyring, references)
        named: dict[UUID, list[str]] = {}
        for row in rows:
            named.setdefault(row.organisation_id, []).append(row.case_reference)
        # Not yet the names that a later step makes of them.
        hashes = {
            one: dict(zip(those, self._hashed(one, those), strict=True))
            for one, those in named.items()
        }
        return [(sealed[row.id], hashes[row.organisation_id][row.case_reference]) for row in rows]

    def names(self, rows: Sequence[tuple[UUID, bytes]]) -> list[bytes]:
        """What stands in the place of each organisation's hash, in their order."""
        hashed: dict[UUID, list[bytes]] = {}
        for owner, one in rows:
            hashed.setdefault(owner, []).append(one)
        named = {
            owner: dict(zip(those, self.keyring.names.of(owner, those), strict=True))
            for owner, those in hashed.items()
        }
        return [named[owner][one] for owner, one in rows]

    def accounts(self, names: Mapping[UUID, str]) -> dict[UUID, tuple[bytes, bytes]]:
        """The sealed sign-in name of each account, and what finds the account."""
        return sign_in_names.sealed(self.keyring, names)

    def _hashed(self, organisation: UUID, references: Sequence[str]) -> list[bytes]:
        return self.keyring.keyed_hashes(organisation, case_references.HASHED_AS, references)


def upgrade(settings: Settings, *, tell: Tell = lambda done, total: None) -> str | None:
    """Migrate to the newest revision; the revision before, None for an empty database.

    Raises DatabaseTooNewError or DatabaseAwayError; before everything is sealed and
    people are named also WrongMasterKeyError, KeyringTooNewError or KeyringLostError. Nothing is
    changed then, and what was cut off begins anew.
    """
    database = Database(settings.database_url)
    try:
        before = schema.current(database)
        if before is None or before >= _SEALS_ACCOUNTS:
            schema.upgrade(database)
        else:
            _sealing(settings, database, tell=tell)
            _overwrite(database, before=before)
    finally:
        database.close()
    return before


def _sealing(settings: Settings, database: Database, *, tell: Tell) -> None:
    keyring = Keyring(Database(settings.keyring_url), MasterKeys(settings.master_keys))
    try:
        with reached("KEYRING_URL"):
            keyring.prepare()
        keyring_loss.check(database, keyring, accounts=False)
        schema.upgrade(database, sealing=Sealing(keyring, tell))
        _back_up(keyring, settings)
    finally:
        keyring.database.close()


def _back_up(keyring: Keyring, settings: Settings) -> None:
    """Have a backup that knows the names that were made; the daily one would come a day later."""
    if settings.keyring_backups_dir is None:
        return
    try:
        keyring_backup.back_up(keyring, settings.keyring_backups_dir, now=datetime.now(UTC))
    except OSError as error:
        log.warning("keyring.not_backed_up", extra={"code": type(error).__name__})


def _overwrite(database: Database, *, before: str) -> None:
    """Leave nothing of what lay open in the database's own files."""
    database.checkpoint()
    if database.is_sqlite:
        return
    # The rows would hold the column that is gone for as long as nobody writes them anew.
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as alone:
        if before < _SEALS_CASES:
            alone.execute(text("VACUUM FULL interactions"))
        alone.execute(text("VACUUM FULL users"))
