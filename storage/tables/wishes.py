"""What a person, a register or the law says about being contacted; known by keyed hashes alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import hash_column
from storage.tables.row import Identified, Row, owned


class Consent(Identified, Row):
    """A person's yes to being contacted in one way; like a no it is kept as a keyed hash."""

    __tablename__ = "consents"
    __table_args__ = (
        Index("ix_consents_organisation_id_subject_hash", "organisation_id", "subject_hash"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    subject_hash: Mapped[bytes | None] = hash_column("objections")
    method: Mapped[str] = mapped_column(String(20))
    # Where the yes was given, in the operator's own word: `web form`, `contract 2025`.
    source: Mapped[str] = mapped_column(String(120))
    given_at: Mapped[datetime]
    expires_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)


class Restriction(Identified, Row):
    """Processing of one person's data frozen: kept, but not shown, counted, contacted or purged."""

    __tablename__ = "restrictions"

    organisation_id: Mapped[UUID] = owned()
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"), index=True)
    # Why: accuracy or lawfulness is being checked, or the person needs it for a claim.
    cause: Mapped[str] = mapped_column(String(40))
    made_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), default=None)
    made_at: Mapped[datetime]
    review_at: Mapped[datetime | None] = mapped_column(default=None)
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
    # because the token outlives the person's erasure.
    invitation_id: Mapped[UUID]
    asked_at: Mapped[datetime]
