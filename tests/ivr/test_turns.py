"""Whole calls over HTTP against real rows."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import func, select

from storage.house import House, reading, transaction, utc_now
from storage.queue import QueueName
from storage.states import (
    AttemptState,
    CallState,
    CommentState,
    Disposition,
    FollowUp,
    InvitationState,
    ProviderCopyState,
    RecordingState,
    ResponseState,
)
from storage.tables import (
    Answer,
    Attempt,
    Call,
    CallEvent,
    Comment,
    Customer,
    Invitation,
    Objection,
    ProviderCopy,
    Recording,
    Response,
)
from survey import objections
from survey.permission import Method
from tests.ivr.conftest import rows, the

Telephone = Any


def answers() -> dict[str, int | str]:
    return {row.question_key: row.number if row.choice is None else row.choice
            for row in rows(Answer)}  # fmt: skip


def invitation(item: UUID) -> Invitation:
    with reading() as session:
        return session.get_one(Invitation, item)


def test_a_satisfied_call_leaves_its_answers_and_ends_completed(telephone: Telephone) -> None:
    item = telephone.invite()
    call = telephone.ring().answer()

    call.press("5").press("10").press("2")
    call.status("completed", 3, CallDuration="41")

    response = the(Response)
    assert answers() == {"satisfaction": 5, "recommend": 10}
    assert response.state is ResponseState.COMPLETED
    assert response.completed_at is not None
    assert response.follow_up is FollowUp.NOT_ASKED
    assert call.document.verbs == ["Say", "Hangup"]
    attempt, row = the(Attempt), the(Call)
    assert (attempt.state, attempt.disposition) == (AttemptState.ENDED, Disposition.COMPLETED)
    assert (row.state, row.seconds, row.provider_sid) == (CallState.COMPLETED, 41, call.sid)
    assert invitation(item).state is InvitationState.COMPLETED


def test_an_answer_is_stored_before_the_next_prompt_is_spoken(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4")

    assert answers() == {"satisfaction": 4}
    assert call.document.verbs == ["Gather", "Redirect"]


def test_every_webhook_twice_hears_the_same_and_stores_once(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring()
    for act in (
        lambda: call.answer(),
        lambda: call.press("2", 0),
        lambda: call.press("7#", 1),
        lambda: call.press("1", 2),
        lambda: call.speak("RE1", 9, 3),
        lambda: call.press("1", 4),
        lambda: call.press("1", 5),
    ):
        first = act().document.text
        assert act().document.text == first

    assert answers() == {"satisfaction": 2, "recommend": 7}
    assert the(Comment).question_key == "comment"
    assert the(Recording).provider_sid == "RE1"
    assert the(Response).follow_up is FollowUp.YES
    assert "Får vi kontakta dig" in (the(Response).follow_up_wording or "")


def test_a_comment_becomes_a_recording_that_waits_for_its_file(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4").press("9").press("1")
    visit = call.document.visit
    assert "Record" in call.document.verbs

    call.speak("RE1", 12)

    recording = the(Recording)
    assert (recording.visit, recording.announced_seconds) == (visit, 12)
    assert recording.state is RecordingState.ANNOUNCED
    assert recording.comment_id == the(Comment).id
    kinds = {(copy.kind, copy.provider_sid) for copy in rows(ProviderCopy)}
    assert kinds == {("call", call.sid), ("recording", "RE1")}


def test_the_recording_callback_may_come_first(telephone: Telephone, house: House) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4").press("9").press("1")
    visit = call.document.visit

    assert call.recording(visit, "RE1") == 204
    call.speak("RE1", 12, visit)

    recording = the(Recording)
    assert recording.state is RecordingState.READY
    assert recording.comment_id == the(Comment).id


def test_recording_again_drops_the_first_and_deletes_it_there(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4").press("9").press("1").speak("RE1").press("3")

    call.speak("RE2").press("1")

    first, second = rows(Recording)
    assert (first.superseded, first.state) == (True, RecordingState.DROPPED)
    assert second.state is RecordingState.ANNOUNCED
    with reading() as session:
        copy = session.scalars(select(ProviderCopy).where(ProviderCopy.provider_sid == "RE1")).one()
    assert copy.delete_at is not None
    assert the(Comment).state is CommentState.RECORDED


def test_silence_where_words_were_hoped_for_is_deleted_there_too(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4").press("9").press("1")

    call.speak("RE0", 0)

    assert rows(Comment) == []
    assert the(Recording).state is RecordingState.DROPPED
    with reading() as session:
        copy = session.scalars(select(ProviderCopy).where(ProviderCopy.provider_sid == "RE0")).one()
    assert copy.delete_at is not None


def test_a_hang_up_half_way_is_partial_and_the_next_call_goes_on(telephone: Telephone) -> None:
    item = telephone.invite()
    first = telephone.ring().answer()
    first_words = first.document.says[0]
    first.press("4").status("completed", 3)
    assert the(Attempt).disposition is Disposition.PARTIAL
    assert the(Response).state is ResponseState.PARTIAL
    assert invitation(item).state is InvitationState.TRYING

    with time_machine.travel(invitation(item).due_at, tick=True):
        second = telephone.ring().answer()
        assert second.document.says[0] != first_words
        assert "rekommendera" in " ".join(second.document.says)
        second.press("8").press("2")
        second.status("completed", 3)

    assert answers() == {"satisfaction": 4, "recommend": 8}
    assert the(Response).state is ResponseState.COMPLETED
    assert invitation(item).state is InvitationState.COMPLETED
    assert [row.disposition for row in rows(Attempt)] == [
        Disposition.PARTIAL,
        Disposition.COMPLETED,
    ]


def test_nothing_answered_is_unanswered(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer()

    call.status("completed", 3)

    assert rows(Response) == []
    assert the(Attempt).disposition is Disposition.UNANSWERED


@pytest.mark.conformance("C-CALL-6")
@pytest.mark.parametrize(
    ("state", "disposition"),
    [
        ("busy", Disposition.BUSY),
        ("no-answer", Disposition.NO_ANSWER),
        ("failed", Disposition.FAILED),
        ("canceled", Disposition.CANCELED),
    ],
)
def test_c_call_6_each_way_of_not_being_reached_is_told_apart(
    telephone: Telephone, state: str, disposition: Disposition
) -> None:
    telephone.invite()

    telephone.ring().status(state, 2)

    assert the(Attempt).disposition is disposition


def test_an_objection_withdraws_everything_and_ends_as_refused(telephone: Telephone) -> None:
    item = telephone.invite()
    other = telephone.invite("case-2")
    call = telephone.ring().answer().press("3")

    call.press("*").press("2")
    call.status("completed", 3)

    assert {(row.method, row.source) for row in rows(Objection)} == {("all", "call")}
    states = {invitation(item).state, invitation(other).state}
    assert states == {InvitationState.REFUSED, InvitationState.WITHDRAWN}
    assert the(Attempt).disposition is Disposition.REFUSED
    assert (the(Response).state, the(Response).objected) == (ResponseState.REFUSED, True)
    assert answers() == {"satisfaction": 3}


def test_a_language_chosen_by_key_is_remembered(telephone: Telephone) -> None:
    telephone.invite(locale=None)
    call = telephone.ring().answer()

    call.press("5")

    assert the(Customer).locale == "en"
    assert call.document.says[0].startswith("Hello")


def test_somebody_who_objected_while_it_rang_is_not_asked(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring()
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        objections.record(
            session, customer, Method.ALL, source=objections.Source.CONSOLE, at=utc_now()
        )

    call.answer()

    assert call.document.verbs == ["Say", "Hangup"]


def test_scores_lie_in_no_other_row_than_their_own(telephone: Telephone) -> None:
    telephone.invite()
    telephone.ring().answer().press("4").press("8")

    kept = str(the(Call).flow) + "".join(str(row.facts) for row in rows(CallEvent))

    assert "answered" not in kept
    assert "Digits" not in kept


def test_a_machine_that_was_heard_before_the_first_word_hears_none(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring()

    call.answer(AnsweredBy="machine_start")
    call.status("completed", 3)

    assert call.document.verbs == ["Hangup"]
    assert the(Attempt).disposition is Disposition.MACHINE


@pytest.mark.conformance("C-AMD-1")
def test_a_machine_heard_later_is_hung_up_on_by_a_job(telephone: Telephone, house: House) -> None:
    telephone.invite()
    call = telephone.ring().answer()

    assert call.detected("machine_start") == 204
    queue = house.bell.queue(QueueName.DEFAULT)
    assert [job.id for job in queue.jobs] == [f"end_call-{the(Call).id}"]
    call.status("completed", 3)

    assert the(Attempt).disposition is Disposition.MACHINE


def test_a_pressed_key_always_means_a_person(telephone: Telephone, house: House) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("9")

    call.detected("machine_start")
    call.status("completed", 3)

    assert house.bell.queue(QueueName.DEFAULT).count == 0
    assert the(Attempt).disposition is Disposition.UNANSWERED


def test_the_call_record_is_deleted_at_the_provider_after_its_end(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4")

    call.status("completed", 3)

    copy = the(ProviderCopy)
    assert (copy.kind, copy.provider_sid, copy.state) == (
        "call",
        call.sid,
        ProviderCopyState.PRESENT,
    )
    assert copy.delete_at is not None
    assert copy.delete_at > the(Call).ended_at


def test_raw_events_are_kept_once_and_without_numbers(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("4")
    for _ in range(2):
        call.status("ringing", 1)
        call.status("completed", 3, SipResponseCode="200")

    with reading() as session:
        kept = session.scalar(
            select(func.count()).select_from(CallEvent).where(CallEvent.kind == "status")
        )
    assert kept == 2
    assert not any("+46" in str(event.facts) for event in rows(CallEvent))


def test_keys_on_their_way_when_the_line_broke_count_and_a_replay_does_not(
    telephone: Telephone,
) -> None:
    telephone.invite()
    call = telephone.ring().answer()
    call.status("completed", 3)

    call.press("4", 0)
    assert answers() == {"satisfaction": 4}
    assert the(Attempt).disposition is Disposition.PARTIAL
    with time_machine.travel(utc_now() + timedelta(minutes=11), tick=True):
        call.press("9", 1)

    assert answers() == {"satisfaction": 4}


def test_two_webhooks_in_the_same_instant_are_one_turn(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer()
    app = telephone.client.application
    heard: list[str] = []

    def post() -> None:
        twin = type(call)(app.test_client(), call.token, sid=call.sid, To="+46701740605")
        heard.append(twin.press("4", 0).document.text)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(heard)) == 1
    assert answers() == {"satisfaction": 4}
    assert len(rows(Response)) == 1


def test_an_inbound_call_announced_twice_at_once_is_one_call(telephone: Telephone) -> None:
    app = telephone.client.application
    heard: list[str] = []

    def call_in() -> None:
        heard.append(type(telephone)(app.test_client()).call_in("+46313900611").document.text)

    threads = [threading.Thread(target=call_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(heard)) == 1
    assert len(rows(Call)) == 1


def test_what_comes_after_the_end_can_still_complete_an_invitation_that_seemed_cut_off(
    telephone: Telephone,
) -> None:
    item = telephone.invite()
    call = telephone.ring().answer().press("4").press("9").press("1")
    visit = call.document.visit
    with transaction() as session:  # too old for another try
        session.get_one(Invitation, item).expires_at = utc_now() + timedelta(minutes=1)
    call.status("completed", 3)
    assert invitation(item).state is InvitationState.PARTIAL

    call.speak("RE1", 9, visit, Digits="hangup", CallStatus="completed")

    assert invitation(item).state is InvitationState.COMPLETED
    assert the(Attempt).disposition is Disposition.COMPLETED
    assert the(Response).state is ResponseState.COMPLETED
