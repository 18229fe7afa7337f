"""What the provider gets for an answer, whatever it asks and however often."""

import itertools
import random
import shutil
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from storage import sealing
from storage.house import House, house, reading, transaction
from storage.states import (
    CallState,
    CommentState,
    Disposition,
    InvitationState,
    MessageState,
    RecordingState,
    ResponseState,
)
from storage.tables import (
    Alarm,
    Answer,
    Attempt,
    Call,
    Comment,
    Invitation,
    Message,
    ProviderCopy,
    Recording,
    Response,
)
from tests.ivr.conftest import rows, the

Telephone = Any
LINE = "+46846500400"
RECEPTION = "+46313900611"
ON_CALL = "+46313900612"


# Who may speak, and what is said to strangers.


def test_every_address_but_the_sound_of_ones_own_is_guarded(telephone: Telephone) -> None:
    paths = [
        "/voice/answer/x",
        "/voice/turn/x/0/keys",
        "/voice/turn/x/0/silence",
        "/voice/turn/x/0/recorded",
        "/voice/turn/x/0/unrecorded",
        "/voice/recording/x/0",
        "/voice/status/x",
        "/voice/detected/x",
        "/voice/inbound",
        "/voice/inbound/status",
        "/voice/probe/x",
        "/voice/probe/x/status",
        "/voice/probe/x/keys",
        "/voice/probe/x/silence",
    ]
    app = telephone.client.application
    ruled = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/voice")}

    refused = [telephone.client.post(path, data={"CallSid": "CA1"}) for path in paths]

    assert {answer.status_code for answer in refused} == {403}
    assert {answer.data for answer in refused} == {b""}
    assert len(ruled) == 11  # ten posts, the kinds of turn being one, and the sound


def test_an_unknown_token_hears_a_polite_goodbye_in_the_language_of_the_number(
    telephone: Telephone,
) -> None:
    telephone.invite()
    call = telephone.ring()
    call.token = "0" * 48

    call.answer()

    assert call.document.verbs == ["Say", "Hangup"]
    assert call.document.says == ["Det finns inga fler frågor. Tack och hej då!"]


def test_what_breaks_is_spoken_and_not_coded(telephone: Telephone, house: House) -> None:
    telephone.invite()
    call = telephone.ring().answer()
    with transaction() as session:
        session.scalars(select(Call)).one().flow = {"nonsense": True}

    call.press("4")

    assert call.document.status == 200
    assert call.document.verbs == ["Say", "Hangup"]
    assert "något gick fel" in call.document.says[0]


def test_what_breaks_in_a_callback_may_be_told_again(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer()
    with transaction() as session:
        session.scalars(select(Call)).one().flow = {"nonsense": True}

    assert call.status("completed", 3) == 500
    assert the(Call).state is CallState.IN_PROGRESS  # nothing half-done stays


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/answer/{token}", {"CallSid": ""}),
        ("/turn/{token}/0/recorded", {"RecordingDuration": "long"}),
        ("/status/{token}", {"CallStatus": "dancing"}),
        ("/recording/{token}/0", {"RecordingStatus": "lost"}),
        ("/detected/{token}", {"AnsweredBy": ""}),
        ("/inbound", {"CallSid": "x" * 200}),
    ],
)
def test_a_form_that_no_provider_sends_is_refused_and_not_an_error_of_ours(
    telephone: Telephone, path: str, form: dict[str, str]
) -> None:
    telephone.invite()
    call = telephone.ring()

    answer = call.post(path.format(token=call.token), **form)

    assert answer.status == 400
    assert rows(Response) == []


