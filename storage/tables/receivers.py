"""Who gets people's data from an organisation, since when and until when: companies, no persons."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.row import Identified, Row, owned


class Receiver(Identified, Row):
    """One entry of the organisation's list; a changed one is ended and followed by another."""

    __tablename__ = "receivers"
    __table_args__ = (
        Index("ix_receivers_organisation_id_ended_at", "organisation_id", "ended_at"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    work: Mapped[str] = mapped_column(String(400))
    gets: Mapped[str] = mapped_column(String(400))
    country: Mapped[str] = mapped_column(String(2))
    transfer: Mapped[str | None] = mapped_column(String(400), default=None)
    # By the name of the column what is told per language: who reads another one reads the column.
    in_languages: Mapped[dict[str, Any]] = mapped_column(default=dict)
    since: Mapped[date]
    # When a file with it was first applied; and one without it, or with other words about it.
    noted_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
