"""The rows of recordings on their way home: claimed by one run at a time, then settled.

Each function is one short transaction that locks the call and then the recording.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from storage import alarms, provider_copies, receipt_notes, recordings
from storage.faults import TryAgain
from storage.house import house, reading, transaction
from storage.identity import new_id
from storage.provider_copies import CopyKind
from storage.queue import JobName
from storage.receipts import Detail, Erased, Receipt, Way, What
from storage.states import RecordingState, TranscriptState
from storage.tables import Call, Recording, Transcript
from voicemail.inspection import Sound

log = logging.getLogger(__name__)

# Longer than a job may run, so that nobody else works on the row while this run may be alive.
LEASE: Final = timedelta(minutes=5)
# A failed recording is tried once a day for this long: the fault may have been the provider's.
REVIVED_FOR: Final = timedelta(days=14)
STORE_ALARM: Final = "recordings.store_refuses"
_WAITS: Final = (1, 2, 4, 8, 16, 30, 60, 120, 300, 600, 1_800)
_LONGEST_WAIT: Final = timedelta(hours=1)
_ON_THE_WAY: Final = frozenset({RecordingState.ANNOUNCED, RecordingState.READY})


@dataclass(frozen=True, slots=True)
class Claim:
    """A recording whose row this run holds until its lease ends."""

    recording_id: UUID
    state: RecordingState
    provider_sid: str | None
    call_sid: str | None
    announced_seconds: int | None
    recorded_at: datetime
    tries: int


def claim(session: Session, recording: Recording, *, now: datetime) -> Claim | None:
    """Hold the locked row until the lease ends; None when there is nothing to do, or not yet."""
    too_early = recording.next_try_at is not None and recording.next_try_at > now
    held = recording.lease_until is not None and recording.lease_until > now
    if recording.state not in _ON_THE_WAY or too_early or held:
        return None
    recording.lease_until = now + LEASE
    recording.tries += 1
    session.flush()
    return _as_claim(session, recording)


def claimed(recording_id: UUID) -> Claim:
    """The claim of this run as the row stands now."""
    with reading() as session:
        return _as_claim(session, session.get_one(Recording, recording_id))


def _as_claim(session: Session, recording: Recording) -> Claim:
    call_sid = session.scalar(select(Call.provider_sid).where(Call.id == recording.call_id))
    return Claim(
        recording_id=recording.id,
        state=recording.state,
        provider_sid=recording.provider_sid,
        call_sid=call_sid,
        announced_seconds=recording.announced_seconds,
        recorded_at=recording.recorded_at,
        tries=recording.tries,
    )


def stored(recording_id: UUID, sound: Sound, *, digest: str, now: datetime) -> RecordingState:
    """Note that our sealed copy was read back, ask for its transcript, let the provider's copy go.

    Any state but STORED says that nobody wants the copy any more.
    """
    with transaction() as session:
        recording = recordings.lock(session, recording_id)
        if recording is None:
            return RecordingState.ERASED
        recording.lease_until = None
        if recording.state is RecordingState.STORED:
            # A run whose lease had ended was alive after all; the file there now is this one's.
            recording.sealed_sha256 = digest
        if recording.state is not RecordingState.READY:
            return recording.state
        recording.state = RecordingState.STORED
        recording.stored_at, recording.seconds = now, sound.seconds
        recording.sample_rate, recording.peaks = sound.sample_rate, list(sound.peaks)
        recording.sealed_sha256 = digest
        recording.next_try_at = recording.error_code = None
        _ask_for_words(session, recording, now=now)
        if recording.provider_sid is not None:
            provider_copies.let_go(session, CopyKind.RECORDING, recording.provider_sid, at=now)
        recordings.settle(session, recording, at=now)
        alarms.clear(session, recordings.FAILED_ALARM, subject=str(recording.id), at=now)
        alarms.clear(session, STORE_ALARM, at=now)
        return RecordingState.STORED


def _ask_for_words(session: Session, recording: Recording, *, now: datetime) -> None:
    transcript = Transcript(
        id=new_id(),
        organisation_id=recording.organisation_id,
        recording_id=recording.id,
        state=TranscriptState.WAITING,
        language=recording.language,
        next_try_at=now,
        created_at=now,
    )
    session.add(transcript)
    session.flush()
    house().bell.ring_after(session, JobName.TRANSCRIBE, transcript.id)


def dropped(recording_id: UUID, *, code: str, now: datetime) -> RecordingState:
    """Note that the recording holds nothing; the provider's copy goes too."""
    with transaction() as session:
        recording = recordings.lock(session, recording_id)
        if recording is None:
            return RecordingState.ERASED
        recording.lease_until = None
        recordings.drop(session, recording, code=code, at=now)
        return recording.state


