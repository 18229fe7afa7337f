"""What was handed out of one person's data to somebody outside: to whom, on which ground, when."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, hash_column, sealed_column
from storage.disclosure_words import DisclosureGround
from storage.tables.row import Identified, Row, owned


class Disclosure(Identified, Row):
    """One handing out; it outlives the person's erasure, under a keyed hash, to be told later."""

    __tablename__ = "disclosures"
    __table_args__ = (
        Index("ix_disclosures_organisation_id_subject_hash", "organisation_id", "subject_hash"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    # No foreign key: the customer may go before.
    customer_id: Mapped[UUID | None] = mapped_column(index=True, default=None)
    subject_hash: Mapped[bytes | None] = hash_column("request_log")
    receiver_sealed: Mapped[bytes | None] = sealed_column("request_log")
    ground: Mapped[DisclosureGround] = enum_column(DisclosureGround)
    # The classes of data that were in it.
    classes: Mapped[list[Any]] = mapped_column(default=list)
    disclosed_at: Mapped[datetime] = mapped_column(index=True)
    noted_at: Mapped[datetime]
