"""Staff come back to an answer only as the organisation decided, and the decision is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.house import House, reading, transaction
from storage.states import AttemptMethod, FollowUp, InvitationState
from storage.tables import Answer, Campaign, Invitation, Objection, PermissionDecision, Response
from survey import follow_ups
from survey.follow_ups import Contacting
from survey.permission import Rule
from survey.permission_replay import replay

NOW = datetime(2026, 3, 10, 22, 0, tzinfo=UTC)
REACHABLE = Contacting("+46701740605")


def respond(
    session: Session, invitation: Invitation, said: FollowUp, *, satisfaction: int | None
) -> Response:
    campaign = session.get_one(Campaign, invitation.campaign_id)
    invitation.state = InvitationState.COMPLETED
    response = Response(
        organisation_id=invitation.organisation_id,
        campaign_id=campaign.id,
        invitation_id=invitation.id,
        survey_version_id=campaign.survey_version_id,
        language="sv",
        follow_up=said,
        started_at=NOW - timedelta(hours=3),
    )
    session.add(response)
    session.flush()
    if satisfaction is not None:
        session.add(
            Answer(
                organisation_id=invitation.organisation_id,
                response_id=response.id,
                question_key="satisfaction",
                kind="csat",
                number=satisfaction,
                answered_at=NOW - timedelta(hours=3),
            )
        )
    session.flush()
    return response


@pytest.mark.parametrize(
    ("place", "said", "satisfaction", "rule"),
    [
        # A lender contacts the very dissatisfied on legitimate interest.
        (("consumer-credit", "after-case"), FollowUp.NOT_ASKED, 1, Rule.ALLOWED),
        (("consumer-credit", "after-case"), FollowUp.NOT_ASKED, 2, Rule.FOLLOW_UP_NOT_ALLOWED),
        (("consumer-credit", "after-case"), FollowUp.NO, 1, Rule.FOLLOW_UP_DECLINED),
        # A debt collector contacts only who said yes.
        (("debt-collection", "after-contact"), FollowUp.NOT_ASKED, 1, Rule.FOLLOW_UP_NOT_ALLOWED),
        (("debt-collection", "after-contact"), FollowUp.YES, 5, Rule.ALLOWED),
        # A software house contacts whoever answered.
        (("software", "product-experience"), FollowUp.NOT_ASKED, 5, Rule.ALLOWED),
        (("software", "product-experience"), FollowUp.NOT_ASKED, None, Rule.FOLLOW_UP_NOT_ALLOWED),
    ],
)
def test_each_client_has_its_own_kind_of_permission(
    shipped: House,
    invite: Any,
    place: tuple[str, str],
    said: FollowUp,
    satisfaction: int | None,
    rule: Rule,
) -> None:
    organisation, campaign = place
    invitation_id = invite(organisation=organisation, campaign=campaign)

    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        response = respond(session, invitation, said, satisfaction=satisfaction)
        decision, permit = follow_ups.ask(session, response, REACHABLE, now=NOW)

    assert decision.rule is rule
    assert (permit is not None) is (rule is Rule.ALLOWED)
    with reading() as session:
        row = session.scalars(select(PermissionDecision)).one()
    assert (row.allowed, row.rule, row.facts["purpose"]) == (
        permit is not None, rule.value, "follow_up",
    )  # fmt: skip
    assert replay(row).rule is rule


def test_looking_stores_nothing_and_says_the_same(shipped: House, invite: Any) -> None:
    invitation_id = invite()

    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        response = respond(session, invitation, FollowUp.YES, satisfaction=4)
        looked = follow_ups.look(session, response, REACHABLE, now=NOW)
        kept = session.scalars(select(PermissionDecision)).all()

    assert looked.allowed
    assert kept == []


def test_a_yes_to_this_does_not_outweigh_a_no_to_calls(shipped: House, invite: Any) -> None:
    invitation_id = invite()

    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        response = respond(session, invitation, FollowUp.YES, satisfaction=4)
        session.add(
            Objection(
                organisation_id=invitation.organisation_id,
                subject_hash=shipped.keyring.lookup_hash(
                    invitation.organisation_id, "phone", "+46701740605"
                ),
                method="calls",
                source="call",
                made_at=NOW,
            )
        )
        session.flush()
        decision, permit = follow_ups.ask(session, response, REACHABLE, now=NOW)

    assert (decision.rule, permit) == (Rule.OBJECTION, None)


def test_the_permit_to_follow_up_is_one_for_a_call_about_this_invitation(
    shipped: House, invite: Any
) -> None:
    invitation_id = invite()

    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        response = respond(session, invitation, FollowUp.YES, satisfaction=4)
        _, permit = follow_ups.ask(session, response, REACHABLE, now=NOW)

    assert permit is not None
    assert (permit.invitation_id, permit.method) == (invitation_id, AttemptMethod.CALL)


def test_whom_one_cannot_reach_one_may_not_contact(shipped: House, invite: Any) -> None:
    invitation_id = invite()

    with transaction() as session:
        invitation = session.get_one(Invitation, invitation_id)
        response = respond(session, invitation, FollowUp.YES, satisfaction=4)
        decision, _ = follow_ups.ask(session, response, Contacting(None), now=NOW)

    assert decision.rule is Rule.NO_NUMBER
