"""A recording comes home whole, once, or is said to be missing; the provider's copy goes last."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from storage import recordings, sealing
from storage.house import House, transaction
from storage.queue import QueueName
from storage.states import CommentState, ProviderCopyState, RecordingState, TranscriptState
from storage.tables import Alarm, Call, Comment, ProviderCopy, Recording, Transcript
from tests.rows import (
    NOON,
    make_campaign,
    make_comment,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
    make_survey_call,
    sid,
    wav,
)
from voicemail import intake

SECOND = timedelta(seconds=1)


@dataclass
class Spoken:
    """A comment that was just spoken: its rows, and the provider's sid for its recording."""

    call: Call
    comment: Comment
    recording: Recording
    sid: str


@pytest.fixture
def spoken(house: House, site: Any) -> Spoken:
    """A three-second comment, ready at the provider."""
    return speak(site)


def speak(site: Any, *, announced: int | None = 3, ready: bool = True, **kept: Any) -> Spoken:
    campaign = make_campaign(make_organisation())
    customer = make_customer(_organisation(campaign))
    invitation = make_invitation(campaign, customer)
    call = make_survey_call(campaign, invitation)
    comment = make_comment(make_response(campaign, invitation))
    name = sid("RE")
    site.keep(name, call.provider_sid, **kept)
    with transaction() as session:
        call = session.get_one(Call, call.id)
        recording = recordings.announce(
            session, call, visit=4, language="sv", at=NOON, provider_sid=name,
            seconds=announced, comment_id=comment.id,
        )  # fmt: skip
        if ready:
            recordings.ready(
                session, call, visit=4, language="sv", provider_sid=name, seconds=announced, at=NOON
            )
    return Spoken(call, comment, recording, name)


def _organisation(campaign: Any) -> Any:
    from storage.tables import Organisation

    with transaction() as session:
        return session.get_one(Organisation, campaign.organisation_id)


def bring(house: House, spoken: Spoken, *, at: Any = NOON) -> RecordingState | None:
    return intake.bring_home(
        spoken.recording.id,
        provider=house.provider,
        blobs=house.blobs,
        keyring=house.keyring,
        now=at,
    )


def row(table: Any, **where: Any) -> Any:
    with transaction() as session:
        return session.scalars(select(table).filter_by(**where)).one()


def rows(table: Any) -> list[Any]:
    with transaction() as session:
        return list(session.scalars(select(table)))


def test_a_recording_comes_home_sealed_and_its_copy_there_is_let_go(
    house: House, site: Any, spoken: Spoken
) -> None:
    assert bring(house, spoken) is RecordingState.STORED

    recording = row(Recording, id=spoken.recording.id)
    item = recording.id
    sealed = house.blobs.get(item)
    plain = sealing.unseal_file(house.keyring.key(item), sealed, item=item, kind="recording.audio")
    assert plain == wav()
    assert b"RIFF" not in sealed
    assert (recording.seconds, recording.sample_rate, len(recording.peaks)) == (3.0, 8000, 240)
    assert row(Transcript, recording_id=item).state is TranscriptState.WAITING
    assert row(Comment, id=spoken.comment.id).state is CommentState.AT_HOME
    copy = row(ProviderCopy, provider_sid=spoken.sid)
    assert (copy.state, copy.delete_at) == (ProviderCopyState.PRESENT, NOON)
    assert spoken.sid in site.recordings  # deleted by a job of its own, after the commit
    names = {job.func_name for job in house.bell.queue(QueueName.RECORDINGS).jobs}
    assert "voicemail.jobs.delete_at_provider" in names
    assert len(house.bell.queue(QueueName.TRANSCRIPTION).jobs) == 1


def test_bringing_home_twice_fetches_once(house: House, site: Any, spoken: Spoken) -> None:
    bring(house, spoken)
    again = bring(house, spoken, at=NOON + SECOND)

    assert again is RecordingState.STORED
    assert site.asked_for("GET", ".wav") == 1
    assert len(rows(Transcript)) == 1


def test_nobody_fetches_what_another_run_holds(house: House, site: Any, spoken: Spoken) -> None:
    with transaction() as session:
        session.get_one(Recording, spoken.recording.id).lease_until = NOON + SECOND

    assert bring(house, spoken) is RecordingState.READY
    assert site.asked_for("GET", ".wav") == 0
    assert bring(house, spoken, at=NOON + SECOND) is RecordingState.STORED


