"""A person is asked by one invitation at a time, over all campaigns of an organisation."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.house import House, transaction
from storage.states import AttemptMethod, AttemptState, Disposition, InvitationState
from storage.tables import Campaign, Invitation, ThrottleToken
from survey import attempts, permission, permission_facts
from survey.permission import Method, Permit, Refusal, Rule
from survey.places import find_campaign

Invite = Callable[..., UUID]
THREE_MONTHS = timedelta(days=90)


def test_while_the_telephone_rings_for_one_case_another_waits_for_its_end(
    invite: Invite, desk: Any, now: datetime
) -> None:
    first, second = invite("case-1"), invite("case-2", happened_at=now + timedelta(days=88))

    with transaction() as session:
        desk.ring(session, session.get_one(Invitation, first))
    with transaction() as session:
        other = session.get_one(Invitation, second)
        other.due_at = now
        just_before = desk.ask(session, other, now=now + THREE_MONTHS - timedelta(seconds=1))

    assert isinstance(just_before, Refusal)
    # Whether that call asks at all shows when it is over.
    assert just_before.rule is Rule.ON_THE_LINE


def test_once_the_period_is_over_the_next_case_may_be_asked_about(
    invite: Invite, desk: Any, now: datetime
) -> None:
    first, second = invite("case-1"), invite("case-2", happened_at=now + timedelta(days=88))

    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, first))
        desk.end(session, attempt, Disposition.COMPLETED, now=now)
    with transaction() as session:
        other = session.get_one(Invitation, second)
        other.due_at = now
        before = desk.ask(session, other, now=now + timedelta(days=89))
        after = desk.ask(session, other, now=now + timedelta(days=90, hours=3))

    assert isinstance(before, Refusal)
    assert before.rule is Rule.THROTTLED
    assert isinstance(after, Permit)


@pytest.fixture
def another_campaign(shipped: House) -> str:
    """The key of a second campaign of the same organisation."""
    with transaction() as session:
        owner, one = find_campaign(session, organisation="consumer-credit", campaign="after-case")
        session.add(
            Campaign(
                organisation_id=owner.id, key="another", survey_version_id=one.survey_version_id,
                line_id=one.line_id, rules=one.rules,
            )
        )  # fmt: skip
    return "another"


@pytest.mark.parametrize("then", [Method.CALLS, Method.SMS])
@pytest.mark.parametrize("first", [Method.CALLS, Method.SMS])
def test_who_was_asked_for_one_campaign_is_left_alone_by_another_whatever_the_way(
    invite: Invite, another_campaign: str, now: datetime, first: Method, then: Method
) -> None:
    def ask(session: Session, item: UUID, by: Method) -> Permit | Refusal:
        invitation = session.get_one(Invitation, item)
        invitation.next_by = AttemptMethod.SMS if by is Method.SMS else None
        facts = permission_facts.gather(
            session, invitation, now=now, number="+46701740605", allowed_numbers=(), method=by
        )
        decision = permission.decide(facts, now=now)
        return permission.store(session, decision, invitation, to="+46701740605", now=now)

    before, after = invite("case-1"), invite("case-2", campaign=another_campaign)

    with transaction() as session:
        assert isinstance(ask(session, after, then), Permit)
    with transaction() as session:
        permit = ask(session, before, first)
        assert isinstance(permit, Permit)
        attempt = attempts.begin(session, session.get_one(Invitation, before), permit, now=now)
        attempt.state, attempt.ended_at = AttemptState.ENDED, now
        attempt.disposition = Disposition.COMPLETED
    with transaction() as session:
        refusal = ask(session, after, then)

    assert isinstance(refusal, Refusal)
    assert refusal.rule is Rule.THROTTLED


def test_an_invitation_is_not_held_up_by_its_own_earlier_call(
    invite: Invite, desk: Any, now: datetime
) -> None:
    item = invite()

    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, item))
        desk.end(session, attempt, Disposition.BUSY, now=now)
    with transaction() as session:
        again = desk.ask(session, session.get_one(Invitation, item), now=now + timedelta(hours=1))

    assert isinstance(again, Permit)


@pytest.mark.parametrize(
    ("how", "counts"),
    [
        (Disposition.NEVER_PLACED, False),
        (Disposition.FAILED, False),
        (Disposition.BUSY, True),
        (Disposition.NO_ANSWER, True),
        (Disposition.MACHINE, True),
        (Disposition.REFUSED, True),
    ],
)
def test_an_attempt_counts_when_it_reached_for_the_person(
    invite: Invite, desk: Any, now: datetime, how: Disposition, counts: bool
) -> None:
    item = invite()

    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, item))
        desk.end(session, attempt, how, now=now)

    with transaction() as session:
        tokens = session.scalars(select(ThrottleToken)).all()
    assert bool(tokens) is counts


def test_a_call_that_never_was_does_not_take_back_the_one_before_it(
    invite: Invite, desk: Any, now: datetime
) -> None:
    item = invite()

    with transaction() as session:
        invitation = session.get_one(Invitation, item)
        desk.end(session, desk.ring(session, invitation), Disposition.BUSY, now=now)
        later = now + timedelta(hours=1)
        attempt = desk.ring(session, invitation, now=later)
        desk.end(session, attempt, Disposition.NEVER_PLACED, now=later)

    with transaction() as session:
        assert session.scalars(select(ThrottleToken.invitation_id)).all() == [item]


def test_a_case_that_grows_too_old_before_the_period_is_over_ends_at_once(
    invite: Invite, desk: Any, now: datetime, shipped: House
) -> None:
    from survey import invitations

    first, second = invite("case-1"), invite("case-2")

    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, first))
        desk.end(session, attempt, Disposition.COMPLETED, now=now)
    with transaction() as session:
        other = session.get_one(Invitation, second)
        refusal = desk.ask(session, other)
        invitations.put_off(session, other, refusal, now=now)

    assert (refusal.rule, refusal.next_allowed_at) == (Rule.THROTTLED, None)
    assert other.state is InvitationState.WITHDRAWN


def test_another_organisation_does_not_hold_up_this_one(
    invite: Invite, desk: Any, now: datetime
) -> None:
    theirs = invite("case-1", organisation="software", campaign="product-experience")
    ours = invite("case-1")

    with transaction() as session:
        session.add(
            ThrottleToken(
                organisation_id=session.get_one(Invitation, theirs).organisation_id,
                subject_hash=b"t" * 32,
                invitation_id=theirs,
                asked_at=now,
            )
        )
        asked = desk.ask(session, session.get_one(Invitation, ours))

    assert isinstance(asked, Permit)
