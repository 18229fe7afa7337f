"""The jobs of transcription: a recording that came home becomes words, or stays audio only.

The row is claimed before any work, and each claim counts: a file that twice kills its worker or
outruns its time ends as FAILED with its sound kept, and never stands in the way of others.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.settings import Settings
from storage import alarms, comments, recordings, sealing
from storage.faults import GiveUp, TryAgain
from storage.house import house, reading, transaction, utc_now
from storage.jobs import job
from storage.keyring import KeyDestroyedError
from storage.periodic import mark_done
from storage.queue import JobName
from storage.states import TranscriptState
from storage.tables import Recording, Transcript
from transcription.catalogue import find_models
from transcription.hearing import hear
from transcription.recognition import NoModel, Recognised, Recogniser

log = logging.getLogger(__name__)

ALARM: Final = "transcript.failed"
MOST_TRIES: Final = 2
# Longer than the job may run and its worker waits before it kills the child.
LEASE: Final = timedelta(minutes=17)
MOST_RINGS: Final = 500
PATIENCE: Final = timedelta(days=1)
_AFTER_FAULT: Final = timedelta(seconds=30)
WORKING: Final = (TranscriptState.WAITING, TranscriptState.RUNNING)
_loaded: list[Recogniser] = []


@dataclass(frozen=True, slots=True)
class _Claim:
    transcript_id: UUID
    recording_id: UUID
    language: str
    created_at: datetime
    lease_until: datetime


def preload(settings: Settings) -> Recogniser:
    """Load every installed model, once per process; a worker does so before it forks."""
    if not _loaded:
        _loaded.append(Recogniser.from_catalogue(find_models(settings.vosk_models_dir)))
    return _loaded[0]


@job
def transcribe(transcript_id: UUID) -> None:
    """Turn one recording into words."""
    run(transcript_id, recogniser=preload(house().settings), now=utc_now())


@job
def sweep_transcripts() -> None:
    """Ring again for transcripts that nobody works on."""
    now = utc_now()
    sweep(now=now)
    with transaction() as session:
        mark_done(session, JobName.SWEEP_TRANSCRIPTS, now=now)


def run(transcript_id: UUID, *, recogniser: Recogniser, now: datetime) -> TranscriptState | None:
    """Transcribe the recording of that row; its state afterwards, None when there is none.

    Raises whatever broke the work unexpectedly, after the row was made ready for its last try.
    """
    claim = _claim(transcript_id, now=now)
    if not isinstance(claim, _Claim):
        return claim
    try:
        heard = _listen(claim, recogniser=recogniser)
    except NoModel:
        return _settle(claim, TranscriptState.AUDIO_ONLY, code="no_model", now=now)
    except TryAgain as fault:
        # Our store is away, which says nothing about this recording: the try does not count.
        return _again(claim, code=fault.code, counted=False, now=now)
    except FileNotFoundError:
        # A store that is not mounted looks like this; a file that is lost stays lost for a day.
        if now - claim.created_at < PATIENCE:
            return _again(claim, code="file_missing", counted=False, now=now)
        return _settle(claim, TranscriptState.FAILED, code="file_missing", now=now)
    except (GiveUp, KeyDestroyedError, sealing.BrokenSealError) as fault:
        code = getattr(fault, "code", None) or type(fault).__name__
        return _settle(claim, TranscriptState.FAILED, code=code, now=now)
    except Exception as error:
        _again(claim, code=type(error).__name__, counted=True, now=now)
        raise
    return _settle(claim, TranscriptState.DONE, heard=heard, now=now)


def sweep(*, now: datetime) -> int:
    """Ring for every transcript that is due and in nobody's hands; how many."""
    wanted = (
        select(Transcript.id)
        .where(
            Transcript.state.in_(WORKING),
            or_(Transcript.next_try_at.is_(None), Transcript.next_try_at <= now),
            or_(Transcript.lease_until.is_(None), Transcript.lease_until <= now),
        )
        .order_by(Transcript.next_try_at, Transcript.id)
        .limit(MOST_RINGS)
    )
    with reading() as session:
        due = session.scalars(wanted).all()
    for rung, transcript_id in enumerate(due):
        if not house().bell.ring(JobName.TRANSCRIBE, transcript_id):
            return rung
    return len(due)


