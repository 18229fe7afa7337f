"""The keyring follows the ledger: keys that a line says are destroyed do not come back.

A keyring that was restored from a backup holds keys that were destroyed since. Its marks came back
with it, so it is behind the ledger, and catches up before anybody can ask it for a key.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from storage.keyring import Keyring
from storage.keyring_rows import LedgerMark
from storage.ledger import Ledger
from storage.ledger_writing import Place

log = logging.getLogger(__name__)


def catch_up(keyring: Keyring, ledger: Ledger) -> int:
    """Destroy again every key that lines beyond the marks name; how many there were."""
    marks, destroyed = _marks(keyring), 0
    for chain, row in ledger.chains().items():
        mark = marks.get(chain, 0)
        if mark >= row.sequence:
            continue
        for line, detail in ledger.details(chain, after=mark):
            if detail.erased is not None and line.sequence <= row.sequence:
                destroyed += keyring.destroy(detail.erased.items)
        _set(keyring, {chain: row.sequence})
    if destroyed:
        log.warning("keyring.followed_ledger", extra={"destroyed": destroyed})
    return destroyed


def follow(keyring: Keyring, ledger: Ledger, places: Sequence[Place]) -> None:
    """Move the marks over lines just written, whose keys were destroyed before they were written.

    Where lines lie between that nobody marked, the keyring catches up instead.
    """
    marks = _marks(keyring)
    fresh: dict[UUID, list[int]] = {}
    for place in places:
        fresh.setdefault(place.chain, []).append(place.sequence)
    if any(min(numbers) > marks.get(chain, 0) + 1 for chain, numbers in fresh.items()):
        catch_up(keyring, ledger)
        return
    _set(keyring, {chain: max(numbers) for chain, numbers in fresh.items()})


def set_back(keyring: Keyring, place: Place) -> None:
    """Have the marks begin anew at a line: the ledger lost some that they had passed."""
    with keyring.database.transaction() as session:
        session.merge(LedgerMark(chain=place.chain, sequence=place.sequence))


def _marks(keyring: Keyring) -> dict[UUID, int]:
    with keyring.database.reading() as session:
        return {row.chain: row.sequence for row in session.scalars(select(LedgerMark))}


def _set(keyring: Keyring, marks: dict[UUID, int]) -> None:
    with keyring.database.transaction() as session:
        for chain, sequence in sorted(marks.items()):
            row = session.get(LedgerMark, chain, with_for_update=True)
            if row is None:
                session.add(LedgerMark(chain=chain, sequence=sequence))
            else:
                row.sequence = max(row.sequence, sequence)