def test_media_that_is_not_there_yet_is_asked_for_again(
    house: House, site: Any, spoken: Spoken
) -> None:
    site.recordings[spoken.sid].media_status = [404, 404, 503]
    moments = [NOON, NOON + SECOND, NOON + 3 * SECOND, NOON + 7 * SECOND]

    states = [bring(house, spoken, at=at) for at in moments]

    assert states == [RecordingState.READY] * 3 + [RecordingState.STORED]
    assert row(Recording, id=spoken.recording.id).error_code is None


def test_a_try_before_its_time_does_nothing(house: House, site: Any, spoken: Spoken) -> None:
    site.recordings[spoken.sid].media_status = [404]
    bring(house, spoken)

    bring(house, spoken, at=NOON + SECOND / 2)

    assert site.asked_for("GET", ".wav") == 1


def test_a_provider_away_for_two_days_loses_nothing(
    house: House, site: Any, spoken: Spoken
) -> None:
    site.recordings[spoken.sid].media_status = [503] * 60
    at, tries = NOON, 0
    while site.recordings[spoken.sid].media_status:
        assert bring(house, spoken, at=at) is RecordingState.READY
        at, tries = row(Recording, id=spoken.recording.id).next_try_at, tries + 1

    assert tries == 60
    assert timedelta(days=1) < at - NOON < timedelta(days=3)
    assert bring(house, spoken, at=at) is RecordingState.STORED


def test_a_provider_away_for_longer_is_an_alarm_and_a_try_a_day(
    house: House, site: Any, spoken: Spoken
) -> None:
    site.recordings[spoken.sid].media_status = [503]
    late = NOON + timedelta(days=3, seconds=1)

    assert bring(house, spoken, at=late) is RecordingState.FAILED

    recording = row(Recording, id=spoken.recording.id)
    assert recording.next_try_at == late + timedelta(days=1)
    assert row(Comment, id=spoken.comment.id).state is CommentState.LOST
    assert row(Alarm).kind == "recording.failed"
    assert row(ProviderCopy, provider_sid=spoken.sid).delete_at is None


@pytest.mark.parametrize(
    ("media", "content_type", "code"),
    [
        (b"<html><body>Not found</body></html>", "text/html", "wrong_type"),
        (b'{"code": 20404}', "application/json", "wrong_type"),
        (b"this is text called a recording " * 100, "audio/x-wav", "not_audio"),
        (b"", "audio/x-wav", "empty_audio"),
        (wav()[:20_000], "audio/x-wav", "cut_short"),
        (wav(2.0), "audio/x-wav", "cut_short"),
        (wav(6.0, rate=8_000), "audio/x-wav", "rate_mismatch"),
    ],
    ids=["error page", "json error", "text", "no bytes", "truncated", "too short", "wrong rate"],
)
def test_what_is_no_such_recording_never_counts_as_one(
    house: House, site: Any, media: bytes, content_type: str, code: str
) -> None:
    spoken = speak(site, media=media, content_type=content_type)
    at = NOON
    for _ in range(intake.MOST_BAD_MEDIA - 1):
        assert bring(house, spoken, at=at) is RecordingState.READY
        at = row(Recording, id=spoken.recording.id).next_try_at

    assert bring(house, spoken, at=at) is RecordingState.FAILED

    recording = row(Recording, id=spoken.recording.id)
    assert recording.error_code == code
    assert list(house.blobs.items()) == []
    assert house.keyring.keys([recording.id]) == {}
    assert row(Alarm).subject == str(recording.id)
    assert row(ProviderCopy, provider_sid=spoken.sid).delete_at is None
    assert spoken.sid in site.recordings


def test_media_mended_between_two_tries_comes_home(house: House, site: Any) -> None:
    spoken = speak(site, media=b"<html>", content_type="text/html")
    bring(house, spoken)
    site.keep(spoken.sid, spoken.call.provider_sid)

    assert bring(house, spoken, at=NOON + SECOND) is RecordingState.STORED


def test_a_recording_of_three_hours_is_not_even_fetched(house: House, site: Any) -> None:
    spoken = speak(site, announced=3 * 3600)

    assert bring(house, spoken) is RecordingState.FAILED
    assert site.asked_for("GET", ".wav") == 0
    recording = row(Recording, id=spoken.recording.id)
    assert (recording.error_code, recording.next_try_at) == ("too_long", None)


def test_a_file_beyond_the_cap_is_not_read_to_its_end(
    house: House, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "MOST_BYTES", 10_000)
    spoken = speak(site)

    assert bring(house, spoken) is RecordingState.FAILED
    assert row(Recording, id=spoken.recording.id).error_code == "too_large"


