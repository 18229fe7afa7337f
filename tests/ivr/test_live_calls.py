"""The usual call of a turn comes as plain values; any other as its row, and is treated the same."""

import threading
from typing import Any

import pytest
from sqlalchemy import select, text, update

from ivr.conversations import keep_flow
from ivr.live_calls import LiveCall, lock_for_turn
from storage.house import House, reading, transaction, utc_now
from storage.states import CallState
from storage.tables import Answer, Call, CallEvent, Recording
from survey import responses, standing
from survey.script import Direction, QuestionKind
from tests.ivr.conftest import rows, the

Telephone = Any


def found(token: str) -> LiveCall | Call | None:
    with transaction() as session:
        return lock_for_turn(session, token)


def change(**columns: Any) -> None:
    with transaction() as session:
        session.execute(update(Call).values(**columns))


def test_a_call_under_way_comes_with_all_that_was_said(telephone: Telephone) -> None:
    item = telephone.invite()
    call = telephone.ring().answer().press("2").press("9").press("1").speak("RE" + "1" * 32)

    live = found(call.token)

    row = the(Call)
    assert isinstance(live, LiveCall)
    assert (live.id, live.flow, live.provider_sid) == (row.id, row.flow, call.sid)
    with reading() as session:
        assert live.standing == standing.of_attempt(session, row.organisation_id, row.attempt_id)
    assert live.standing.invitation_id == item
    assert live.standing.values == {"satisfaction": 2, "recommend": 9, "comment": "spoken"}


def test_a_call_without_an_answer_has_no_response_yet(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer()

    live = found(call.token)

    assert isinstance(live, LiveCall)
    assert (live.standing.response, live.standing.values) == (None, {})


@pytest.mark.parametrize(
    "unusual",
    [
        {"state": CallState.COMPLETED},
        {"provider_sid": None},
        {"flow": None},
        {"survey_version_id": None},
        {"attempt_id": None},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_a_call_that_is_anything_but_usual_comes_as_its_row(
    telephone: Telephone, unusual: dict[str, Any]
) -> None:
    telephone.invite()
    call = telephone.ring().answer()
    change(**unusual)

    assert isinstance(found(call.token), Call)


def test_nobody_knows_another_token(telephone: Telephone) -> None:
    assert found("f" * 48) is None


def test_a_call_whose_name_is_not_known_yet_is_named_by_its_turn(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer()
    change(provider_sid=None)

    call.press("5")

    assert the(Call).provider_sid == call.sid
    assert [(row.question_key, row.number) for row in rows(Answer)] == [("satisfaction", 5)]


def test_another_name_in_a_later_turn_changes_neither_the_name_nor_the_answer(
    telephone: Telephone,
) -> None:
    telephone.invite()
    call = telephone.ring().answer()
    first, call.sid = call.sid, "CA" + "e" * 32

    call.press("5")

    assert the(Call).provider_sid == first
    assert [(row.question_key, row.number) for row in rows(Answer)] == [("satisfaction", 5)]


def test_keys_and_a_recording_that_come_after_the_call_is_over_still_count(
    telephone: Telephone,
) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("2").press("9").press("1")
    call.status("completed", 3, CallDuration="41")

    call.speak("RE" + "1" * 32, CallStatus="completed")

    assert the(Recording).provider_sid == "RE" + "1" * 32
    assert "recorded:3" in {row.dedup_key for row in rows(CallEvent)}


def test_a_late_recording_of_a_call_under_way_is_let_go(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("2")

    call.speak("RE" + "1" * 32, visit=0)

    events = [(row.dedup_key, row.verdict.value) for row in rows(CallEvent)]
    assert ("recorded:0:late", "repeated") in events
    assert rows(Recording) == []


def test_who_waited_for_the_lock_sees_what_was_said_meanwhile(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    call = telephone.ring().answer()
    seen: list[LiveCall | Call | None] = []
    waiter = threading.Thread(target=lambda: seen.append(found(call.token)))

    with transaction() as session:
        live = lock_for_turn(session, call.token)
        assert isinstance(live, LiveCall)
        waiter.start()
        _until_it_waits(house)
        begun = responses.begin(
            session,
            live.standing,
            version_id=live.survey_version_id,
            language="sv",
            at=utc_now(),
        )
        responses.give_answer(
            session, begun, "satisfaction", kind=QuestionKind.CSAT, value=5,
            direction=Direction.HIGH_IS_GOOD, at=utc_now(),
        )  # fmt: skip
        keep_flow(session, live, live.flow | {"visit": 1})
    waiter.join(20)

    (late,) = seen
    assert isinstance(late, LiveCall)
    assert late.flow["visit"] == 1
    assert late.standing.response == begun
    assert late.standing.values == {"satisfaction": 5}


def _until_it_waits(house: House) -> None:
    """On SQLite one writer is let in at a time, so whoever comes later sees all of it anyway."""
    waiting = select(text("count(*)")).select_from(text("pg_locks")).where(text("NOT granted"))
    while not house.database.is_sqlite:
        with reading() as session:
            if session.scalar(waiting):
                return
