"""Recordings and their transcripts: the sound, sealed in a file; the words, sealed in a row."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import enum_column, sealed_column
from storage.states import RecordingState, TranscriptState
from storage.tables.row import Identified, Row, owned


class Recording(Identified, Row):
    """One recording of one caller; the sealed file's place and key follow from the id."""

    __tablename__ = "recordings"
    __table_args__ = (
        # One visit of a call records once, however often we are told.
        UniqueConstraint("call_id", "visit"),
        Index("ix_recordings_state_next_try_at", "state", "next_try_at"),
    )

    organisation_id: Mapped[UUID] = owned()
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"), index=True)
    comment_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("comments.id"), index=True, default=None
    )
    message_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("messages.id"), index=True, default=None
    )
    # The visit of the call's flow in which it was made: with the call, the same recording again.
    visit: Mapped[int]
    provider_sid: Mapped[str | None] = mapped_column(String(128), unique=True, default=None)
    language: Mapped[str] = mapped_column(String(10))
    state: Mapped[RecordingState] = enum_column(RecordingState, default=RecordingState.ANNOUNCED)
    # Said by the caller to be recorded again: to be dropped, not shown.
    superseded: Mapped[bool] = mapped_column(default=False)
    announced_seconds: Mapped[int | None] = mapped_column(default=None)
    seconds: Mapped[float | None] = mapped_column(default=None)
    sample_rate: Mapped[int | None] = mapped_column(default=None)
    # SHA-256 of the sealed bytes, never of the speech.
    sealed_sha256: Mapped[str | None] = mapped_column(String(64), default=None)
    peaks: Mapped[list[Any] | None] = mapped_column(default=None)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    error_code: Mapped[str | None] = mapped_column(String(40), default=None)
    recorded_at: Mapped[datetime] = mapped_column(index=True)
    stored_at: Mapped[datetime | None] = mapped_column(default=None)
    erased_at: Mapped[datetime | None] = mapped_column(default=None)


class Transcript(Identified, Row):
    """The machine's text of one recording; goes with the sound."""

    __tablename__ = "transcripts"
    __table_args__ = (Index("ix_transcripts_state_next_try_at", "state", "next_try_at"),)

    organisation_id: Mapped[UUID] = owned()
    recording_id: Mapped[UUID] = mapped_column(ForeignKey("recordings.id"), unique=True)
    state: Mapped[TranscriptState] = enum_column(TranscriptState, default=TranscriptState.WAITING)
    language: Mapped[str] = mapped_column(String(10))
    model: Mapped[str | None] = mapped_column(String(80), default=None)
    # JSON of words with start, end and confidence, sealed under the transcript's own key.
    words_sealed: Mapped[bytes | None] = sealed_column("free_comments")
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None] = mapped_column(default=None)
    lease_until: Mapped[datetime | None] = mapped_column(default=None)
    error_code: Mapped[str | None] = mapped_column(String(40), default=None)
    created_at: Mapped[datetime]
    # Somebody wrote what was really said over what the machine heard.
    corrected_at: Mapped[datetime | None] = mapped_column(default=None)
    done_at: Mapped[datetime | None] = mapped_column(default=None)
