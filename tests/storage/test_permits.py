"""Nobody is called or mailed on the strength of anything but a stored decision that allows it."""

from email.message import EmailMessage
from typing import Any, get_type_hints
from uuid import uuid4

import pytest

from config.providers import TRAITS, ProviderProfile
from storage import mailing, permits
from storage.house import House, reading, transaction
from storage.permits import Permit
from storage.provider import CallOrder, Provider
from storage.provider_client import TelephoneProvider
from storage.states import AttemptMethod
from storage.tables import PermissionDecision
from tests.permits import forged_permit
from tests.rows import NOON, make_campaign, make_customer, make_invitation, make_organisation


def decision(invitation: Any, *, allowed: bool, method: str = "calls") -> PermissionDecision:
    return PermissionDecision(
        id=uuid4(),
        organisation_id=invitation.organisation_id,
        invitation_id=invitation.id,
        method=method,
        allowed=allowed,
        rule="allowed" if allowed else "objection",
        facts={},
        decided_at=NOON,
    )


@pytest.fixture
def invitation(house: House) -> Any:
    organisation = make_organisation()
    customer = make_customer(organisation)
    return make_invitation(make_campaign(organisation), customer)


@pytest.mark.parametrize(
    ("word", "method"),
    [("calls", AttemptMethod.CALL), ("sms", AttemptMethod.SMS), ("email", AttemptMethod.EMAIL)],
)
def test_a_stored_decision_that_allows_is_a_permit_for_its_method(
    invitation: Any, word: str, method: AttemptMethod
) -> None:
    made = decision(invitation, allowed=True, method=word)

    with transaction() as session:
        permit = permits.store(session, made)

    assert permit is not None
    assert (permit.invitation_id, permit.method) == (invitation.id, method)
    with reading() as session:
        assert session.get_one(PermissionDecision, permit.decision_id).allowed


def test_a_stored_decision_that_forbids_is_no_permit(invitation: Any) -> None:
    with transaction() as session:
        assert permits.store(session, decision(invitation, allowed=False)) is None


def test_nobody_but_store_makes_a_permit() -> None:
    with pytest.raises(TypeError, match="store"):
        Permit(uuid4(), uuid4(), AttemptMethod.CALL, object())


@pytest.mark.parametrize(
    "instead", [uuid4(), None, "yes", forged_permit(AttemptMethod.EMAIL)], ids=type
)
def test_the_telephone_cannot_be_reached_without_a_permit_for_a_call(instead: Any) -> None:
    # Nothing listens there: a request would raise something else.
    provider = TelephoneProvider(
        base_url="http://127.0.0.1:9",
        account_sid="AC1",
        user="SK1",
        secret="hush",
        traits=TRAITS[ProviderProfile.TWILIO],
        timeout_seconds=0.1,
    )
    order = CallOrder(to="+46701740605", from_="+46846500400", answer_url="", status_url="")

    with pytest.raises(TypeError, match="ermit"):
        provider.place_call(order, instead)


@pytest.mark.parametrize("instead", [uuid4(), None, forged_permit(AttemptMethod.CALL)], ids=type)
def test_a_customer_cannot_be_mailed_without_a_permit_for_a_mail(instead: Any) -> None:
    with pytest.raises(TypeError, match="ermit"):
        mailing.send_to_customer(EmailMessage(), instead, url=None)


def test_the_doors_ask_for_a_permit_by_type() -> None:
    doors = (Provider.place_call, TelephoneProvider.place_call, mailing.send_to_customer)

    assert [get_type_hints(door)["permit"] for door in doors] == [Permit, Permit, Permit]