def test_a_document_is_xml_for_the_provider(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer()

    assert call.document.text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    assert "http://" not in call.document.text
    assert f"https://genklang.example/voice/turn/{call.token}/0/keys" in call.document.text


def test_callbacks_of_calls_we_no_longer_know_are_none_of_ours(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring()
    call.token = "0" * 48

    assert call.status("completed", 3) == 204
    assert call.recording(0, "RE1") == 204
    assert call.detected("human") == 204


# Status callbacks.


@pytest.mark.conformance("C-STA-1")
def test_c_sta_1_callbacks_in_any_order_and_doubled_end_the_same(telephone: Telephone) -> None:
    told = [("initiated", 0), ("ringing", 1), ("in-progress", 2), ("completed", 3)]
    for number, order in enumerate(itertools.permutations(told)):
        telephone.invite(f"case-{number}", phone=f"+4670174{number:04d}")
        call = telephone.ring()
        for state, sequence in [*order, *order]:
            assert call.status(state, sequence) == 204

    assert {call.state for call in rows(Call)} == {CallState.COMPLETED}
    assert {attempt.disposition for attempt in rows(Attempt)} == {Disposition.UNANSWERED}


def test_the_first_end_stands(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring()

    call.status("busy", 2)
    call.status("completed", 3)

    assert the(Call).state is CallState.BUSY
    assert the(Attempt).disposition is Disposition.BUSY


def test_a_second_call_under_one_token_is_an_alarm_and_changes_nothing(
    telephone: Telephone,
) -> None:
    telephone.invite()
    call = telephone.ring().answer()
    call.sid = "CA" + "e" * 32

    call.status("completed", 3)

    assert the(Call).state is CallState.IN_PROGRESS
    assert the(Alarm).kind == "call.placed_twice"


@pytest.mark.conformance("C-REC-6")
def test_c_rec_6_an_absent_recording_leaves_an_empty_comment(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4").press("9").press("1")
    visit = call.document.visit
    call.speak("RE1", 1)

    call.recording(visit, "RE1", "absent", 0)

    assert the(Recording).state is RecordingState.DROPPED
    assert the(Comment).state is CommentState.EMPTY


@pytest.mark.conformance("C-REC-7")
def test_c_rec_7_a_provider_that_tells_only_of_the_file_loses_no_comment(
    telephone: Telephone,
) -> None:
    item = telephone.invite()
    call = telephone.ring().answer().press("4").press("9").press("1")
    visit = call.document.visit

    call.recording(visit, "RE1")
    call.status("completed", 3)

    assert the(Recording).comment_id == the(Comment).id
    assert the(Response).state is ResponseState.COMPLETED
    with reading() as session:
        assert session.get_one(Invitation, item).state is InvitationState.COMPLETED


# The property: shuffled and doubled webhooks of one call always leave the same rows.


def summary() -> dict[str, Any]:
    """All that a call leaves behind, without ids and times."""
    return {
        "answers": sorted((a.question_key, a.number, a.choice) for a in rows(Answer)),
        "comments": [(c.question_key, c.state) for c in rows(Comment)],
        "responses": [(r.state, r.follow_up, r.objected) for r in rows(Response)],
        "recordings": sorted(
            (r.provider_sid, r.visit, r.state, r.superseded, r.comment_id is not None)
            for r in rows(Recording)
        ),
        "copies": sorted((c.kind, c.provider_sid, c.delete_at is not None)
                         for c in rows(ProviderCopy)),
        "attempts": [(a.state, a.disposition) for a in rows(Attempt)],
        "calls": [(c.state, c.provider_sid) for c in rows(Call)],
        "invitations": [i.state for i in rows(Invitation)],
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_shuffled_and_doubled_webhooks_leave_the_same_rows(telephone: Telephone, seed: int) -> None:
    """The provider asks for documents in order, each perhaps twice; callbacks come anywhere."""
    rng = random.Random(seed)
    telephone.invite()
    call = telephone.ring()
    turns = [
        lambda: call.answer(),
        lambda: call.press("2", 0),
        lambda: call.press("6#", 1),
        lambda: call.press("1", 2),
        lambda: call.speak("RE1", 14, 3),
        lambda: call.press("3", 4),
        lambda: call.speak("RE2", 9, 5, CallStatus="completed"),
    ]
    callbacks = [
        (0, lambda: call.status("initiated", 0)),
        (0, lambda: call.status("ringing", 1)),
        (0, lambda: call.status("in-progress", 2)),
        (5, lambda: call.recording(3, "RE1")),
        # These three race with the last turn: the caller hung up while speaking.
        (6, lambda: call.status("completed", 3, CallDuration="60")),
        (6, lambda: call.recording(5, "RE2")),
    ]
    plan = [(place + 0.5, turn) for place, turn in enumerate(turns)]
    for earliest, callback in callbacks:
        for _ in range(rng.randint(1, 2)):
            # Never before the thing it tells of, but as late as it likes.
            plan.append((rng.uniform(earliest, len(turns) + 2), callback))
    for place, act in sorted(plan, key=lambda item: item[0]):
        act()
        if rng.random() < 0.4 and place < len(turns):
            act()

    assert summary() == {
        "answers": [("recommend", 6, None), ("satisfaction", 2, None)],
        "comments": [("comment", CommentState.RECORDED)],
        "responses": [(ResponseState.PARTIAL, "not asked", False)],
        "recordings": [
            ("RE1", 3, RecordingState.DROPPED, True, True),
            ("RE2", 5, RecordingState.READY, False, True),
        ],
        "copies": [("call", call.sid, True), ("recording", "RE1", True),
                   ("recording", "RE2", False)],
        "attempts": [("ended", Disposition.PARTIAL)],
        "calls": [(CallState.COMPLETED, call.sid)],
        "invitations": [InvitationState.TRYING],
    }  # fmt: skip


# Calls to our numbers.


def test_a_number_that_is_none_of_ours_rejects_the_call(telephone: Telephone) -> None:
    call = telephone.call_in("+46850000000")

    assert call.document.verbs == ["Reject"]
    assert rows(Call) == []


def test_a_message_is_taken_kept_and_closed(telephone: Telephone, house: House) -> None:
    call = telephone.call_in(RECEPTION, caller="+46701740609")
    assert call.document.verbs == ["Say", "Say", "Record", "Redirect"]

    call.speak("RE1", 14).press("1")
    call.recording(0, "RE1", seconds=14)
    call.token = ""
    call.status("completed", 0, CallDuration="33")

    message, recording = the(Message), the(Recording)
    assert message.state is MessageState.NEW
    sender = house.keyring.open(message.id, "message.caller", message.caller_sealed)
    assert sender == "+46701740609"
    assert (recording.message_id, recording.state) == (message.id, RecordingState.READY)
    assert the(Call).state is CallState.COMPLETED


def test_an_inbound_call_announced_twice_is_one_call(telephone: Telephone) -> None:
    first = telephone.call_in(RECEPTION)
    second = telephone.call_in(RECEPTION)

    assert first.document.text == second.document.text
    assert (len(rows(Call)), len(rows(Message))) == (1, 1)


def test_hanging_up_without_a_word_leaves_an_empty_message(telephone: Telephone) -> None:
    call = telephone.call_in(ON_CALL)
    call.token = ""

    call.status("completed", 0)

    assert the(Message).state is MessageState.EMPTY


def test_hanging_up_while_speaking_leaves_the_message(telephone: Telephone) -> None:
    call = telephone.call_in(ON_CALL)

    call.speak("RE1", 5, Digits="hangup", CallStatus="completed")

    assert the(Message).state is MessageState.NEW


def test_a_hidden_caller_leaves_a_message_without_a_number(telephone: Telephone) -> None:
    telephone.call_in(RECEPTION, caller="anonymous")

    assert the(Message).caller_sealed is None
    assert the(Call).caller_hash is None


# The caller's own recording.


def at_home(item: Any, sound: bytes) -> None:
    """What the worker does when it has fetched the file."""
    key = house().keyring.make_keys([item])[item]
    sealed = sealing.seal_file(key, sound, item=item, kind="recording.audio")
    house().blobs.put(item, sealed)
    with transaction() as session:
        session.get_one(Recording, item).state = RecordingState.STORED


def test_the_caller_hears_their_own_comment_while_the_call_lasts(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4").press("9").press("1")
    visit = call.document.visit
    call.speak("RE1").press("2")
    assert call.document.says == ["Ett ögonblick."]
    call.recording(visit, "RE1")
    at_home(the(Recording).id, b"RIFF and so on")

    call.silent()

    assert call.document.plays == [f"https://genklang.example/voice/hear/{call.token}/{visit}"]
    heard = telephone.client.get(f"/voice/hear/{call.token}/{visit}")
    assert (heard.status_code, heard.data) == (200, b"RIFF and so on")
    assert heard.headers["Cache-Control"] == "no-store"
    assert heard.headers["Content-Type"] == "audio/wav"
    call.status("completed", 3)
    assert telephone.client.get(f"/voice/hear/{call.token}/{visit}").status_code == 404


def test_a_comment_that_is_home_is_played_at_once(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4").press("9").press("1")
    visit = call.document.visit
    call.speak("RE1")
    call.recording(visit, "RE1")
    at_home(the(Recording).id, b"RIFF")

    call.press("2")

    assert len(call.document.plays) == 1


@pytest.mark.parametrize("path", ["/voice/hear/x/0", "/voice/hear/{token}/9"])
def test_nobody_elses_sound_is_played(telephone: Telephone, path: str) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4").press("9").press("1").speak("RE1")

    assert telephone.client.get(path.format(token=call.token)).status_code == 404


def test_a_recording_that_the_flow_has_gone_past_is_not_left_at_the_provider(
    telephone: Telephone,
) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4")

    call.speak("RE_LATE", 5, visit=0)

    with reading() as session:
        copy = session.scalars(
            select(ProviderCopy).where(ProviderCopy.provider_sid == "RE_LATE")
        ).one()
    assert copy.delete_at is not None
    assert rows(Comment) == []


@pytest.mark.conformance("C-HTTP-2")
def test_no_turn_asks_the_network_or_a_file(telephone: Telephone, house: House) -> None:
    """The provider of this house is a closed port and its folder of recordings is gone."""
    telephone.invite()
    call = telephone.ring()
    shutil.rmtree(urlsplit(house.settings.recordings_url).path)

    call.answer().press("4").press("9").press("1").speak("RE1").press("2").silent().press("1")
    call.status("completed", 3)

    assert the(Response).state is ResponseState.COMPLETED
