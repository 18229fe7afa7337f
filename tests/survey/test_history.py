"""The history of an invitation: each step once, in its order, with nothing personal."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from storage.house import House, reading, transaction
from storage.states import AttemptMethod, CampaignState, Disposition
from storage.states import InvitationEventKind as Kind
from storage.tables import Customer, Invitation, InvitationEvent
from survey import attempts, history, invitations, objections
from survey.objections import Source
from survey.permission import Method, Refusal

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def steps(invitation_id: UUID) -> list[tuple[Kind, str | None]]:
    with reading() as session:
        found = history.steps(session, session.get_one(Invitation, invitation_id))
    return [(one.kind, one.detail) for one in found]


def test_what_was_only_planned_has_one_step(invite: Any) -> None:
    assert steps(invite()) == [(Kind.PLANNED, None)]


def test_being_put_off_again_and_again_by_one_rule_is_one_step_that_counts(
    invite: Any, desk: Any
) -> None:
    invitation_id = invite()
    for minute in range(3):
        with transaction() as session:
            desk.campaign(session).state = CampaignState.PAUSED
            invitation = session.get_one(Invitation, invitation_id)
            refusal = desk.ask(session, invitation, now=NOW + minute * MINUTE)
            assert isinstance(refusal, Refusal)
            invitations.put_off(session, invitation, refusal, now=NOW + minute * MINUTE)

    assert steps(invitation_id) == [(Kind.PLANNED, None), (Kind.PUT_OFF, "campaign_not_running")]
    with reading() as session:
        event = session.scalars(select(InvitationEvent)).one()
    assert event.happened_at == NOW
    assert event.facts == {"times": 3, "last_at": (NOW + 2 * MINUTE).isoformat()}


@pytest.mark.parametrize(
    ("disposition", "last"),
    [
        (Disposition.COMPLETED, [(Kind.REACHED, None), (Kind.COMPLETED, "completed")]),
        (Disposition.REFUSED, [(Kind.REACHED, None), (Kind.REFUSED, "refused")]),
        (Disposition.PARTIAL, [(Kind.REACHED, None), (Kind.BROKE_OFF, "partial")]),
        (Disposition.BUSY, [(Kind.NOT_REACHED, "busy")]),
        (Disposition.MACHINE, [(Kind.NOT_REACHED, "machine"), (Kind.NOT_REACHED, "given_up")]),
    ],
)
def test_each_end_of_a_call_is_a_step(
    invite: Any, desk: Any, disposition: Disposition, last: list[tuple[Kind, str | None]]
) -> None:
    invitation_id = invite()
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        attempts.made(session, attempt)
        attempts.made(session, attempt)  # a webhook says so too
        attempt.ended_at = NOW + MINUTE
        history.ended(session, attempt, disposition, answered_at=NOW + MINUTE / 2)
        desk.end(session, attempt, disposition, now=NOW + MINUTE)

    assert steps(invitation_id) == [(Kind.PLANNED, None), (Kind.TRIED, "call"), *last]


def test_an_order_that_was_given_back_is_no_step(invite: Any, desk: Any) -> None:
    invitation_id = invite()
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        history.ended(session, attempt, Disposition.GIVEN_BACK, answered_at=None)
        desk.end(session, attempt, Disposition.GIVEN_BACK, now=NOW)

    assert steps(invitation_id) == [(Kind.PLANNED, None)]


def test_an_objection_is_a_step_of_the_attempt_that_is_under_way(
    invite: Any, desk: Any, shipped: House
) -> None:
    invitation_id = invite()
    with transaction() as session:
        attempt_id = desk.ring(session, session.get_one(Invitation, invitation_id)).id

    with transaction() as session:
        person = session.scalars(select(Customer)).one()
        objections.record(session, person, Method.ALL, source=Source.CALL, at=NOW + MINUTE)

    assert steps(invitation_id)[1:] == [(Kind.OBJECTED, None), (Kind.WITHDRAWN, None)]
    with reading() as session:
        objected = select(InvitationEvent).where(InvitationEvent.kind == Kind.OBJECTED)
        assert session.scalars(objected).one().attempt_id == attempt_id


def test_what_became_too_old_says_so_and_what_cannot_be_rung_names_the_rule(
    invite: Any, desk: Any
) -> None:
    stale, without = invite("case-1"), invite("case-2", phone="+46701740606")
    with transaction() as session:
        invitation = session.get_one(Invitation, without)
        refusal = desk.ask(session, invitation, number=None)
        assert isinstance(refusal, Refusal)
        invitations.put_off(session, invitation, refusal, now=NOW)
        invitations.expire(session, now=NOW + timedelta(days=30))

    assert steps(stale)[1:] == [(Kind.EXPIRED, None)]
    assert steps(without)[1:] == [(Kind.NOT_REACHED, "no_number")]


def said(invitation_ids: list[UUID]) -> list[list[tuple[Kind, str | None]]]:
    return [steps(one)[1:] for one in invitation_ids]


def test_one_no_is_one_step_however_many_cases_of_a_campaign_are_open(
    invite: Any, desk: Any
) -> None:
    cases = [invite(f"case-{number}") for number in range(3)]
    with transaction() as session:
        desk.ring(session, session.get_one(Invitation, cases[1]))

    with transaction() as session:
        person = session.scalars(select(Customer)).one()
        objections.record(session, person, Method.CALLS, source=Source.CALL, at=NOW + MINUTE)

    ended = [(Kind.WITHDRAWN, "objection")]
    assert said(cases) == [ended, [(Kind.OBJECTED, None), (Kind.WITHDRAWN, None)], ended]


def test_a_no_to_texts_is_a_step_once_and_withdraws_what_a_text_would_ask(
    invite: Any, desk: Any
) -> None:
    called, texted, arrived = (invite(f"case-{number}") for number in range(3))
    with transaction() as session:
        for one in (texted, arrived):
            session.get_one(Invitation, one).next_by = AttemptMethod.SMS
        arrived_one = session.get_one(Invitation, arrived)
        arrived_one.due_at = arrived_one.expires_at

    for source in (Source.SMS, Source.WEB):
        with transaction() as session:
            person = session.scalars(select(Customer)).one()
            objections.record(session, person, Method.SMS, source=source, at=NOW + MINUTE)

    step = [(Kind.OBJECTED, None), (Kind.WITHDRAWN, None)]
    assert said([called, texted, arrived]) == [[], step, []]


def test_a_no_to_texts_is_a_step_also_where_it_withdraws_nothing(invite: Any) -> None:
    called = invite()

    with transaction() as session:
        person = session.scalars(select(Customer)).one()
        noted = objections.record(session, person, Method.SMS, source=Source.SMS, at=NOW)

    assert noted.withdrawn == 0
    assert said([called]) == [[(Kind.OBJECTED, None)]]
