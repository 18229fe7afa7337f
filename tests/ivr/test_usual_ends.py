"""The usual answer and end of a call leave behind what the unusual ones do."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from ivr import calls_status, flow
from ivr.conversations import lock_by_token
from ivr.events import StatusTold, scrubbed
from ivr.flow_events import HungUp
from ivr.flow_state import FlowState
from storage.house import reading, transaction, utc_now
from storage.states import InvitationState
from storage.tables import (
    Attempt,
    Call,
    CallEvent,
    Invitation,
    InvitationEvent,
    ProviderCopy,
    Response,
)
from tests.ivr.conftest import Caller, Handset

Telephone = Any
Story = Callable[[Handset], Handset]

PEOPLE = ("+46701740605", "+46701740606")
STORIES: dict[str, tuple[Story, str, dict[str, str]]] = {
    "nobody comes": (lambda call: call, "no-answer", {}),
    "busy": (lambda call: call, "busy", {}),
    "failed": (lambda call: call, "failed", {}),
    "a machine": (
        lambda call: call.answer(AnsweredBy="machine_start"),
        "completed",
        {"CallDuration": "2"},
    ),
    "a machine that is told at the end": (
        lambda call: call,
        "completed",
        {"CallDuration": "2", "AnsweredBy": "machine_start"},
    ),
    "hung up at once": (lambda call: call.answer(), "completed", {"CallDuration": "3"}),
    "cut after an answer": (
        lambda call: call.answer().press("5"),
        "completed",
        {"CallDuration": "31"},
    ),
    "cut in a comment": (
        lambda call: call.answer().press("5").press("9").press("1"),
        "completed",
        {"CallDuration": "40"},
    ),
    "to the end": (
        lambda call: call.answer().press("5").press("9").press("2"),
        "completed",
        {"CallDuration": "50"},
    ),
    "an objection": (
        lambda call: call.answer().press("*").press("1"),
        "completed",
        {"CallDuration": "20"},
    ),
}


def end_slowly(call: Handset, state: str, form: dict[str, str]) -> None:
    """As `told_by_token` does it for a call that is not usual."""
    whole = {"CallSid": call.sid, "CallStatus": state, "SequenceNumber": "3", **call.form, **form}
    with transaction() as session:
        row = lock_by_token(session, call.token)
        assert row is not None
        calls_status.told(
            session, row, StatusTold.from_form(whole), facts=scrubbed(whole), at=utc_now()
        )


def left_by(call: Handset) -> dict[str, Any]:
    """Everything that is known of a call, without its ids and its moments."""
    with reading() as session:
        row = session.scalars(select(Call).where(Call.token == call.token)).one()
        attempt = session.get_one(Attempt, row.attempt_id)
        invitation = session.get_one(Invitation, attempt.invitation_id)
        copy = session.scalars(
            select(ProviderCopy).where(ProviderCopy.provider_sid == call.sid)
        ).one()
        told = session.scalars(select(CallEvent).where(CallEvent.call_id == row.id))
        steps = session.scalars(
            select(InvitationEvent).where(InvitationEvent.invitation_id == invitation.id)
        )
        said = session.scalars(
            select(Response.state).where(Response.invitation_id == invitation.id)
        )
        assert row.ended_at is not None
        goes_on = invitation.state is InvitationState.TRYING
        return {
            "call": (row.state, row.seconds, row.flow, row.survey_version_id),
            "answered": row.answered_at is not None,
            "attempt": (attempt.state, attempt.disposition, attempt.answered_by),
            "cost": attempt.cost_micros,
            "over at the same moment": attempt.ended_at == row.ended_at,
            "invitation": (invitation.state, invitation.next_by, invitation.survey_version_id),
            "again after": invitation.due_at - row.ended_at if goes_on else None,
            "goes on": invitation.ended_at is None,
            "copy": (copy.state, copy.delete_at and copy.delete_at - row.ended_at),
            "told": sorted((one.kind, one.dedup_key, one.verdict, str(one.facts)) for one in told),
            "steps": sorted(
                (one.kind, one.detail or "", one.attempt_id == attempt.id) for one in steps
            ),
            "said": list(said),
        }  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_the_usual_end_and_the_unusual_one_leave_the_same(telephone: Telephone, story: str) -> None:
    lived, state, form = STORIES[story]
    calls = []
    for number, phone in enumerate(PEOPLE):
        telephone.invite(f"case-{number}", phone=phone)
        call = telephone.ring()
        call.status("ringing", 2)
        calls.append(lived(call))
    usual, unusual = calls

    usual.status(state, 3, **form)
    end_slowly(unusual, state, form)

    assert left_by(usual) == left_by(unusual)


def test_the_usual_answer_and_the_unusual_one_leave_the_same(telephone: Telephone) -> None:
    calls = []
    for number, phone in enumerate(PEOPLE):
        telephone.invite(f"case-{number}", phone=phone)
        calls.append(telephone.ring())
    usual, unusual = calls
    usual.status("ringing", 2)

    # The provider's answer is not written down yet: the call has no name.
    unusual.answer().status("ringing", 2)
    usual.answer()

    for call in calls:
        call.status("completed", 3, CallDuration="3")
    assert left_by(usual) | {"told": None} == left_by(unusual) | {"told": None}
    assert usual.document.says == unusual.document.says


def test_a_call_of_which_only_the_end_is_told_twice_ends_once(telephone: Telephone) -> None:
    telephone.invite()
    call = telephone.ring()
    call.status("ringing", 2)

    call.status("no-answer", 3)
    once = left_by(call)
    call.status("no-answer", 3)
    call.status("completed", 4, CallDuration="9")

    again = left_by(call)
    assert {key for key in once if once[key] != again[key]} == {"told"}


def test_a_hang_up_marks_the_flow_as_the_flow_itself_does(call: Callable[[], Caller]) -> None:
    caller = call().press("5")

    left = flow.apply(caller.state, HungUp(), caller.script).state

    assert left.to_json() == {**caller.state.to_json(), "left": True}
    assert FlowState.from_json(left.to_json(), answered=left.answered) == left