@pytest.mark.parametrize(
    ("media", "announced", "code"),
    [
        (wav(3.0, volume=20), 3, "silent"),
        (wav(0.3), 0, "too_short"),
        (wav(0.0), 0, "too_short"),
    ],
)
def test_nothing_said_is_dropped_counted_and_deleted_there(
    house: House, site: Any, media: bytes, announced: int, code: str
) -> None:
    spoken = speak(site, media=media, announced=announced)

    assert bring(house, spoken) is RecordingState.DROPPED

    assert row(Recording, id=spoken.recording.id).error_code == code
    assert row(Comment, id=spoken.comment.id).state is CommentState.EMPTY
    assert row(ProviderCopy, provider_sid=spoken.sid).delete_at == NOON
    assert list(house.blobs.items()) == []


def test_sixteen_kilohertz_is_kept_as_it_is(house: House, site: Any) -> None:
    spoken = speak(site, media=wav(3.0, rate=16_000))

    assert bring(house, spoken) is RecordingState.STORED
    assert row(Recording, id=spoken.recording.id).sample_rate == 16_000


def test_erased_while_downloading_leaves_neither_file_nor_key(house: House, site: Any) -> None:
    spoken = speak(site)

    def erase() -> None:
        with house.database.transaction() as session:
            recording = session.get_one(Recording, spoken.recording.id)
            recording.state = RecordingState.ERASED

    site.recordings[spoken.sid].spoil = erase

    assert bring(house, spoken) is RecordingState.ERASED
    assert list(house.blobs.items()) == []
    assert house.keyring.keys([spoken.recording.id]) == {}
    assert rows(Transcript) == []


def test_recorded_again_after_coming_home_destroys_the_first(house: House, site: Any) -> None:
    spoken = speak(site)
    bring(house, spoken)
    with transaction() as session:
        call = session.get_one(Call, spoken.call.id)
        recordings.discard(session, call, visit=4, at=NOON + SECOND)

    assert bring(house, spoken, at=NOON + SECOND) is RecordingState.DROPPED

    recording = row(Recording, id=spoken.recording.id)
    transcript = row(Transcript)
    assert (recording.superseded, recording.sealed_sha256) == (True, None)
    assert transcript.state is TranscriptState.ERASED
    assert list(house.blobs.items()) == []
    assert house.keyring.keys([recording.id, transcript.id]) == {}


def test_wrong_credentials_wait_for_somebody_to_mend_them(
    house: House, site: Any, spoken: Spoken
) -> None:
    site.refuses_us = True
    assert bring(house, spoken) is RecordingState.READY
    site.refuses_us = False

    assert bring(house, spoken, at=NOON + SECOND) is RecordingState.STORED


def test_the_callback_that_never_came_is_asked_for(house: House, site: Any) -> None:
    spoken = speak(site, ready=False)
    assert bring(house, spoken, at=NOON + 119 * SECOND) is RecordingState.ANNOUNCED

    assert bring(house, spoken, at=NOON + 120 * SECOND) is RecordingState.STORED


def test_a_recording_without_a_name_finds_it_among_those_of_its_call(
    house: House, site: Any
) -> None:
    spoken = speak(site, ready=False, created_at=NOON - 5 * SECOND)
    other = sid("RE")
    site.keep(other, spoken.call.provider_sid, created_at=NOON - 90 * SECOND)
    with transaction() as session:
        session.get_one(Recording, spoken.recording.id).provider_sid = None

    assert bring(house, spoken, at=NOON + 120 * SECOND) is RecordingState.STORED
    assert row(Recording, id=spoken.recording.id).provider_sid == spoken.sid


def test_a_recording_still_being_written_there_is_waited_for(house: House, site: Any) -> None:
    spoken = speak(site, ready=False, status="processing")

    assert bring(house, spoken, at=NOON + 120 * SECOND) is RecordingState.ANNOUNCED
    site.recordings[spoken.sid].status = "completed"
    assert bring(house, spoken, at=NOON + 121 * SECOND) is RecordingState.STORED


def test_an_absent_recording_is_an_empty_comment(house: House, site: Any) -> None:
    spoken = speak(site, ready=False, status="absent")

    assert bring(house, spoken, at=NOON + 120 * SECOND) is RecordingState.DROPPED
    assert row(Comment, id=spoken.comment.id).state is CommentState.EMPTY


def test_a_recording_the_provider_does_not_have_is_said_to_be_lost(house: House, site: Any) -> None:
    spoken = speak(site, ready=False)
    del site.recordings[spoken.sid]
    assert bring(house, spoken, at=NOON + timedelta(minutes=59)) is RecordingState.ANNOUNCED

    assert bring(house, spoken, at=NOON + timedelta(minutes=61)) is RecordingState.FAILED
    assert row(Alarm).kind == "recording.failed"
