"""The three steps of dealing with a response: in order, once, and back while it is there."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from storage.house import House, reading, transaction
from storage.house import house as this_house
from storage.tables import Organisation, Response, Restriction
from survey import handling
from survey.handling import NoSuchResponseError, Step
from tests.rows import (
    NOON,
    add,
    make_campaign,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
)

HOUR = timedelta(hours=1)


def a_response(organisation: Organisation, *, reference: str = "A-1") -> Response:
    campaign = make_campaign(organisation)
    customer = make_customer(organisation, phone=f"+4670{uuid4().int % 10**7:07d}")
    return make_response(campaign, make_invitation(campaign, customer, reference=reference))


def found(organisation: Organisation, reference: str) -> Response:
    with reading() as session:
        return handling.find_response(
            session, organisation, reference, keyring=this_house().keyring
        )


def test_a_later_step_stands_for_the_ones_before_it_and_twice_is_once() -> None:
    response = Response(reviewed_at=NOON)

    assert handling.note(response, Step.ANSWERED, at=NOON + HOUR)
    assert not handling.note(response, Step.DECIDED, at=NOON + 2 * HOUR)

    assert handling.steps_of(response) == {
        Step.REVIEWED: NOON,
        Step.DECIDED: NOON + HOUR,
        Step.ANSWERED: NOON + HOUR,
    }
    assert handling.next_step(response) is None


def test_steps_are_taken_back_from_the_last_on() -> None:
    response = Response()
    handling.note(response, Step.DECIDED, at=NOON)

    assert [handling.take_back(response) for _ in range(3)] == [Step.DECIDED, Step.REVIEWED, None]
    assert handling.next_step(response) is Step.REVIEWED


def test_a_response_is_found_by_its_id_and_by_its_case(house: House) -> None:
    organisation = make_organisation()
    response = a_response(organisation)

    assert found(organisation, "A-1").id == response.id
    assert found(organisation, str(response.id)).id == response.id


def test_nothing_of_another_organisation_or_of_a_frozen_person_is_found(house: House) -> None:
    organisation, other = make_organisation(), make_organisation()
    response = a_response(organisation)
    with pytest.raises(NoSuchResponseError):
        found(other, "A-1")
    with transaction() as session:
        invitation = session.get_one(Response, response.id).invitation_id
        customer = session.scalars(
            select(handling.Invitation.customer_id).where(handling.Invitation.id == invitation)
        ).one()
    add(
        Restriction(
            organisation_id=organisation.id, customer_id=customer, cause="own_wish", made_at=NOON
        )
    )

    with pytest.raises(NoSuchResponseError):
        found(organisation, str(response.id))


def test_a_case_that_was_asked_about_twice_is_named_by_an_id(house: House) -> None:
    organisation = make_organisation()
    first = a_response(organisation)
    campaign = make_campaign(organisation)
    with transaction() as session:
        invitation = session.get_one(handling.Invitation, first.invitation_id)
        again = make_invitation_about(campaign.id, invitation)
        session.add(again)
    second = make_response(campaign, again)

    with pytest.raises(
        NoSuchResponseError, match=f"{first.id}, {second.id}|{second.id}, {first.id}"
    ):
        found(organisation, "A-1")


def make_invitation_about(
    campaign_id: object, invitation: handling.Invitation
) -> handling.Invitation:
    columns = handling.Invitation.__table__.columns
    same = {c.name: getattr(invitation, c.name) for c in columns}
    return handling.Invitation(**same | {"id": uuid4(), "campaign_id": campaign_id})
