"""The book of exports: every file of people's data that a command wrote, until it is gone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, sealed_column
from storage.export_words import ExportEnd, ExportKind, ExportPlace, ExportReason
from storage.tables.row import Identified, Row, owned


class Export(Identified, Row):
    """One file: what is in it, why it was made, where it lies and until when it may.

    Noted before the first byte is written, so that none is left that nobody knows of.
    """

    __tablename__ = "exports"
    __table_args__ = (
        Index("ix_exports_organisation_id_closed_at", "organisation_id", "closed_at"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    kind: Mapped[ExportKind] = enum_column(ExportKind)
    reason: Mapped[ExportReason] = enum_column(ExportReason)
    place: Mapped[ExportPlace] = enum_column(ExportPlace)
    # Which folder of exports, by the random mark that lies in it: several machines may have one.
    folder: Mapped[str] = mapped_column(String(40))
    # The path as the operator gave it; None in our own folder, where the row's id is the name.
    path_sealed: Mapped[bytes | None] = sealed_column("exports")
    suffix: Mapped[str] = mapped_column(String(10))
    # Of the whole file, once it is whole.
    sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    lines: Mapped[int | None] = mapped_column(default=None)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    ended: Mapped[ExportEnd | None] = enum_column(ExportEnd, default=None)
