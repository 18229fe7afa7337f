"""After a restore: everything that the ledger knows to be deleted is deleted again.

Safe to run at any time and as often as wanted: what is gone already stays gone. What people wished
is put back as it was last, and only then does the main database note that it has seen it all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy import erasing
from privacy.erasing import Hands
from privacy.put_back import put_back
from storage import beats, receipt_notes, receipt_writing, restoration, restored, wishes
from storage.database import Database
from storage.faults import GiveUp
from storage.house import reading, transaction
from storage.ledger import Forgotten, Ledger
from storage.ledger_writing import Place
from storage.receipts import HOUSE_CHAIN, Detail, Erased, Receipt, Way, What
from storage.restoration import RestoredDatabaseError, note_seen, sequence_seen
from storage.restored import StandsStill
from storage.tables import Organisation, Recording, Row


class TooOldError(GiveUp):
    """The backup is older than the ledger remembers what was deleted since."""


@dataclass(slots=True)
class Restored:
    """What was done again: lines looked at, rows taken away, keys, and wishes put back."""

    lines: int = 0
    rows: int = 0
    keys: int = 0
    wishes: int = 0
    # Campaigns that ran when the backup was made, and stand still now.
    paused: Sequence[StandsStill] = ()
    # Organisations in which nothing goes by age before somebody has looked.
    waiting: Sequence[str] = ()


def check(*, hands: Hands, database: Database, now: datetime) -> Restored:
    """Delete again what the ledger says is deleted; raises StorageUnreachable, to be repeated.

    In a database that was restored nothing rings any more by itself. Raises TooOldError, with
    nothing done, when the ledger does not know any more what it must be rid of.
    """
    total = Restored()
    counted = hands.ledger.beat()
    # First of all, and once: a check that dies behind it is repeated, and finds it done.
    if _is_restored(database, hands.ledger):
        _look_for_age(hands.ledger)
        with transaction() as session:
            total.paused = restored.stand_still(session, at=now)
    for chain, end in hands.ledger.chains().items():
        with reading() as session:
            seen = sequence_seen(session, chain)
        done = Restored()
        for _, detail in hands.ledger.details(chain, after=seen):
            # First, because what is put back refers to people by the ids they have by now.
            if detail.erased is not None and detail.erased.way is Way.BLANK_CORRECTED:
                one = replace(detail, wishes=())
                _again(done, chain, one, hands=hands, now=now, fresh=True)
        for line, detail in hands.ledger.details(chain):
            done.lines += 1
            _again(done, chain, detail, hands=hands, now=now, fresh=line.sequence > seen)
        with transaction() as session:
            note_seen(session, Place(chain, end.sequence, end.hash))
            if done.rows or done.keys or done.wishes:
                receipt_notes.note(session, _receipt(chain, done, now=now))
        total.lines += done.lines
        total.rows += done.rows
        total.keys += done.keys
        total.wishes += done.wishes
    with transaction() as session:
        beats.catch_up(session, counted, at=now)
        waits = Organisation.kept_unconfirmed_since.is_not(None)
        total.waiting = session.scalars(
            select(Organisation.key).where(waits).order_by(Organisation.key)
        ).all()
    receipt_writing.write_out(ledger=hands.ledger, keyring=hands.keyring, now=now)
    return total


def _look_for_age(ledger: Ledger) -> None:
    """Raise TooOldError when something was deleted since the backup and nobody knows any more what.

    Of an organisation that is not in the backup there is nothing to delete.
    """
    with reading() as session:
        known = set(session.scalars(select(Organisation.id)))
        seen = {chain: sequence_seen(session, chain) for chain in ledger.chains()}
    for chain, sequence in sorted(seen.items()):
        if not known or chain not in {*known, HOUSE_CHAIN}:
            continue
        line = ledger.forgotten(chain, after=sequence)
        if line is not None:
            raise TooOldError(
                f"line {line.sequence} of chain {chain} in the ledger{_day(line)} tells of a "
                "deletion after this backup was made, and what was deleted is not known any more: "
                f"BACKUPS_KEPT is {ledger.kept.days} days, and a backup that is older is not put "
                "back. Put back one that was made later; until then nothing opens"
            )


def _day(line: Forgotten) -> str:
    return "" if line.written_at is None else f", of {line.written_at:%Y-%m-%d},"


def _is_restored(database: Database, ledger: Ledger) -> bool:
    try:
        restoration.check(database, ledger)
    except RestoredDatabaseError:
        return True
    return False


def _again(
    done: Restored, chain: UUID, detail: Detail, *, hands: Hands, now: datetime, fresh: bool
) -> None:
    if detail.erased is not None:
        with transaction() as session:
            erased = _whole(session, detail.erased)
        done.keys += erasing.destroy(erased, hands=hands)
        if fresh:
            with transaction() as session:
                if _there(session, erased):
                    gone = erasing.take_away(session, erased, organisation_id=chain, now=now)
                    done.rows += gone.gone
    if fresh:
        for wish in detail.wishes:
            told = _by_name(wishes.values_of(wish), hands=hands)
            with transaction() as session:
                done.wishes += put_back(session, wishes.TABLES[wish.table], told)


def _by_name(told: dict[str, Any], *, hands: Hands) -> dict[str, Any]:
    """The values under the names of today: an older line has the hashes of the time before."""
    owner, hashes = told.get("organisation_id"), {v for v in told.values() if isinstance(v, bytes)}
    if owner is None or not hashes:
        return told
    known = hands.keyring.names.known(owner, hashes)
    return {one: known.get(v, v) if isinstance(v, bytes) else v for one, v in told.items()}


def _whole(session: Session, erased: Erased) -> Erased:
    """With what hangs below the rows in this older database, too."""
    found = erasing.below(session, erasing.row_class(erased.table), erased.roots, erased.way)
    return replace(
        erased,
        items=tuple(sorted({*erased.items, *found.sealed_items})),
        files=tuple(sorted({*erased.files, *found.of(Recording)})),
    )


def _there(session: Session, erased: Erased) -> bool:
    column = Row.metadata.tables[erased.table].c.id
    return (
        session.scalars(select(column).where(column.in_(erased.roots)).limit(1)).first() is not None
    )


def _receipt(chain: UUID, done: Restored, *, now: datetime) -> Receipt:
    return Receipt(
        what=What.DELETED_AGAIN,
        happened_at=now,
        organisation_id=None if chain == HOUSE_CHAIN else chain,
        count=done.rows,
        keys=done.keys,
    )
