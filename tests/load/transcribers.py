"""The transcriber as it runs, and comments that are home for it to hear."""

import io
import os
import subprocess
import sys
import time
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from rq import Worker
from sqlalchemy import func, select, update

from storage import sealing
from storage.house import house, reading, transaction
from storage.identity import new_id
from storage.queue import JobName, QueueName
from storage.states import CommentState, RecordingState, TranscriptState
from storage.tables import Recording, Transcript
from tests import rows
from tests.load.ground import ROOT, Ground

VOICES = ROOT / "simulator/voices"
PAUSE_SECONDS = 0.5
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Spoken:
    """A comment of about a given length, as it comes home: WAV, 8 kHz, 16 bit, mono."""

    language: str
    data: bytes
    seconds: float


def spoken(language: str, *, seconds: float) -> Spoken:
    """The packaged voices of a language one after the other, again and again, for that long."""
    voices = [path.read_bytes() for path in sorted((VOICES / language).glob("*.wav"))]
    frames, rate = bytearray(), 0
    out = io.BytesIO()
    while not rate or len(frames) < 2 * rate * seconds:
        for data in voices:
            with wave.open(io.BytesIO(data)) as sound:
                rate = sound.getframerate()
                frames += sound.readframes(sound.getnframes())
            frames += bytes(2 * int(rate * PAUSE_SECONDS))
    del frames[2 * int(rate * seconds) :]
    with wave.open(out, "wb") as joined:
        joined.setnchannels(1)
        joined.setsampwidth(2)
        joined.setframerate(rate)
        joined.writeframes(bytes(frames))
    return Spoken(language, out.getvalue(), len(frames) / 2 / rate)


def bring_home(comments: Sequence[Spoken]) -> list[UUID]:
    """Seal and store each as a comment of its own that waits for words; ids of the transcripts."""
    waiting = []
    for one in comments:
        organisation = rows.make_organisation()
        campaign = rows.make_campaign(organisation)
        invitation = rows.make_invitation(campaign, rows.make_customer(organisation))
        call = rows.make_survey_call(campaign, invitation)
        response = rows.make_response(campaign, invitation)
        comment = rows.make_comment(response, state=CommentState.AT_HOME)
        recording = Recording(
            id=new_id(), organisation_id=organisation.id, call_id=call.id, comment_id=comment.id,
            visit=1, language=one.language, state=RecordingState.STORED, recorded_at=rows.NOON,
        )  # fmt: skip
        transcript = Transcript(
            id=new_id(), organisation_id=organisation.id, recording_id=recording.id,
            language=one.language, next_try_at=rows.NOON, created_at=rows.NOON,
        )  # fmt: skip
        rows.add(recording)
        rows.add(transcript)
        key = house().keyring.make_keys([recording.id])[recording.id]
        sealed = sealing.seal_file(key, one.data, item=recording.id, kind="recording.audio")
        house().blobs.put(recording.id, sealed)
        waiting.append(transcript.id)
    return waiting


def ring(transcripts: Sequence[UUID]) -> None:
    """Have the transcribers look at these."""
    for one in transcripts:
        house().bell.ring(JobName.TRANSCRIBE, one)


def heard(transcripts: Sequence[UUID]) -> int:
    """How many of these are words by now."""
    done = select(func.count()).where(
        Transcript.id.in_(transcripts), Transcript.state == TranscriptState.DONE
    )
    with reading() as session:
        return session.scalar(done) or 0


def until_heard(transcripts: Sequence[UUID]) -> None:
    """Wait until all of these are words; raises RuntimeError when that takes too long."""
    deadline = time.monotonic() + PATIENCE
    while heard(transcripts) < len(transcripts):
        if time.monotonic() > deadline:
            raise RuntimeError("the transcribers did not come to an end")
        time.sleep(0.02)


def again(transcripts: Sequence[UUID]) -> None:
    """Have those that are words already wait for being heard once more, and ring for them."""
    with transaction() as session:
        done = session.scalars(
            update(Transcript)
            .where(Transcript.id.in_(transcripts), Transcript.state == TranscriptState.DONE)
            .values(state=TranscriptState.WAITING, tries=0, done_at=None)
            .returning(Transcript.id)
        ).all()
    ring(done)


@contextmanager
def transcribing(here: Ground) -> Iterator[int]:
    """`worker.py transcription` at work, a child for each core; the id of its first process."""
    with (here.folder / "transcriber.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "worker.py", QueueName.TRANSCRIPTION],
            cwd=Path(ROOT), env={**os.environ, **here.environment}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE
        while Worker.count(connection=house().bell.redis) < (os.cpu_count() or 1):
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError("the transcribers did not start")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)
