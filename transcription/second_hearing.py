"""Recordings for whose language no model was there, taken up again once there is one.

It runs where the models are loaded: a transcriber takes up only what it can hear itself.
"""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import comments
from storage.house import house, reading, transaction, utc_now
from storage.jobs import job
from storage.periodic import mark_done
from storage.queue import JobName
from storage.states import RecordingState, TranscriptState
from storage.tables import Recording, Transcript
from transcription.jobs import WORKING, locked, preload

log = logging.getLogger(__name__)

# What was just spoken waits behind no more than this of what is old.
MOST_AT_ONCE: Final = 20
# A transcriber that was not restarted may say once more that it has no model; then this long not.
PAUSE: Final = timedelta(minutes=10)


@job
def sweep_audio_only() -> None:
    """Take up what is audio only and could be words here."""
    now = utc_now()
    take_up(preload(house().settings).languages, now=now)
    with transaction() as session:
        mark_done(session, JobName.SWEEP_AUDIO_ONLY, now=now)


def take_up(languages: Collection[str], *, now: datetime) -> int:
    """Have audio-only recordings in these languages transcribed, the newest first; how many."""
    with reading() as session:
        found = _waiting_for_a_model(session, languages, now=now)
    taken = 0
    for transcript_id in found:
        with transaction() as session:
            taken += _take_up(session, transcript_id, now=now)
    if taken:
        log.info("transcript.taken_up_again", extra={"count": taken})
    return taken


def _waiting_for_a_model(
    session: Session, languages: Collection[str], *, now: datetime
) -> list[UUID]:
    working = select(func.count()).where(Transcript.state.in_(WORKING))
    room = MOST_AT_ONCE - session.scalars(working).one()
    if room <= 0:
        return []
    wanted = (
        select(Transcript.id)
        .join(Recording, Recording.id == Transcript.recording_id)
        .where(
            Transcript.state == TranscriptState.AUDIO_ONLY,
            Transcript.language.in_(sorted(languages)),
            Transcript.done_at <= now - PAUSE,
            Recording.state == RecordingState.STORED,
        )
        .order_by(Transcript.done_at.desc(), Transcript.id)
        .limit(room)
    )
    return list(session.scalars(wanted))


def _take_up(session: Session, transcript_id: UUID, *, now: datetime) -> bool:
    transcript = locked(session, transcript_id)
    if transcript is None or transcript.state is not TranscriptState.AUDIO_ONLY:
        return False
    transcript.state, transcript.tries = TranscriptState.WAITING, 0
    transcript.next_try_at, transcript.done_at, transcript.error_code = now, None, None
    session.flush()
    recording = session.get_one(Recording, transcript.recording_id)
    if recording.comment_id is not None:
        comments.settle(session, recording.comment_id, at=now)
    house().bell.ring_after(session, JobName.TRANSCRIBE, transcript.id)
    return True
