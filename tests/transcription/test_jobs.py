"""A recording becomes words; a file that kills its worker ends as failed with its sound kept."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from rq import SimpleWorker
from sqlalchemy import select

from storage.house import House, reading, transaction
from storage.queue import SERIALIZER, JobName, QueueName
from storage.states import CommentState, TranscriptState
from storage.tables import Alarm, Transcript
from tests.rows import NOON
from tests.transcription.recorded import comment_state, get, store
from transcription import jobs
from transcription.recognition import Recogniser

SECOND = timedelta(seconds=1)


def words(house: House, transcript_id: UUID) -> list[list[Any]]:
    sealed = get(transcript_id).words_sealed
    return json.loads(house.keyring.open(transcript_id, "transcript.words", sealed) or "null")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_was_said_is_kept_sealed_word_by_word(
    house: House, recogniser: Recogniser, samples: Any, language: str
) -> None:
    sample = next(one for one in samples if one.language == language)
    transcript_id = store(house, sample.data, language=language)

    state = jobs.run(transcript_id, recogniser=recogniser, now=NOON)

    assert state is TranscriptState.DONE
    heard = words(house, transcript_id)
    assert len(heard) > 2
    assert all(0 <= start <= end and 0 <= sure <= 1 for _, start, end, sure in heard)
    assert {word for word, *_ in heard} & set(sample.text.lower().split())
    assert heard[0][0].encode() not in (get(transcript_id).words_sealed or b"")
    assert get(transcript_id).model == f"genklang-{language}"
    assert comment_state() is CommentState.TRANSCRIBED


def test_a_language_without_a_model_stays_audio_only(
    house: House, recogniser: Recogniser, samples: Any
) -> None:
    transcript_id = store(house, samples[0].data, language="fi")

    state = jobs.run(transcript_id, recogniser=recogniser, now=NOON)

    assert state is TranscriptState.AUDIO_ONLY
    assert comment_state() is CommentState.AUDIO_ONLY
    assert get(transcript_id).words_sealed is None


def test_a_file_that_is_no_sound_fails_and_its_file_is_kept(
    house: House, recogniser: Recogniser
) -> None:
    transcript_id = store(house, b"RIFF is not enough")

    assert jobs.run(transcript_id, recogniser=recogniser, now=NOON) is TranscriptState.FAILED

    assert get(transcript_id).error_code == "not_audio"
    assert comment_state() is CommentState.TRANSCRIPTION_FAILED
    assert len(list(house.blobs.items())) == 1
    with reading() as session:
        assert session.scalars(select(Alarm.subject)).one() == str(transcript_id)


def test_a_file_that_twice_kills_its_worker_is_left_alone(
    house: House, recogniser: Recogniser, samples: Any
) -> None:
    transcript_id = store(house, samples[0].data)
    at = NOON
    for _ in range(jobs.MOST_TRIES):
        # What a worker leaves behind that was killed while it listened.
        assert isinstance(jobs._claim(transcript_id, now=at), jobs._Claim)
        assert jobs.run(transcript_id, recogniser=recogniser, now=at) is TranscriptState.RUNNING
        at += jobs.LEASE

    assert jobs.run(transcript_id, recogniser=recogniser, now=at) is TranscriptState.FAILED
    assert get(transcript_id).error_code == "worker_died"


def test_a_file_that_kills_its_worker_once_is_heard_by_the_next(
    house: House, recogniser: Recogniser, samples: Any
) -> None:
    transcript_id = store(house, samples[0].data, language="en")
    jobs._claim(transcript_id, now=NOON)

    assert jobs.sweep(now=NOON + jobs.LEASE - SECOND) == 0
    assert jobs.sweep(now=NOON + jobs.LEASE) == 1
    at = NOON + jobs.LEASE
    assert jobs.run(transcript_id, recogniser=recogniser, now=at) is TranscriptState.DONE


class Breaking:
    """A recogniser that does not survive its work."""

    def rate_for(self, _language: str) -> int:
        return 8_000

    def recognise(self, *_: Any, **__: Any) -> None:
        raise MemoryError


def test_what_breaks_unexpectedly_is_tried_once_more_and_then_failed(
    house: House, samples: Any
) -> None:
    transcript_id = store(house, samples[0].data)

    with pytest.raises(MemoryError):
        jobs.run(transcript_id, recogniser=Breaking(), now=NOON)  # type: ignore[arg-type]
    assert get(transcript_id).state is TranscriptState.WAITING
    at = get(transcript_id).next_try_at
    assert at is not None
    with pytest.raises(MemoryError):
        jobs.run(transcript_id, recogniser=Breaking(), now=at)  # type: ignore[arg-type]

    assert get(transcript_id).state is TranscriptState.FAILED
    assert get(transcript_id).error_code == "MemoryError"


def test_a_store_that_is_away_for_a_while_does_not_count_against_the_file(
    house: House, recogniser: Recogniser, samples: Any
) -> None:
    transcript_id = store(house, samples[0].data, language="en")
    folder = house.settings.data_dir / "recordings"
    away = folder.rename(folder.with_name("unmounted"))
    at = NOON
    for _ in range(5):
        assert jobs.run(transcript_id, recogniser=recogniser, now=at) is TranscriptState.WAITING
        at = get(transcript_id).next_try_at or at
    away.rename(folder)

    assert jobs.run(transcript_id, recogniser=recogniser, now=at) is TranscriptState.DONE


def test_a_file_that_stays_missing_is_said_to_be(
    house: House, recogniser: Recogniser, samples: Any
) -> None:
    transcript_id = store(house, samples[0].data)
    house.blobs.delete(get(transcript_id).recording_id)

    at = NOON + jobs.PATIENCE
    assert jobs.run(transcript_id, recogniser=recogniser, now=at) is TranscriptState.FAILED
    assert get(transcript_id).error_code == "file_missing"


def test_erased_while_listening_leaves_no_words_and_no_key(
    house: House, recogniser: Recogniser, samples: Any
) -> None:
    transcript_id = store(house, samples[0].data, language="en")

    class Slow:
        rate_for = recogniser.rate_for

        def recognise(self, *given: Any, **named: Any) -> Any:
            heard = recogniser.recognise(*given, **named)
            with transaction() as session:
                transcript = session.get_one(Transcript, transcript_id)
                transcript.state, transcript.lease_until = TranscriptState.ERASED, None
            return heard

    jobs.run(transcript_id, recogniser=Slow(), now=NOON)  # type: ignore[arg-type]

    assert get(transcript_id).state is TranscriptState.ERASED
    assert get(transcript_id).words_sealed is None
    assert house.keyring.keys([transcript_id]) == {}


def test_the_key_of_an_erased_recording_opens_nothing(
    house: House, recogniser: Recogniser, samples: Any
) -> None:
    transcript_id = store(house, samples[0].data)
    house.keyring.destroy([get(transcript_id).recording_id])

    assert jobs.run(transcript_id, recogniser=recogniser, now=NOON) is TranscriptState.FAILED
    assert get(transcript_id).error_code == "KeyDestroyedError"


def test_a_worker_hears_what_the_sweep_rings_for(house: House, samples: Any) -> None:
    transcript_id = store(house, samples[0].data, language="en")
    house.bell.redis.flushall()

    assert jobs.sweep(now=NOON) == 1
    queue = house.bell.queue(QueueName.TRANSCRIPTION)
    SimpleWorker([queue], connection=house.bell.redis, serializer=SERIALIZER).work(burst=True)

    assert get(transcript_id).state is TranscriptState.DONE
    assert house.bell.ring(JobName.TRANSCRIBE, transcript_id)
    assert jobs.sweep(now=NOON + timedelta(days=1)) == 0
