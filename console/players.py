"""What a player needs to know of a recording before a single byte of it is fetched."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from console import waves
from console.visitor import Visitor
from storage.listening_words import Act
from storage.states import RecordingState
from storage.tables import Listening, Recording


@dataclass(frozen=True, slots=True)
class Player:
    """A recording that can be played; `heard` tells whether anybody has listened to it."""

    recording_id: UUID
    seconds: float
    wave: str
    heard: bool


def player(recording: Recording | None, heard: frozenset[UUID]) -> Player | None:
    """The player of a recording; None when there is nothing to play."""
    if recording is None or recording.superseded or recording.state is not RecordingState.STORED:
        return None
    return Player(
        recording_id=recording.id,
        seconds=recording.seconds or recording.announced_seconds or 0,
        wave=waves.path(recording.peaks),
        heard=recording.id in heard,
    )


def heard(session: Session, visitor: Visitor, recordings: Iterable[UUID]) -> frozenset[UUID]:
    """Which of the recordings somebody has listened to."""
    found = select(Listening.item_id).where(
        Listening.item_id.in_(list(recordings)),
        Listening.act == Act.HEARD,
        Listening.user_id.is_not(None),  # the person themself, with a receipt code
        visitor.sees(Listening),
    )
    return frozenset(session.scalars(found.distinct()))


def current(recordings: Iterable[Recording]) -> dict[UUID, Recording]:
    """By comment or message: the recording that counts, which is the last one still wanted.

    One that was dropped counts only where there is no other.
    """
    found: dict[UUID, Recording] = {}
    for recording in sorted(recordings, key=_wanted):
        owner = recording.comment_id or recording.message_id
        if owner is not None and not recording.superseded:
            found[owner] = recording
    return found


def _wanted(recording: Recording) -> tuple[bool, datetime, int]:
    kept = recording.state is not RecordingState.DROPPED
    return kept, recording.recorded_at, recording.visit