def postponed(held: Claim, fault: TryAgain, *, ours: bool, now: datetime) -> RecordingState:
    """Try again later: soon at first, hourly in the end, or when the other side wished.

    `ours` says that our own store refuses, which somebody must hear of.
    """
    beyond = held.tries > len(_WAITS)
    wait = _LONGEST_WAIT if beyond else timedelta(seconds=_WAITS[held.tries - 1])
    if fault.after_seconds is not None:
        wait = min(max(wait, timedelta(seconds=fault.after_seconds)), _LONGEST_WAIT)
    with transaction() as session:
        recording = recordings.lock(session, held.recording_id)
        if recording is None:
            return RecordingState.ERASED
        recording.lease_until = None
        if recording.state in _ON_THE_WAY:
            recording.next_try_at = now + wait
            recording.error_code = (fault.code or type(fault).__name__)[:40]
        if ours:
            alarms.sound(session, STORE_ALARM, at=now)
        return recording.state


def failed(recording_id: UUID, *, code: str, now: datetime) -> RecordingState:
    """Give the recording up for now, loudly; the provider's copy stays where it is."""
    with transaction() as session:
        recording = recordings.lock(session, recording_id)
        if recording is None:
            return RecordingState.ERASED
        recording.lease_until = None
        if recording.state in _ON_THE_WAY:
            recording.state, recording.error_code = RecordingState.FAILED, code[:40]
            again = now + timedelta(days=1)
            lasting = recording.provider_sid is None or code in ("too_long", "too_large")
            hopeful = not lasting and again < recording.recorded_at + REVIVED_FOR
            recording.next_try_at = again if hopeful else None
            alarms.sound(
                session,
                recordings.FAILED_ALARM,
                subject=str(recording.id),
                organisation_id=recording.organisation_id,
                at=now,
            )
            recordings.settle(session, recording, at=now)
            log.error("recording.failed", extra={"recording_id": str(recording.id), "code": code})
        return recording.state


def transcript_ids(recording_id: UUID) -> list[UUID]:
    """The ids of what was made from the recording, whose keys go with it."""
    with reading() as session:
        wanted = select(Transcript.id).where(Transcript.recording_id == recording_id)
        return list(session.scalars(wanted))


def cleared_away(recording_id: UUID, *, now: datetime) -> RecordingState:
    """Note that our copy of a dropped recording is destroyed, and its transcript with it."""
    with transaction() as session:
        recording = recordings.lock(session, recording_id)
        if recording is None:
            return RecordingState.ERASED
        recording.sealed_sha256 = recording.peaks = None
        recording.next_try_at = recording.lease_until = None
        wanted = select(Transcript).where(Transcript.recording_id == recording_id)
        transcripts = session.scalars(wanted.with_for_update()).all()
        receipt_notes.note(session, _receipt(recording, transcripts, now=now))
        for transcript in transcripts:
            transcript.state, transcript.words_sealed = TranscriptState.ERASED, None
            transcript.next_try_at = transcript.lease_until = None
        return recording.state


def _receipt(recording: Recording, transcripts: Sequence[Transcript], *, now: datetime) -> Receipt:
    of_message = recording.message_id is not None
    gone = Erased(
        table=Recording.__tablename__,
        roots=(recording.id,),
        way=Way.BLANK,
        items=(recording.id, *(transcript.id for transcript in transcripts)),
        files=(recording.id,),
    )
    return Receipt(
        what=What.DROPPED,
        happened_at=now,
        organisation_id=recording.organisation_id,
        data_class=DataClass.TELEPHONE_MESSAGES if of_message else DataClass.FREE_COMMENTS,
        kind="recordings",
        count=1,
        keys=len(gone.items),
        files=1,
        detail=Detail(erased=gone),
    )
