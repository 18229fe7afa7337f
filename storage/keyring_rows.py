"""The keyring's tables beside the keys: whose names stand in the rows, and what it has seen."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.columns import Utc


class KeyringRow(DeclarativeBase):
    """What the tables of the keyring have in common."""

    type_annotation_map = {datetime: Utc}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute


class LookupName(KeyringRow):
    """The name that stands for one number, address or case reference in the main database."""

    __tablename__ = "lookup_names"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it

    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)
    # The keyed hash of the value itself.
    found_by: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    name: Mapped[bytes] = mapped_column(LargeBinary(32))
    # The number of the seed that it was made from.
    seed: Mapped[int]
    # Since when no row bears it that goes with its person, and nobody looked it up.
    rests_since: Mapped[datetime | None] = mapped_column(default=None)
    # While a no gets another name: the one to come, then the one before.
    next_name: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    name_before: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None)
    renamed_at: Mapped[datetime | None] = mapped_column(default=None)


class LookupSeed(KeyringRow):
    """What names are made from until the next backup of the keyring."""

    __tablename__ = "lookup_seed"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    seed: Mapped[bytes] = mapped_column(LargeBinary(32))
    made_at: Mapped[datetime]


class LedgerMark(KeyringRow):
    """Up to which line of a chain of the ledger every key that it names is destroyed here."""

    __tablename__ = "ledger_marks"

    chain: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int]
