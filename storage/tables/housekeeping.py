"""What the house keeps about itself: periodic work, leases, purge runs, alarms."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.row import Identified, Row


class PeriodicJob(Row):
    """When a periodic job is due next, and how its last run went."""

    __tablename__ = "periodic_jobs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    next_at: Mapped[datetime]
    last_rung_at: Mapped[datetime | None] = mapped_column(default=None)
    last_done_at: Mapped[datetime | None] = mapped_column(default=None)


class Lease(Row):
    """Who does a thing that only one process may do, and until when."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime]


class PurgeRun(Identified, Row):
    """One run of the retention schedule: what it deleted, by organisation and class."""

    __tablename__ = "purge_runs"

    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # By which version of each organisation's schedule.
    policies: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Alarm(Identified, Row):
    """Something a person must look at; raised once per subject until cleared."""

    __tablename__ = "alarms"
    __table_args__ = (
        Index("ix_alarms_kind_subject", "kind", "subject"),
        Index(
            "ix_alarms_open",
            "id",
            sqlite_where=text("cleared_at IS NULL"),
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )

    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisations.id"), index=True, default=None
    )
    kind: Mapped[str] = mapped_column(String(60))
    # An opaque row id or provider sid, never anything personal.
    subject: Mapped[str] = mapped_column(String(160), default="")
    raised_at: Mapped[datetime]
    cleared_at: Mapped[datetime | None] = mapped_column(default=None)
    # Who said that they have seen it, where that is what ended it.
    seen_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), default=None)
