"""Cases that staff work on, and holds that stop a deletion for a stated reason."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, column_property, mapped_column

from config.retention_rules import DataClass
from storage.columns import Utc, enum_column, hash_column, sealed_column
from storage.matters import CaseKind, CaseState, HoldScope
from storage.tables.row import Identified, Row, owned


class Case(Identified, Row):
    """A matter of one customer; its note outlives what it is about, so nothing is a foreign key."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_organisation_id_closed_at", "organisation_id", "closed_at"),
        Index("ix_cases_organisation_id_collected_at", "organisation_id", "collected_at"),
        Index("ix_cases_interaction_id", "interaction_id"),
        Index("ix_cases_customer_id", "customer_id"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    customer_id: Mapped[UUID]
    interaction_id: Mapped[UUID]
    kind: Mapped[CaseKind] = enum_column(CaseKind)
    state: Mapped[CaseState] = enum_column(CaseState, default=CaseState.OPEN)
    note_sealed: Mapped[bytes | None] = sealed_column("case_notes")
    opened_at: Mapped[datetime] = mapped_column()
    # When the answer that it is about was given, which may go before the case does.
    collected_at: Mapped[datetime] = mapped_column()
    reviewed_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    # Where the clock of its period starts, unless the schedule reckons from collection. A case that
    # nobody ever closes has one too.
    aged_from: Mapped[datetime] = column_property(func.coalesce(closed_at, opened_at, type_=Utc))


class Hold(Identified, Row):
    """A deletion stopped: what, why, on whose word, and when somebody looks at it again."""

    __tablename__ = "holds"
    __table_args__ = (
        Index("ix_holds_organisation_id_released_at", "organisation_id", "released_at"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    scope: Mapped[HoldScope] = enum_column(HoldScope)
    # Which of these is set follows from the scope; an item is one of the last three. No foreign
    # keys: a hold never stands in the way of a person's erasure by itself, privacy.keepers does.
    data_class: Mapped[DataClass | None] = enum_column(DataClass, default=None)
    customer_id: Mapped[UUID | None] = mapped_column(default=None)
    case_id: Mapped[UUID | None] = mapped_column(default=None)
    invitation_id: Mapped[UUID | None] = mapped_column(default=None)
    comment_id: Mapped[UUID | None] = mapped_column(default=None)
    call_id: Mapped[UUID | None] = mapped_column(default=None)
    # Of a person, what their messages and the like are known by: who they are may go before those.
    # Emptied when the hold ends.
    phone_hash: Mapped[bytes | None] = hash_column("request_log")
    email_hash: Mapped[bytes | None] = hash_column("request_log")
    reason_sealed: Mapped[bytes | None] = sealed_column("request_log")
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    review_at: Mapped[datetime]
    ends_at: Mapped[datetime | None] = mapped_column(default=None)
    made_at: Mapped[datetime]
    released_at: Mapped[datetime | None] = mapped_column(default=None)
