"""Telling a restored database from one that only crashed.

For every line of the ledger the main database committed first, and kept the receipt on its way
until it had noted the line as seen. So a line that is neither seen nor on its way can have only one
reason: this database is older than the ledger. No crash looks like that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import beats
from storage.database import Database
from storage.insertion import insert_missing
from storage.ledger import Ledger
from storage.ledger_rows import LineRow
from storage.ledger_writing import Place
from storage.receipt_chain import GENESIS
from storage.receipts import What
from storage.tables import LedgerHead, PendingReceipt

# Written into the ledger itself, with no counterpart in the main database.
_OF_THE_LEDGER = (What.CHECKPOINT, What.KEYRING_RESTORED, What.LINES_LOST)
_RESTORED: Final = (
    "was restored from a backup. Run 'flask storage restore-check', which deletes again what was "
    "deleted since, before anything opens"
)


class RestoredDatabaseError(Exception):
    """The main database was restored from a backup, and knows nothing of deletions since."""


class LedgerBehindError(Exception):
    """The ledger has lost lines that the main database has seen."""


@dataclass(frozen=True, slots=True)
class Unaccounted:
    """A line that the main database should know of."""

    sequence: int
    receipt_id: UUID


def check(database: Database, ledger: Ledger) -> None:
    """Return quietly when database and ledger fit; raises RestoredDatabaseError, LedgerBehindError.

    Safe while others write: whatever looks wrong is looked at again in their order.
    """
    if beats.is_behind(database, ledger):
        raise RestoredDatabaseError(
            f"the database has counted less than the ledger: it {_RESTORED}"
        )
    with database.reading() as session:
        seen = {row.chain: row for row in session.scalars(select(LedgerHead))}
    chains = ledger.chains()  # later than what the database had seen
    for chain, head in seen.items():
        end = chains.get(chain)
        if end is None or end.sequence < head.sequence or differs(ledger, head):
            raise LedgerBehindError(
                f"the ledger does not hold line {head.sequence} of chain {chain} as the database "
                "has seen it: it was cut, altered or restored from a backup. Put the newest ledger "
                "back, or accept the loss with 'flask receipts accept-loss'"
            )
    for chain, end in chains.items():
        after = seen[chain].sequence if chain in seen else 0
        missing = unaccounted(ledger, chain, up_to=end.sequence, after=after)
        if not missing:
            continue
        with database.reading() as session:
            waiting = _waiting(session, missing)
        with database.reading() as session:  # a new look, later than the one before
            now_seen = sequence_seen(session, chain)
        lost = [one for one in missing if one.receipt_id not in waiting and one.sequence > now_seen]
        if lost:
            raise RestoredDatabaseError(
                f"the database does not know of line {lost[0].sequence} of chain {chain} in the "
                f"ledger: it {_RESTORED}"
            )


def unaccounted(ledger: Ledger, chain: UUID, *, up_to: int, after: int) -> list[Unaccounted]:
    """The lines of a chain after one and up to one that the main database must know of."""
    wanted = select(LineRow.sequence, LineRow.receipt_id).where(
        LineRow.chain == chain,
        LineRow.sequence > after,
        LineRow.sequence <= up_to,
        LineRow.what.not_in(_OF_THE_LEDGER),
    )
    with ledger.database.reading() as session:
        rows = session.execute(wanted.order_by(LineRow.sequence)).all()
    return [Unaccounted(sequence, receipt_id) for sequence, receipt_id in rows]


def advance(
    session: Session, place: Place, lines: Iterable[Unaccounted], *, besides: Iterable[UUID]
) -> None:
    """Note in the main database that it has seen the chain up to a line.

    Raises RestoredDatabaseError when that would step over a line of which it knows nothing.
    """
    fresh = {"chain": place.chain, "sequence": 0, "hash": GENESIS, "mailed_at": None}
    insert_missing(session, LedgerHead, [fresh])
    head = session.get_one(LedgerHead, place.chain, with_for_update=True)
    own = set(besides)
    between = [one for one in lines if one.sequence > head.sequence and one.receipt_id not in own]
    waiting = _waiting(session, between)
    if any(one.receipt_id not in waiting for one in between):
        raise RestoredDatabaseError(
            f"the ledger holds lines of chain {place.chain} that this database knows nothing of"
        )
    if place.sequence > head.sequence:
        head.sequence, head.hash = place.sequence, place.hash


def count(database: Database, ledger: Ledger, *, at: datetime) -> None:
    """Count together with the ledger; raises RestoredDatabaseError when this database is older."""
    if not beats.count(database, ledger, at=at):
        raise RestoredDatabaseError(
            f"the database has counted less than the ledger: it {_RESTORED}"
        )


def note_seen(session: Session, place: Place) -> None:
    """The same without asking: whatever the ledger holds up to there was done again."""
    fresh = {"chain": place.chain, "sequence": 0, "hash": GENESIS, "mailed_at": None}
    insert_missing(session, LedgerHead, [fresh])
    head = session.get_one(LedgerHead, place.chain, with_for_update=True)
    if place.sequence > head.sequence:
        head.sequence, head.hash = place.sequence, place.hash


def _waiting(session: Session, lines: list[Unaccounted]) -> set[UUID]:
    found: set[UUID] = set()
    for at in range(0, len(lines), 500):
        ids = [one.receipt_id for one in lines[at : at + 500]]
        wanted = select(PendingReceipt.receipt_id).where(PendingReceipt.receipt_id.in_(ids))
        found |= set(session.scalars(wanted))
    return found


def sequence_seen(session: Session, chain: UUID) -> int:
    """How far this database has seen a chain."""
    wanted = select(LedgerHead.sequence).where(LedgerHead.chain == chain)
    return session.scalar(wanted) or 0


def differs(ledger: Ledger, head: LedgerHead) -> bool:
    """Whether the ledger has another line there than the one that was seen."""
    with ledger.database.reading() as session:
        line = session.get(LineRow, (head.chain, head.sequence))
    # An expired line is not there any more; the chain's own check vouches for it.
    return line is not None and line.hash != head.hash
