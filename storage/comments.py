"""A spoken comment's state follows from its recordings, whatever order they come home in."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import alarms
from storage.states import CommentKind, CommentState, RecordingState, TranscriptState
from storage.tables import Comment, Recording, Transcript

_BY_TRANSCRIPT = {
    TranscriptState.DONE: CommentState.TRANSCRIBED,
    TranscriptState.AUDIO_ONLY: CommentState.AUDIO_ONLY,
    TranscriptState.FAILED: CommentState.TRANSCRIPTION_FAILED,
}
LOST: Final = "comment.lost"
"""The alarm: somebody spoke, and nothing is here."""


def settle(session: Session, comment_id: UUID, *, at: datetime) -> None:
    """Set the comment's state from its newest recording that is still wanted.

    Typed and erased comments are left alone. One that turns up ends the alarm that it was lost.
    """
    comment = session.get(Comment, comment_id)
    if (
        comment is None
        or comment.kind is not CommentKind.SPOKEN
        or comment.state is CommentState.ERASED
    ):
        return
    found = session.execute(
        select(Recording.state, Transcript.state)
        .outerjoin(Transcript, Transcript.recording_id == Recording.id)
        .where(Recording.comment_id == comment_id)
        .order_by(Recording.recorded_at.desc(), Recording.visit.desc())
    ).all()
    if found:
        was_lost = comment.state is CommentState.LOST
        comment.state = _state([(sound, words) for sound, words in found])
        session.flush()
        if was_lost and comment.state is not CommentState.LOST:
            alarms.clear(session, LOST, subject=str(comment.id), at=at)


def _state(found: list[tuple[RecordingState, TranscriptState | None]]) -> CommentState:
    wanted = [pair for pair in found if pair[0] is not RecordingState.DROPPED]
    if not wanted:
        return CommentState.EMPTY
    sound, words = wanted[0]
    if sound in (RecordingState.ANNOUNCED, RecordingState.READY):
        return CommentState.RECORDED
    if sound is RecordingState.FAILED:
        return CommentState.LOST
    if sound is RecordingState.ERASED:
        return CommentState.ERASED
    return (
        CommentState.AT_HOME if words is None else _BY_TRANSCRIPT.get(words, CommentState.AT_HOME)
    )