def _claim(transcript_id: UUID, *, now: datetime) -> _Claim | TranscriptState | None:
    with transaction() as session:
        transcript = locked(session, transcript_id)
        if transcript is None:
            return None
        early = transcript.next_try_at is not None and transcript.next_try_at > now
        held = transcript.lease_until is not None and transcript.lease_until > now
        if transcript.state not in WORKING or early or held:
            return transcript.state
        if transcript.tries >= MOST_TRIES:
            # Nobody lived to tell what went wrong, twice.
            code = transcript.error_code or "worker_died"
            return _end(session, transcript, TranscriptState.FAILED, code=code, now=now)
        transcript.state = TranscriptState.RUNNING
        transcript.tries += 1
        transcript.lease_until = now + LEASE
        return _Claim(
            transcript_id=transcript.id,
            recording_id=transcript.recording_id,
            language=transcript.language,
            created_at=transcript.created_at,
            lease_until=transcript.lease_until,
        )


def _listen(claim: _Claim, *, recogniser: Recogniser) -> Recognised:
    item = claim.recording_id
    # Before anything is read, so that a language without a model costs nothing.
    recogniser.rate_for(claim.language)
    sealed = house().blobs.get(item)
    plain = sealing.unseal_file(
        house().keyring.key(item), sealed, item=item, kind="recording.audio"
    )
    return hear(plain, language=claim.language, recogniser=recogniser)


def _settle(
    claim: _Claim,
    state: TranscriptState,
    *,
    heard: Recognised | None = None,
    code: str | None = None,
    now: datetime,
) -> TranscriptState:
    keyring = house().keyring
    sealed = None
    if heard is not None:
        words = [[word.text, word.start, word.end, word.confidence] for word in heard.words]
        sealed = keyring.seal_one(claim.transcript_id, "transcript.words", json.dumps(words))
    with transaction() as session:
        transcript = locked(session, claim.transcript_id)
        if transcript is not None and transcript.lease_until == claim.lease_until:
            transcript.words_sealed = sealed
            transcript.model = None if heard is None else heard.model[:80]
            return _end(session, transcript, state, code=code, now=now)
        gone = transcript is None or transcript.state is TranscriptState.ERASED
    if gone and sealed is not None:
        # Erased while we were listening: what we heard must not stay openable.
        keyring.destroy([claim.transcript_id])
    return TranscriptState.ERASED if transcript is None else transcript.state


def _again(claim: _Claim, *, code: str | None, counted: bool, now: datetime) -> TranscriptState:
    with transaction() as session:
        transcript = locked(session, claim.transcript_id)
        if transcript is None:
            return TranscriptState.ERASED
        if transcript.lease_until != claim.lease_until:
            return transcript.state
        transcript.error_code = (code or "unknown")[:40]
        transcript.lease_until, transcript.next_try_at = None, now + _AFTER_FAULT
        transcript.state = TranscriptState.WAITING
        if not counted:
            transcript.tries -= 1
        elif transcript.tries >= MOST_TRIES:
            _end(session, transcript, TranscriptState.FAILED, code=code, now=now)
        return transcript.state


def _end(
    session: Session,
    transcript: Transcript,
    state: TranscriptState,
    *,
    code: str | None,
    now: datetime,
) -> TranscriptState:
    transcript.state, transcript.done_at = state, now
    transcript.error_code = None if code is None else code[:40]
    transcript.lease_until = transcript.next_try_at = None
    session.flush()
    recording = session.get_one(Recording, transcript.recording_id)
    if recording.comment_id is not None:
        comments.settle(session, recording.comment_id, at=now)
    if state is TranscriptState.FAILED:
        alarms.sound(
            session,
            ALARM,
            subject=str(transcript.id),
            organisation_id=transcript.organisation_id,
            at=now,
        )
    log.info("transcript.ended", extra={"transcript_id": str(transcript.id), "state": state})
    return state


def locked(session: Session, transcript_id: UUID) -> Transcript | None:
    """The transcript, locked after its call and recording as everywhere."""
    recording_id = session.scalar(
        select(Transcript.recording_id).where(Transcript.id == transcript_id)
    )
    if recording_id is None:
        return None
    recordings.lock(session, recording_id)
    wanted = select(Transcript).where(Transcript.id == transcript_id).with_for_update()
    return session.scalars(wanted).one_or_none()
