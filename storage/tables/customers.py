"""Customers and the contacts they had: whom we may ask, and about what."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, hash_column, sealed_column
from storage.states import AttemptMethod, InvitationState
from storage.tables.row import Identified, Row, owned


class Customer(Identified, Row):
    """A data subject of one organisation; everything about the person is sealed."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("organisation_id", "phone_hash"),
        Index("ix_customers_organisation_id_email_hash", "organisation_id", "email_hash"),
        # As for interactions.
        Index(
            "ix_customers_organisation_id_last_interaction_at",
            "organisation_id",
            "last_interaction_at",
        ),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    name_sealed: Mapped[bytes | None] = sealed_column("answers")
    phone_sealed: Mapped[bytes | None] = sealed_column("answers")
    phone_as_given_sealed: Mapped[bytes | None] = sealed_column("answers")
    email_sealed: Mapped[bytes | None] = sealed_column("answers")
    phone_hash: Mapped[bytes | None] = hash_column("answers")
    email_hash: Mapped[bytes | None] = hash_column("answers")
    locale: Mapped[str | None] = mapped_column(String(10), default=None)
    # Asked only with the leave of a guardian, given on that day.
    minor: Mapped[bool] = mapped_column(default=False)
    guardian_leave_on: Mapped[date | None] = mapped_column(default=None)
    # Whoever has been none for long is not called for marketing.
    customer_since: Mapped[date | None] = mapped_column(default=None)
    customer_until: Mapped[date | None] = mapped_column(default=None)
    # Where the number and the rest came from, in the operator's own words.
    source: Mapped[str | None] = mapped_column(String(80), default=None)
    created_at: Mapped[datetime]
    last_interaction_at: Mapped[datetime]
    erased_at: Mapped[datetime | None] = mapped_column(default=None)


class Interaction(Identified, Row):
    """One closed case or contact; the same case reference twice is one interaction."""

    __tablename__ = "interactions"
    __table_args__ = (
        UniqueConstraint("organisation_id", "case_hash"),
        # What is due of an organisation, the oldest first: without the organisation in front SQLite
        # reads all of its rows for each batch.
        Index("ix_interactions_organisation_id_created_at", "organisation_id", "created_at"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    # Both are empty once the contact log has let go of the contact.
    case_reference_sealed: Mapped[bytes | None] = sealed_column("contact_log")
    case_hash: Mapped[bytes | None] = hash_column("contact_log")
    channel: Mapped[str | None] = mapped_column(String(40), default=None)
    reason: Mapped[str | None] = mapped_column(String(120), default=None)
    team: Mapped[str | None] = mapped_column(String(80), default=None)
    happened_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Invitation(Identified, Row):
    """One customer asked once about one interaction in one campaign."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("campaign_id", "interaction_id"),
        # In the order in which a dialler takes them: claiming costs the same whatever waits.
        Index("ix_invitations_campaign_state_due", "campaign_id", "state", "due_at", "id"),
        Index("ix_invitations_state_due_at", "state", "due_at"),
        # The few who are texted next are found whatever waits for a call.
        Index(
            "ix_invitations_next_by_due_at",
            "next_by",
            "due_at",
            sqlite_where=text("next_by IS NOT NULL"),
            postgresql_where=text("next_by IS NOT NULL"),
        ),
        # Those whom an act may free, whatever waits for time to pass.
        Index(
            "ix_invitations_waits_for",
            "organisation_id",
            "waits_for",
            sqlite_where=text("waits_for IS NOT NULL"),
            postgresql_where=text("waits_for IS NOT NULL"),
        ),
    )

    organisation_id: Mapped[UUID] = owned()
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    interaction_id: Mapped[UUID] = mapped_column(ForeignKey("interactions.id"), index=True)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    # Set when somebody first hears the survey, so that later attempts ask the same questions.
    survey_version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("survey_versions.id"), default=None
    )
    state: Mapped[InvitationState] = enum_column(InvitationState, default=InvitationState.PLANNED)
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # How the person is tried next; None is by a call.
    next_by: Mapped[AttemptMethod | None] = enum_column(AttemptMethod, default=None)
    # The rule that put it off, where somebody's act must end that.
    waits_for: Mapped[str | None] = mapped_column(String(40), default=None)
    # Who ordered the next call in the console, and when; it counts for one attempt.
    started_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), default=None)
    started_at: Mapped[datetime | None] = mapped_column(default=None)
    created_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
