"""Calls: the decision that allowed them, the attempt to place them, and what happened in them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, hash_column, sealed_column
from storage.states import (
    AttemptMethod,
    AttemptState,
    CallState,
    Disposition,
    ProviderCopyState,
    Verdict,
)
from storage.tables.row import Identified, Row, owned


class PermissionDecision(Identified, Row):
    """Whether a person might be contacted, by which rule, and from what facts; never changed."""

    __tablename__ = "permission_decisions"

    organisation_id: Mapped[UUID] = owned()
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), index=True)
    method: Mapped[str] = mapped_column(String(20))
    allowed: Mapped[bool]
    rule: Mapped[str] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]]
    next_allowed_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_at: Mapped[datetime]


class Attempt(Identified, Row):
    """One call placed for an invitation; committed as PLACING before the provider is asked."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("invitation_id", "number"),
        Index("ix_attempts_state_placing_at", "state", "placing_at"),
        # How many calls a line carries is asked before each of them, however many it ever placed.
        Index("ix_attempts_line_id_state", "line_id", "state"),
    )

    organisation_id: Mapped[UUID] = owned()
    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"))
    decision_id: Mapped[UUID] = mapped_column(ForeignKey("permission_decisions.id"), unique=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("lines.id"))
    number: Mapped[int]
    method: Mapped[AttemptMethod] = enum_column(AttemptMethod, default=AttemptMethod.CALL)
    state: Mapped[AttemptState] = enum_column(AttemptState, default=AttemptState.PLACING)
    disposition: Mapped[Disposition | None] = enum_column(Disposition, default=None)
    error_code: Mapped[str | None] = mapped_column(String(40), default=None)
    answered_by: Mapped[str | None] = mapped_column(String(30), default=None)
    # What it counts for against the ceiling of money, in millionths of the campaign's currency:
    # the highest price while it is under way, the real one when that is known.
    cost_micros: Mapped[int] = mapped_column(BigInteger, default=0)
    placing_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class Call(Identified, Row):
    """A telephone call, outbound or inbound; `flow` is where the conversation stands."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_state_started_at", "state", "started_at"),
        # Those of people who called us; all other calls have none.
        Index(
            "ix_calls_organisation_id_caller_hash",
            "organisation_id",
            "caller_hash",
            sqlite_where=text("caller_hash IS NOT NULL"),
            postgresql_where=text("caller_hash IS NOT NULL"),
        ),
    )

    organisation_id: Mapped[UUID] = owned()
    attempt_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("attempts.id"), unique=True, default=None
    )
    mailbox_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("mailboxes.id"), index=True, default=None
    )
    # Of a call that speaks a code which proves a request.
    code_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("identity_codes.id"), unique=True, default=None
    )
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("lines.id"), default=None)
    survey_version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("survey_versions.id"), default=None
    )
    token: Mapped[str] = mapped_column(String(64), unique=True)
    provider_sid: Mapped[str | None] = mapped_column(String(128), unique=True, default=None)
    state: Mapped[CallState] = enum_column(CallState, default=CallState.NEW)
    flow: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    # Only of people who call us: the number they showed, for the message they leave.
    caller_sealed: Mapped[bytes | None] = sealed_column("telephone_messages")
    caller_hash: Mapped[bytes | None] = hash_column("telephone_messages")
    started_at: Mapped[datetime]
    answered_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    seconds: Mapped[int | None] = mapped_column(default=None)


class CallEvent(Identified, Row):
    """One thing the provider told us or a caller did, without anything personal."""

    __tablename__ = "call_events"
    __table_args__ = (UniqueConstraint("call_id", "dedup_key"),)

    organisation_id: Mapped[UUID] = owned()
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"))
    kind: Mapped[str] = mapped_column(String(30))
    # The provider's own idea of "the same event again"; see ivr.events.
    dedup_key: Mapped[str] = mapped_column(String(160))
    verdict: Mapped[Verdict] = enum_column(Verdict, default=Verdict.APPLIED)
    facts: Mapped[dict[str, Any]]
    happened_at: Mapped[datetime] = mapped_column(index=True)


class ProviderCopy(Identified, Row):
    """Something of ours that lies at the provider and must be deleted there."""

    __tablename__ = "provider_copies"
    __table_args__ = (
        UniqueConstraint("kind", "provider_sid"),
        Index("ix_provider_copies_state_delete_at", "state", "delete_at"),
    )

    organisation_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("organisations.id"), index=True, default=None
    )
    kind: Mapped[str] = mapped_column(String(20))  # recording, call, message
    provider_sid: Mapped[str] = mapped_column(String(128))
    # Where it lies, as `storage.provider.account_of` has it: nobody else knows that name.
    account: Mapped[str | None] = mapped_column(String(160), default=None)
    # Deleted first at the provider when it hangs below another thing (recordings below a call).
    call_sid: Mapped[str | None] = mapped_column(String(128), default=None)
    state: Mapped[ProviderCopyState] = enum_column(
        ProviderCopyState, default=ProviderCopyState.PRESENT
    )
    # None: still needed there. Otherwise not to be deleted before this moment.
    delete_at: Mapped[datetime | None] = mapped_column(default=None)
    tries: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    first_refused_at: Mapped[datetime | None] = mapped_column(default=None)
    gone_at: Mapped[datetime | None] = mapped_column(default=None)
    # Times and HTTP statuses of the steps that showed it gone.
    proof: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
