"""Bringing a house's database up to date, with the keyring at hand: a step seals what lay open."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from config.settings import Settings
from storage import case_references, keyring_loss, schema
from storage.database import Database, reached
from storage.keyring import Keyring
from storage.master_keys import MasterKeys

Tell = Callable[[int, int], None]
_SEALS_CASES: Final = "0028"


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
        hashes = {
            one: case_references.hashes_of(self.keyring, one, those) for one, those in named.items()
        }
        return [(sealed[row.id], hashes[row.organisation_id][row.case_reference]) for row in rows]


def upgrade(settings: Settings, *, tell: Tell = lambda done, total: None) -> str | None:
    """Migrate to the newest revision; the revision before, None for an empty database.

    Raises DatabaseTooNewError or DatabaseAwayError; before case references are sealed also
    WrongMasterKeyError, KeyringTooNewError or KeyringLostError. Nothing is changed then, and what
    was cut off begins anew.
    """
    database = Database(settings.database_url)
    try:
        before = schema.current(database)
        if before is None or before >= _SEALS_CASES:
            schema.upgrade(database)
        else:
            _sealing(settings, database, tell=tell)
    finally:
        database.close()
    return before


def _sealing(settings: Settings, database: Database, *, tell: Tell) -> None:
    keyring = Keyring(Database(settings.keyring_url), MasterKeys(settings.master_keys))
    try:
        with reached("KEYRING_URL"):
            keyring.prepare()
        keyring_loss.check(database, keyring)
        schema.upgrade(database, sealing=Sealing(keyring, tell))
    finally:
        keyring.database.close()
    _overwrite(database)


def _overwrite(database: Database) -> None:
    """Leave nothing of what lay open in the database's own files."""
    database.checkpoint()
    if not database.is_sqlite:
        # The rows would hold the column that is gone for as long as nobody writes them anew.
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as alone:
            alone.execute(text("VACUUM FULL interactions"))
