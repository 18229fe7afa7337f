"""A recording of which neither message reached us is asked for, and counts as if told."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from config.settings import Settings
from ivr import unheard
from simulator.records import RecordingRecord, RecordingStatus
from simulator.server import Simulator
from storage import unheard as noted
from storage.house import House, reading, utc_now
from storage.states import CommentState, Disposition, ProviderCopyState, RecordingState
from storage.tables import Attempt, Call, Comment, ProviderCopy, Recording
from tests.ivr.conftest import rows, the
from voicemail import provider_copies, strangers

Telephone = Any


@pytest.fixture
def settings(settings: Settings, network: Simulator) -> Settings:
    """The provider is the network."""
    return settings.model_copy(update={"twilio_api_base_url": network.origin})


@pytest.fixture
def cut(telephone: Telephone) -> Any:
    """A call that ended while it recorded: the web was away when it was told of the recording."""
    telephone.invite()
    handset = telephone.ring().answer().press("5").press("9").press("1")
    assert "Record" in handset.document.verbs
    handset.status("completed", 3)
    return handset


def keep(network: Simulator, call_sid: str, sid: str = "RE" + "1" * 32, **changes: Any) -> None:
    """Something recorded in that call lies at the provider."""
    now = utc_now()
    record = RecordingRecord(
        sid=sid, call_sid=call_sid, status=RecordingStatus.COMPLETED, started_at=now,
        created_at=now, updated_at=now, seconds=7,
    )  # fmt: skip
    network.exchange.store.recordings.put(replace(record, **changes))


def test_what_was_recorded_is_found_and_belongs_to_the_comment(
    cut: Any, network: Simulator, house: House
) -> None:
    assert the(Attempt).disposition is Disposition.PARTIAL
    keep(network, cut.sid)

    asked = unheard.ask_for_unheard(provider=house.provider, now=utc_now() + unheard.PATIENCE)

    recording, comment = the(Recording), the(Comment)
    assert asked == 1
    assert (recording.provider_sid, recording.state) == ("RE" + "1" * 32, RecordingState.READY)
    assert (recording.comment_id, comment.state) == (comment.id, CommentState.RECORDED)
    assert the(Attempt).disposition is Disposition.COMPLETED


def test_it_is_asked_for_once(cut: Any, network: Simulator, house: House) -> None:
    keep(network, cut.sid)
    later = utc_now() + unheard.PATIENCE

    unheard.ask_for_unheard(provider=house.provider, now=later)

    assert unheard.ask_for_unheard(provider=house.provider, now=later) == 0
    assert len(rows(Recording)) == 1


def test_the_provider_gets_a_minute_to_tell_by_itself(cut: Any, house: House) -> None:
    early = utc_now() + unheard.PATIENCE - timedelta(seconds=5)

    assert unheard.ask_for_unheard(provider=house.provider, now=early) == 0


def test_who_hung_up_before_the_tone_said_nothing(cut: Any, house: House) -> None:
    now = utc_now()
    for minutes in (1, 5, 11):
        unheard.ask_for_unheard(provider=house.provider, now=now + timedelta(minutes=minutes))

    assert rows(Recording) == rows(Comment) == []
    assert the(Attempt).disposition is Disposition.PARTIAL
    with reading() as session:
        assert noted.pending(session, noted_before=now + timedelta(days=1), limit=9) == []


def test_one_that_is_still_being_written_is_waited_for(
    cut: Any, network: Simulator, house: House
) -> None:
    keep(network, cut.sid, status=RecordingStatus.PROCESSING)
    unheard.ask_for_unheard(provider=house.provider, now=utc_now() + timedelta(hours=1))
    assert rows(Recording) == []
    keep(network, cut.sid)

    unheard.ask_for_unheard(provider=house.provider, now=utc_now() + timedelta(hours=2))

    assert the(Recording).state is RecordingState.READY


def test_a_callback_that_came_late_needs_no_question(
    cut: Any, network: Simulator, house: House
) -> None:
    cut.recording(cut.document.visit, "RE" + "2" * 32)
    keep(network, cut.sid)

    unheard.ask_for_unheard(provider=house.provider, now=utc_now() + unheard.PATIENCE)

    assert the(Recording).provider_sid == "RE" + "2" * 32


def test_a_recording_that_another_visit_made_is_not_taken_for_this_one(
    telephone: Telephone, network: Simulator, house: House
) -> None:
    telephone.invite()
    handset = telephone.ring().answer().press("5").press("9").press("1")
    first = handset.document.visit
    handset.speak("RE" + "3" * 32)
    handset.recording(first, "RE" + "3" * 32)
    handset.press("3")  # record again
    handset.status("completed", 3)
    keep(network, handset.sid, "RE" + "3" * 32)

    unheard.ask_for_unheard(provider=house.provider, now=utc_now() + timedelta(minutes=11))

    assert [one.visit for one in rows(Recording)] == [first]


def test_neither_call_nor_recording_is_deleted_before_the_question(
    cut: Any, network: Simulator, house: House
) -> None:
    keep(network, cut.sid, created_at=utc_now() - timedelta(days=2))
    now = utc_now() + timedelta(minutes=5)
    copy = the(ProviderCopy)

    removed = strangers.remove_strangers(provider=house.provider, now=now)
    state = provider_copies.delete_copy(copy.id, provider=house.provider, now=now)

    assert (removed, state) == (0, ProviderCopyState.PRESENT)
    assert the(Call).provider_sid == cut.sid
