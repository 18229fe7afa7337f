"""Writing receipts that are on their way into the ledger, as often as it takes.

Each step may be repeated: what is on its way is fixed first, the ledger takes a receipt once, the
keyring's marks and the main database's view of the chain only move on, and last the row goes.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from storage import keyring_marks
from storage.house import reading, transaction
from storage.keyring import Keyring
from storage.ledger import Ledger
from storage.ledger_writing import Place
from storage.receipts import Detail, Receipt, What, read_receipt
from storage.restoration import advance, sequence_seen, unaccounted
from storage.tables import PendingReceipt

log = logging.getLogger(__name__)

_BATCH: Final = 200
_MOST_MERGED: Final = 500
_MERGED: Final = frozenset({What.PROVIDER_CONFIRMED, What.WISH_NOTED})


def write_out(*, ledger: Ledger, keyring: Keyring, now: datetime) -> int:
    """Write all that is noted into the ledger; how many receipts. Safe to run twice, and at once.

    Raises RestoredDatabaseError when the ledger knows of more than this database does.
    """
    written = 0
    _settle()
    while True:
        with reading() as session:
            rows = session.scalars(
                select(PendingReceipt)
                .where(PendingReceipt.settled)
                .order_by(PendingReceipt.number)
                .limit(_BATCH)
            ).all()
        if not rows:
            return written
        # What is kept beside a line goes there as it is: of a batch it is a thousand ids.
        receipts = [_receipt(row, detail={}) for row in rows]
        # Before their line: some are noted with a change that cannot reach another database, and go
        # after its commit. They are gone already, unless that was cut off.
        keyring.destroy(
            UUID(item) for row in rows for item in row.detail.get("erased", {}).get("items", ())
        )
        places = ledger.append(
            receipts, at=now, details={row.receipt_id: row.detail for row in rows}
        )
        keyring_marks.follow(keyring, ledger, places)
        _seen(ledger, places, [row.receipt_id for row in rows])
        written += len(rows)


def _seen(ledger: Ledger, places: Sequence[Place], receipt_ids: Sequence[UUID]) -> None:
    last: dict[UUID, Place] = {}
    for place in sorted(places, key=lambda one: one.sequence):
        last[place.chain] = place
    # Asked before the transaction: no lock of ours waits for another database.
    with reading() as session:
        seen = {chain: sequence_seen(session, chain) for chain in last}
    between = {
        chain: unaccounted(ledger, chain, up_to=one.sequence, after=seen[chain])
        for chain, one in last.items()
    }
    with transaction() as session:
        for chain, place in sorted(last.items()):
            advance(session, place, between[chain], besides=receipt_ids)
        session.execute(
            delete(PendingReceipt).where(PendingReceipt.receipt_id.in_(list(receipt_ids)))
        )


def _receipt(row: PendingReceipt, *, detail: dict[str, Any] | None = None) -> Receipt:
    beside = row.detail if detail is None else detail
    return read_receipt(row.document, organisation_id=row.organisation_id, detail=beside)


def _settle() -> None:
    """Fix what is written next, with one receipt in place of many small ones of a kind.

    What is settled is never changed, so whoever writes it, and however often, writes the same.
    """
    with reading() as session:
        if session.scalars(_unsettled().limit(1)).first() is None:
            return
    with transaction() as session:
        rows = session.scalars(_unsettled().with_for_update()).all()
        groups: dict[tuple[object, ...], list[PendingReceipt]] = {}
        for row in rows:
            row.settled = True
            groups.setdefault(_alike(row), []).append(row)
        for alike in groups.values():
            for part in _parts(alike):
                _merge(session, part)


def _unsettled() -> Select[PendingReceipt]:
    wanted = select(PendingReceipt).where(PendingReceipt.settled.is_(False))
    return wanted.order_by(PendingReceipt.number)


def _alike(row: PendingReceipt) -> tuple[object, ...]:
    """What must be the same for two to become one; the row itself where each stands alone."""
    # The ids beside it are not looked at: of a batch they are many.
    if What(row.document["what"]) not in _MERGED:
        return (row.number,)
    one = _receipt(row)
    return one.organisation_id, one.what, one.data_class, one.kind, one.rule, one.proofs


def _parts(rows: Sequence[PendingReceipt]) -> Iterator[Sequence[PendingReceipt]]:
    for at in range(0, len(rows), _MOST_MERGED):
        yield rows[at : at + _MOST_MERGED]


def _merge(session: Session, rows: Sequence[PendingReceipt]) -> None:
    if len(rows) < 2:
        return
    receipts = [_receipt(row) for row in rows]
    merged = replace(
        receipts[0],
        count=sum(one.count for one in receipts),
        happened_at=max(one.happened_at for one in receipts),
        detail=Detail(wishes=tuple(wish for one in receipts for wish in one.detail.wishes)),
    )
    rows[0].document, rows[0].detail = merged.document(), merged.detail.document()
    for row in rows[1:]:
        session.delete(row)
