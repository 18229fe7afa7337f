"""Writing one line at the end of a chain, inside a transaction of the ledger."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage import receipt_signing
from storage.ledger_rows import Chain, DetailRow, IntentRow, LineRow, detail_hash
from storage.receipt_chain import GENESIS, canonical
from storage.receipts import HOUSE_CHAIN, Receipt, moment, read_receipt


@dataclass(frozen=True, slots=True)
class Place:
    """Where a receipt stands."""

    chain: UUID
    sequence: int
    hash: str


def locked_chain(session: Session, chain: UUID) -> Chain:
    """The end of a chain, held by this transaction; two who begin a chain at once make one."""
    fresh = {"chain": chain, "sequence": 0, "hash": GENESIS, "base": 0, "base_hash": GENESIS}
    dialect = session.connection().dialect.name
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    session.execute(insert(Chain).values(fresh).on_conflict_do_nothing())
    return session.scalars(select(Chain).where(Chain.chain == chain).with_for_update()).one()


def write_line(
    session: Session,
    row: Chain,
    receipt: Receipt,
    *,
    key: Ed25519PrivateKey,
    kept: timedelta,
    at: datetime,
    extra: dict[str, Any] | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Place:
    """Write the receipt after the last line, once; its intent ends and leaves its ids beside it.

    `detail` is the receipt's own as a document, where that is at hand: of a batch it is long.
    """
    known = session.scalars(select(LineRow).where(LineRow.receipt_id == receipt.id)).one_or_none()
    if known is not None:
        return Place(known.chain, known.sequence, known.hash)
    intent = session.get(IntentRow, receipt.id)
    if intent is not None:
        detail = json.loads(intent.body)["detail"]
    payload = canonical(receipt.detail.document() if detail is None else detail)
    salt = secrets.token_hex(16)
    until = at + kept
    body = canonical(
        {
            **receipt.document(),
            "chain": str(row.chain),
            "sequence": row.sequence + 1,
            "previous": row.hash,
            "written_at": moment(at),
            "detail": None if payload == "{}" else detail_hash(salt, payload),
            "detail_until": None if payload == "{}" else moment(until),
            **(extra or {}),
        }
    )
    line = receipt_signing.signed(body, key)
    row.sequence, row.hash = row.sequence + 1, line.hash
    session.add(
        LineRow(
            chain=row.chain,
            sequence=row.sequence,
            receipt_id=receipt.id,
            what=receipt.what,
            written_at=at,
            body=line.body,
            hash=line.hash,
            signature=line.signature,
        )
    )
    if payload != "{}":
        session.add(
            DetailRow(
                chain=row.chain, sequence=row.sequence, salt=salt, payload=payload, until=until
            )
        )
    if intent is not None:
        session.delete(intent)
    session.flush()
    return Place(row.chain, row.sequence, row.hash)


def intended(row: IntentRow) -> Receipt:
    """The receipt that an intent will become, with the ids it names."""
    document = json.loads(row.body)
    return read_receipt(
        document,
        organisation_id=None if row.chain == HOUSE_CHAIN else row.chain,
        detail=document["detail"],
    )
