"""What a person, a register or the law says about being contacted; known by keyed hashes alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, hash_column
from storage.states import TextWord
from storage.tables.row import Identified, Row, owned


class Objection(Identified, Row):
    """A person's no, kept as a keyed hash so that it outlives the person's erasure."""

    __tablename__ = "objections"
    __table_args__ = (
        Index("ix_objections_organisation_id_subject_hash", "organisation_id", "subject_hash"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    subject_hash: Mapped[bytes | None] = hash_column("objections", outlives=True)
    method: Mapped[str] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(20))
    # Shared by the rows of one no, so that taking it back under the number takes it back under the
    # address too, also when nobody knows any more that they belong together.
    wish_id: Mapped[UUID | None] = mapped_column(index=True, default=None)
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), default=None)
    made_at: Mapped[datetime]
    withdrawn_source: Mapped[str | None] = mapped_column(String(20), default=None)
    withdrawn_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)


class Consent(Identified, Row):
    """A person's yes to being contacted in one way; like a no it is kept as a keyed hash."""

    __tablename__ = "consents"
    __table_args__ = (
        Index("ix_consents_organisation_id_subject_hash", "organisation_id", "subject_hash"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    subject_hash: Mapped[bytes | None] = hash_column("objections", outlives=True)
    method: Mapped[str] = mapped_column(String(20))
    # Where the yes was given, in the operator's own word: `web form`, `contract 2025`.
    source: Mapped[str] = mapped_column(String(120))
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_source: Mapped[str | None] = mapped_column(String(20), default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)


class Restriction(Identified, Row):
    """Processing of one person's data frozen: kept, but not shown, counted, contacted or purged.

    One of three says whose: a customer, the hash of somebody who only ever called, or one call of
    whom not even a number is known.
    """

    __tablename__ = "restrictions"

    organisation_id: Mapped[UUID] = owned()
    customer_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("customers.id"), index=True, default=None
    )
    subject_hash: Mapped[bytes | None] = hash_column("request_log", index=True)
    call_id: Mapped[UUID | None] = mapped_column(ForeignKey("calls.id"), index=True, default=None)
    # Why: accuracy or lawfulness is being checked, or the person needs it for a claim.
    cause: Mapped[str] = mapped_column(String(40))
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), default=None)
    made_at: Mapped[datetime]
    review_at: Mapped[datetime | None] = mapped_column(default=None)
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), default=None)
    lifted_at: Mapped[datetime | None] = mapped_column(default=None)


class RegisterResult(Identified, Row):
    """What an outside register said about a number on a day, and until when that counts."""

    __tablename__ = "register_results"
    __table_args__ = (
        UniqueConstraint("organisation_id", "register_key", "subject_hash"),
        Index("ix_register_results_expires_at", "expires_at"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    register_key: Mapped[str] = mapped_column(String(60))
    subject_hash: Mapped[bytes | None] = hash_column("throttle_tokens")
    listed: Mapped[bool]
    checked_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ThrottleToken(Identified, Row):
    """When a person was last asked by an organisation, over all its campaigns and channels."""

    __tablename__ = "throttle_tokens"
    __table_args__ = (
        UniqueConstraint("organisation_id", "subject_hash"),
        Index("ix_throttle_tokens_organisation_id_asked_at", "organisation_id", "asked_at"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    subject_hash: Mapped[bytes | None] = hash_column("throttle_tokens")
    # The invitation that asked: its own later attempts are not throttled by it. No foreign key,
    # because the token may outlive the case.
    invitation_id: Mapped[UUID]
    asked_at: Mapped[datetime]


class ReceivedText(Identified, Row):
    """A text message that reached one of our numbers; what it said is not kept."""

    __tablename__ = "received_texts"
    __table_args__ = (
        Index("ix_received_texts_organisation_id_subject_hash", "organisation_id", "subject_hash"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    # The provider tells of a message until we answer; its own name makes it one.
    provider_sid: Mapped[str] = mapped_column(String(128), unique=True)
    # For some days, so that a second STOP is not confirmed a second time.
    subject_hash: Mapped[bytes | None] = hash_column("objections")
    word: Mapped[TextWord] = enum_column(TextWord)
    answered: Mapped[bool] = mapped_column(default=False)
    received_at: Mapped[datetime] = mapped_column(index=True)
