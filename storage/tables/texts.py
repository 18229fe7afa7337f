"""Text messages that we send: to somebody who was not reached, or with a code of theirs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, sealed_column
from storage.states import TextState
from storage.tables.row import Identified, Row, owned


class SentText(Identified, Row):
    """One text message of ours; committed as ASKING before the provider is asked to send it.

    It belongs to an attempt, to a code that proves a request or to one that opens an answer, and
    goes with it.
    """

    __tablename__ = "sent_texts"
    __table_args__ = (Index("ix_sent_texts_state_asked_at", "state", "asked_at"),)

    organisation_id: Mapped[UUID] = owned()
    attempt_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("attempts.id"), unique=True, default=None
    )
    code_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("identity_codes.id"), unique=True, default=None
    )
    # Not unique: a text of which it is known that nobody got it is followed by another.
    receipt_code_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("receipt_codes.id"), index=True, default=None
    )
    line_id: Mapped[UUID] = mapped_column(ForeignKey("lines.id"))
    token: Mapped[str] = mapped_column(String(64), unique=True)
    provider_sid: Mapped[str | None] = mapped_column(String(128), unique=True, default=None)
    state: Mapped[TextState] = enum_column(TextState, default=TextState.ASKING)
    # What it says; of a code nothing, because the code is kept nowhere.
    body_sealed: Mapped[bytes | None] = sealed_column("answers")
    # Which wording the person got: of a campaign the version of its survey, which holds its texts
    # and is never changed; of any other text the fingerprint of its words before they were filled.
    survey_version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("survey_versions.id"), default=None
    )
    wording: Mapped[str | None] = mapped_column(String(64), default=None)
    # In how many parts it is sent and paid.
    parts: Mapped[int]
    error_code: Mapped[str | None] = mapped_column(String(40), default=None)
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
