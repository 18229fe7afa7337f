"""Invitations: planned, put off, tried again, ended, withdrawn."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from storage.house import House, reading, transaction
from storage.states import Disposition, InvitationState
from storage.tables import Customer, Invitation
from survey import claims, invitations
from survey.permission import Method, Rule

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def state_of(invitation_id: UUID) -> tuple[InvitationState, datetime]:
    with reading() as session:
        invitation = session.get_one(Invitation, invitation_id)
        return invitation.state, invitation.due_at


def claimed(now: datetime = NOW, limit: int = 10) -> list[UUID]:
    with transaction() as session:
        return [one.id for one in claims.claim_due(session, now=now, limit=limit).invitations]


def test_an_invitation_is_planned_for_the_delay_after_the_case_but_never_before_now() -> None:
    rules = {"delay": HOUR, "stale_after": timedelta(days=7), "now": NOW}

    assert invitations.plan(NOW, **rules).due_at == NOW + HOUR
    assert invitations.plan(NOW - 5 * HOUR, **rules).due_at == NOW
    assert invitations.plan(NOW, **rules).expires_at == NOW + timedelta(days=7)


def test_a_case_is_too_old_from_the_very_moment_its_time_is_over() -> None:
    rules = {"delay": HOUR, "stale_after": timedelta(days=7), "now": NOW}
    edge = NOW - timedelta(days=7)

    assert invitations.plan(edge, **rules).too_old
    assert not invitations.plan(edge + timedelta(seconds=1), **rules).too_old


def test_after_a_busy_attempt_the_next_one_waits_from_the_attempts_end(
    invite: Any, desk: Any
) -> None:
    invitation_id = invite()
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        desk.end(session, attempt, Disposition.BUSY, now=NOW + timedelta(minutes=1))

    assert state_of(invitation_id) == (InvitationState.TRYING, NOW + timedelta(minutes=16))


@pytest.mark.parametrize(
    ("disposition", "state"),
    [
        (Disposition.COMPLETED, InvitationState.COMPLETED),
        (Disposition.REFUSED, InvitationState.REFUSED),
        (Disposition.MACHINE, InvitationState.UNREACHED),
    ],
)
def test_a_last_word_or_a_cause_set_to_never_ends_the_invitation(
    invite: Any, desk: Any, disposition: Disposition, state: InvitationState
) -> None:
    invitation_id = invite()
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        ended = desk.end(session, attempt, disposition, now=NOW)

    assert (ended.state, ended.ended_at) == (state, NOW)
    assert claimed(now=NOW + 5 * HOUR) == []


def test_a_call_that_was_cut_is_rung_once_more_and_then_ends_as_partial(
    invite: Any, desk: Any
) -> None:
    invitation_id, again = invite(), NOW + timedelta(minutes=10)
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        desk.end(session, attempt, Disposition.PARTIAL, now=NOW)
    assert state_of(invitation_id) == (InvitationState.TRYING, again)

    with transaction() as session:
        second = desk.ring(session, session.get_one(Invitation, invitation_id), now=again)
        assert second.number == 2
        desk.end(session, second, Disposition.NO_ANSWER, now=again)

    assert state_of(invitation_id)[0] is InvitationState.PARTIAL


def test_whoever_hung_up_without_a_word_is_not_rung_again(invite: Any, desk: Any) -> None:
    invitation_id = invite()
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        desk.end(session, attempt, Disposition.UNANSWERED, now=NOW)

    assert state_of(invitation_id)[0] is InvitationState.UNREACHED


def test_a_retry_that_would_come_too_late_is_not_planned(invite: Any, desk: Any) -> None:
    invitation_id = invite(happened_at=NOW - timedelta(days=7) + HOUR)
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        desk.end(session, attempt, Disposition.NO_ANSWER, now=NOW)

    assert state_of(invitation_id)[0] is InvitationState.UNREACHED


def test_told_twice_of_the_same_end_changes_nothing(invite: Any, desk: Any) -> None:
    invitation_id = invite()
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        desk.end(session, attempt, Disposition.BUSY, now=NOW)
        invitation = session.get_one(Invitation, invitation_id)
        once = (invitation.state, invitation.due_at)
        invitations.after_attempt(session, invitation, Disposition.BUSY, now=NOW + HOUR)

        assert (invitation.state, invitation.due_at) == once

        invitation.state = InvitationState.COMPLETED
        invitations.after_attempt(session, invitation, Disposition.NO_ANSWER, now=NOW + HOUR)
        assert invitation.state is InvitationState.COMPLETED


def test_outside_calling_hours_an_invitation_moves_to_the_next_opening(
    shipped: House, invite: Any, desk: Any
) -> None:
    invitation_id, night = invite(), NOW + 13 * HOUR
    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        invitations.put_off(
            session, invitation, desk.ask(session, invitation, now=night), now=night
        )

    assert state_of(invitation_id) == (
        InvitationState.PLANNED, datetime(2026, 3, 11, 8, 0, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(("number", "state"), [(None, "unreached"), ("+4670", "unreached")])
def test_an_invitation_without_a_number_that_can_be_rung_ends(
    invite: Any, desk: Any, number: str | None, state: str
) -> None:
    invitation_id = invite()
    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        refusal = desk.ask(session, invitation, number=number)
        invitations.put_off(session, invitation, refusal, now=NOW)

    assert state_of(invitation_id)[0] == state


def test_whoever_was_never_tried_and_has_no_time_left_is_expired_and_not_unreached(
    invite: Any, desk: Any
) -> None:
    invitation_id, evening = invite(), NOW - 2 * HOUR + timedelta(days=6, hours=12)
    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        refusal = desk.ask(session, invitation, now=evening)
        invitations.put_off(session, invitation, refusal, now=evening)

    assert (refusal.rule, refusal.next_allowed_at) == (Rule.OUTSIDE_CALLING_HOURS, None)
    assert state_of(invitation_id)[0] is InvitationState.EXPIRED


def test_what_became_too_old_expires_and_what_was_tried_ends_as_unreached(
    invite: Any, desk: Any
) -> None:
    untried = invite("case-1", phone="+46701740605")
    tried = invite("case-2", phone="+46701740606")
    alive = invite("case-3", phone="+46701740607")
    edge = NOW - 2 * HOUR + timedelta(days=7)
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, tried))
        desk.end(session, attempt, Disposition.BUSY, now=NOW)
        desk.ring(session, session.get_one(Invitation, alive))

    with transaction() as session:
        assert invitations.expire(session, now=edge - timedelta(seconds=1)) == 0
        assert invitations.expire(session, now=edge) == 2
        assert invitations.expire(session, now=edge) == 0

    assert state_of(untried)[0] is InvitationState.EXPIRED
    assert state_of(tried)[0] is InvitationState.UNREACHED
    assert state_of(alive)[0] is InvitationState.TRYING


@pytest.mark.parametrize("method", [Method.CALLS, Method.ALL])
def test_an_objection_withdraws_all_that_is_open_for_this_person_and_nobody_else(
    invite: Any, desk: Any, method: Method
) -> None:
    mine = [invite(f"case-{number}", phone="+46701740605") for number in range(3)]
    other = invite("case-9", phone="+46701740606")
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, mine[0]))
        desk.end(session, attempt, Disposition.COMPLETED, now=NOW)

    with transaction() as session:
        person = session.get_one(Customer, session.get_one(Invitation, mine[0]).customer_id)
        assert invitations.withdraw(session, person, method, now=NOW) == 2
        assert invitations.withdraw(session, person, method, now=NOW) == 0

    assert [state_of(one)[0].value for one in (*mine, other)] == [
        "completed", "withdrawn", "withdrawn", "planned",
    ]  # fmt: skip


def test_an_objection_to_text_messages_withdraws_no_call(invite: Any) -> None:
    invitation_id = invite()
    with transaction() as session:
        person = session.get_one(Customer, session.get_one(Invitation, invitation_id).customer_id)

        assert invitations.withdraw(session, person, Method.SMS, now=NOW) == 0


@pytest.mark.parametrize(
    ("disposition", "state"),
    [
        (Disposition.REFUSED, InvitationState.REFUSED),
        (Disposition.COMPLETED, InvitationState.COMPLETED),
        (Disposition.NO_ANSWER, InvitationState.WITHDRAWN),
    ],
)
def test_one_withdrawn_during_its_call_ends_as_the_call_did_and_is_never_rung_again(
    invite: Any, desk: Any, disposition: Disposition, state: InvitationState
) -> None:
    invitation_id = invite()
    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        attempt = desk.ring(session, invitation)
        person = session.get_one(Customer, invitation.customer_id)
        assert invitations.withdraw(session, person, Method.ALL, now=NOW) == 1
        desk.end(session, attempt, disposition, now=NOW + HOUR)

    assert state_of(invitation_id)[0] is state
    assert claimed(now=NOW + 6 * HOUR) == []
