"""Audio only is not for ever: once there is a model for the language, the recordings are heard."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from storage.house import House, transaction, utc_now
from storage.queue import JobName, QueueName
from storage.states import CommentState, RecordingState, TranscriptState
from storage.tables import Recording, Transcript
from tests.rows import NOON
from tests.transcription.recorded import comment_state, get, store
from transcription import jobs, second_hearing
from transcription.catalogue import find_models
from transcription.recognition import Recogniser

LATER = NOON + second_hearing.PAUSE


@pytest.fixture(scope="module")
def finnish() -> Recogniser:
    """What a transcriber has that was restarted after a model for Finnish had come."""
    return Recogniser({"fi": replace(find_models(None).in_use["sv"], language="fi")})


def audio_only(house: House, samples: Any, recogniser: Recogniser) -> UUID:
    transcript_id = store(house, next(one.data for one in samples if one.language == "sv"),
                          language="fi")  # fmt: skip
    assert jobs.run(transcript_id, recogniser=recogniser, now=NOON) is TranscriptState.AUDIO_ONLY
    house.bell.redis.flushall()
    return transcript_id


def rung(house: House) -> list[str]:
    return [job.id for job in house.bell.queue(QueueName.TRANSCRIPTION).jobs]


def test_a_comment_becomes_words_when_a_model_for_its_language_has_come(
    house: House, samples: Any, recogniser: Recogniser, finnish: Recogniser
) -> None:
    transcript_id = audio_only(house, samples, recogniser)

    assert second_hearing.take_up(finnish.languages, now=LATER) == 1

    assert comment_state() is CommentState.AT_HOME
    assert rung(house) == [f"transcribe-{transcript_id}"]
    assert jobs.run(transcript_id, recogniser=finnish, now=LATER) is TranscriptState.DONE
    assert comment_state() is CommentState.TRANSCRIBED
    assert get(transcript_id).error_code is None


def test_without_a_model_for_the_language_it_stays_as_it_is(
    house: House, samples: Any, recogniser: Recogniser
) -> None:
    transcript_id = audio_only(house, samples, recogniser)

    assert second_hearing.take_up(recogniser.languages, now=LATER) == 0

    assert get(transcript_id).state is TranscriptState.AUDIO_ONLY
    assert rung(house) == []


def test_a_transcriber_that_was_not_restarted_is_not_asked_over_and_over(
    house: House, samples: Any, recogniser: Recogniser, finnish: Recogniser
) -> None:
    transcript_id = audio_only(house, samples, recogniser)
    assert second_hearing.take_up(finnish.languages, now=LATER) == 1
    jobs.run(transcript_id, recogniser=recogniser, now=LATER)

    soon = LATER + second_hearing.PAUSE - timedelta(seconds=1)
    assert second_hearing.take_up(finnish.languages, now=soon) == 0
    assert second_hearing.take_up(finnish.languages, now=LATER + second_hearing.PAUSE) == 1


def test_old_recordings_never_crowd_out_what_was_just_spoken(
    house: House, samples: Any, recogniser: Recogniser, finnish: Recogniser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(second_hearing, "MOST_AT_ONCE", 2)
    older, newer = (audio_only(house, samples, recogniser) for _ in range(2))
    with transaction() as session:
        session.get_one(Transcript, newer).done_at = NOON + timedelta(seconds=1)
    store(house, samples[0].data, language="sv")  # waits for words itself
    later = LATER + timedelta(seconds=1)

    assert second_hearing.take_up(finnish.languages, now=later) == 1
    assert second_hearing.take_up(finnish.languages, now=later) == 0

    assert get(newer).state is TranscriptState.WAITING
    assert get(older).state is TranscriptState.AUDIO_ONLY


def test_a_recording_that_is_gone_is_not_taken_up(
    house: House, samples: Any, recogniser: Recogniser, finnish: Recogniser
) -> None:
    transcript_id = audio_only(house, samples, recogniser)
    with transaction() as session:
        recording = session.get_one(Recording, get(transcript_id).recording_id)
        recording.state = RecordingState.ERASED

    assert second_hearing.take_up(finnish.languages, now=LATER) == 0


def test_the_job_takes_up_what_the_installed_models_can_hear(
    house: House, samples: Any, recogniser: Recogniser
) -> None:
    transcript_id = audio_only(house, samples, recogniser)
    with transaction() as session:
        # As if the model had been missing an hour ago.
        transcript = session.get_one(Transcript, transcript_id)
        transcript.language, transcript.done_at = "sv", utc_now() - timedelta(hours=1)

    assert house.bell.ring(JobName.SWEEP_AUDIO_ONLY)
    second_hearing.sweep_audio_only()

    assert get(transcript_id).state is TranscriptState.WAITING
    assert f"transcribe-{transcript_id}" in rung(house)
