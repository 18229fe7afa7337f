"""What people ask us to do with their data, until when, and what makes sure who asks."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import code_column, enum_column, hash_column, sealed_column
from storage.request_states import (
    ExtensionReason,
    Ground,
    Outcome,
    ProofWay,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.states import AttemptMethod
from storage.tables.row import Identified, Row, owned


class RightsRequest(Identified, Row):
    """One person's request about their data.

    Once the person has been told the answer it holds nothing of the person themself any more.
    """

    __tablename__ = "rights_requests"
    __table_args__ = (
        UniqueConstraint("organisation_id", "reference"),
        Index("ix_rights_requests_state_due_at", "state", "due_at"),
        Index("ix_rights_requests_organisation_id_subject_hash", "organisation_id", "subject_hash"),
    )

    organisation_id: Mapped[UUID] = owned(index=False)
    # No foreign key: that the person asked must still be shown after they were erased.
    customer_id: Mapped[UUID | None] = mapped_column(index=True, default=None)
    kind: Mapped[RequestKind] = enum_column(RequestKind)
    channel: Mapped[RequestChannel] = enum_column(RequestChannel)
    state: Mapped[RequestState] = enum_column(RequestState, default=RequestState.RECEIVED)
    # Eight digits that can be said on the telephone; they open nothing.
    reference: Mapped[str] = mapped_column(String(20))
    # The number or address that the person named, until they have their answer.
    subject_hash: Mapped[bytes | None] = hash_column("request_log")
    contact_sealed: Mapped[bytes | None] = sealed_column("request_log")
    # What it is about and why, as they put it, until they have their answer.
    about_sealed: Mapped[bytes | None] = sealed_column("request_log")
    # In which language they are answered.
    language: Mapped[str | None] = mapped_column(String(10), default=None)
    # By which way they want the code that proves it; None is by mail.
    code_by: Mapped[AttemptMethod | None] = enum_column(AttemptMethod, default=None)
    # The request that this one takes up again. No foreign key: the older one goes first.
    repeats_id: Mapped[UUID | None] = mapped_column(default=None)
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    extension: Mapped[ExtensionReason | None] = enum_column(ExtensionReason, default=None)
    extended_at: Mapped[datetime | None] = mapped_column(default=None)
    extension_told_at: Mapped[datetime | None] = mapped_column(default=None)
    proof: Mapped[ProofWay | None] = enum_column(ProofWay, default=None)
    proven_at: Mapped[datetime | None] = mapped_column(default=None)
    outcome: Mapped[Outcome | None] = enum_column(Outcome, default=None)
    ground: Mapped[Ground | None] = enum_column(Ground, default=None)
    # The user who decided; None for a command. No foreign key, as accounts go before this log.
    decided_by: Mapped[UUID | None] = mapped_column(default=None)
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
    # When the person took their package, the last time.
    fetched_at: Mapped[datetime | None] = mapped_column(default=None)
    closed_at: Mapped[datetime | None] = mapped_column(default=None)
    # Of a correction: the exports by id with what is in them, whose receivers were to be told.
    passed_on: Mapped[list[Any] | None] = mapped_column(default=None)
    # Of what is granted in part: what it leaves out, by kind, id and moment; told, by kind alone.
    left_out: Mapped[list[Any] | None] = mapped_column(default=None)


class ReceiptCode(Identified, Row):
    """The code that opens one response to whoever gave it; only its hash is kept."""

    __tablename__ = "receipt_codes"
    __table_args__ = (UniqueConstraint("organisation_id", "code_hash"),)

    organisation_id: Mapped[UUID] = owned(index=False)
    response_id: Mapped[UUID] = mapped_column(ForeignKey("responses.id"), unique=True)
    code_hash: Mapped[bytes | None] = code_column("answers")
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    # When it was told that the code comes by text instead of being spoken; None for a spoken one.
    by_text_at: Mapped[datetime | None] = mapped_column(default=None)
    # When the text is asked for next; None when there is none to send any more.
    text_due_at: Mapped[datetime | None] = mapped_column(index=True, default=None)
    # The person asked for the answer to be deleted, and it is not gone yet.
    erase_asked_at: Mapped[datetime | None] = mapped_column(index=True, default=None)


class IdentityCode(Identified, Row):
    """A code that was sent to a person to prove that a request is theirs; only its hash is kept."""

    __tablename__ = "identity_codes"

    organisation_id: Mapped[UUID] = owned()
    request_id: Mapped[UUID] = mapped_column(ForeignKey("rights_requests.id"), index=True)
    code_hash: Mapped[bytes | None] = code_column("request_log")
    method: Mapped[str] = mapped_column(String(20))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # Wrong codes that were keyed in; after a few the code is worth nothing.
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None] = mapped_column(default=None)
