"""The tables of the ledger: chains of receipts, what is kept beside them for a while, intents."""

import hashlib
import json
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import BigInteger, LargeBinary, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.columns import Utc, enum_column
from storage.receipt_chain import is_signed
from storage.receipts import What, moment

SCHEMA = 1


class LedgerRow(DeclarativeBase):
    """The registry of the ledger's own database."""

    type_annotation_map = {datetime: Utc}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute


class AboutLedger(LedgerRow):
    """What this ledger is: its schema, and its signing key wrapped under a master key."""

    __tablename__ = "about_ledger"

    id: Mapped[int] = mapped_column(primary_key=True)
    schema: Mapped[int]
    signer: Mapped[bytes] = mapped_column(LargeBinary)
    master: Mapped[str] = mapped_column(String(16))


class Chain(LedgerRow):
    """Where a chain ends, and where it begins when its oldest lines have expired."""

    __tablename__ = "receipt_chains"

    chain: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    base: Mapped[int]
    base_hash: Mapped[str] = mapped_column(String(64))


class LineRow(LedgerRow):
    """One receipt, written once; the columns beside the body repeat it for searching."""

    __tablename__ = "receipts"

    chain: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID] = mapped_column(unique=True)
    what: Mapped[What] = enum_column(What)
    written_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(88))


class DetailRow(LedgerRow):
    """The ids that a line stands for, until no backup can hold them any more.

    The line holds the hash of salt and payload, so the chain stays whole when this row goes.
    """

    __tablename__ = "receipt_details"

    chain: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    salt: Mapped[str] = mapped_column(String(32))
    payload: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime] = mapped_column(index=True)


class BeatRow(LedgerRow):
    """How often the main database and the ledger counted together; a single row."""

    __tablename__ = "beats"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class IntentRow(LedgerRow):
    """A deletion that is about to happen; it becomes a line when it has."""

    __tablename__ = "receipt_intents"

    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    chain: Mapped[UUID]
    body: Mapped[str] = mapped_column(Text)
    signature: Mapped[str] = mapped_column(String(128))
    begun_at: Mapped[datetime]


def detail_hash(salt: str, payload: str) -> str:
    """What a line holds of its detail; without the salt nobody can guess ids against it."""
    return hashlib.sha256(f"{salt}\n{payload}".encode()).hexdigest()


def vouched_body(line: LineRow, key: Ed25519PublicKey) -> dict[str, Any] | None:
    """The content of a line that we signed and whose columns repeat it; None for any other."""
    if not is_signed(line.body, line.hash, line.signature, key):
        return None
    body = cast(dict[str, Any], json.loads(line.body))
    repeated = {
        "chain": str(line.chain),
        "sequence": line.sequence,
        "receipt": str(line.receipt_id),
        "what": line.what.value,
        "written_at": moment(line.written_at),
    }
    return body if all(body[name] == value for name, value in repeated.items()) else None
