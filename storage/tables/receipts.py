"""What the main database knows of the ledger: receipts on their way, and the lines it has seen."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.row import Row


class PendingReceipt(Row):
    """A receipt of something that happened in this very transaction, until the ledger has it."""

    __tablename__ = "pending_receipts"

    # In the order in which things happened to one and the same row.
    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(), primary_key=True
    )
    receipt_id: Mapped[UUID] = mapped_column(unique=True)
    # None: of no single organisation. No foreign key: a receipt outlives everything.
    organisation_id: Mapped[UUID | None] = mapped_column(default=None)
    document: Mapped[dict[str, Any]]
    detail: Mapped[dict[str, Any]]
    # On its way into the ledger: from now on it says what it says, however often it is tried.
    settled: Mapped[bool] = mapped_column(default=False)


class LedgerBeat(Row):
    """How often the house counted together with the ledger; behind it, the database was restored.

    A single row. Nothing need have been deleted since the backup for it to tell.
    """

    __tablename__ = "ledger_beats"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)
    counted_at: Mapped[datetime]


class LedgerHead(Row):
    """How far this database has seen a chain of the ledger; behind it, it was restored."""

    __tablename__ = "ledger_heads"

    # The organisation's id, or zero for the chain of the house.
    chain: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    mailed_at: Mapped[datetime | None] = mapped_column(default=None)
