"""Nobody is called or mailed on the strength of anything but a stored decision that allows it."""

import dataclasses
from email.message import EmailMessage
from typing import Any, get_type_hints
from uuid import uuid4

import pytest

from config.providers import TRAITS, ProviderProfile
from storage import mailing, permits
from storage.faults import TryAgain
from storage.house import House, reading, transaction
from storage.mailing import CustomerMail
from storage.permits import Decided, Permit, WrongPermitError
from storage.provider import CallOrder, Provider, TextOrder
from storage.provider_client import TelephoneProvider
from storage.states import AttemptMethod, ContactPurpose
from storage.tables import PermissionDecision
from tests.permits import forged_permit
from tests.rows import NOON, make_campaign, make_customer, make_invitation, make_organisation

PERSON = "+46701740605"


def decision(
    invitation: Any,
    *,
    allowed: bool,
    method: str = "calls",
    purpose: ContactPurpose = ContactPurpose.SURVEY,
) -> Decided:
    return Decided(
        organisation_id=invitation.organisation_id,
        invitation_id=invitation.id,
        method=method,
        purpose=purpose,
        allowed=allowed,
        rule="allowed" if allowed else "objection",
        facts={},
        next_allowed_at=None,
        at=NOON,
        to=PERSON,
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
    made = decision(invitation, allowed=True, method=word, purpose=ContactPurpose.REMINDER)

    with transaction() as session:
        stored_as, permit = permits.store(session, made)

    assert permit is not None
    assert permit.decision_id == stored_as
    assert (permit.invitation_id, permit.method) == (invitation.id, method)
    assert permit.purpose is ContactPurpose.REMINDER
    with reading() as session:
        assert session.get_one(PermissionDecision, permit.decision_id).allowed


def test_a_permit_tells_nobody_whose_number_it_is_for(invitation: Any) -> None:
    with transaction() as session:
        made = decision(invitation, allowed=True)
        _, permit = permits.store(session, made)

    assert PERSON not in repr(made)
    assert PERSON.strip("+") not in repr(permit)
    assert permit is not None
    assert PERSON.encode() not in permit.recipient


def test_a_stored_decision_that_forbids_is_no_permit(invitation: Any) -> None:
    with transaction() as session:
        stored_as, permit = permits.store(session, decision(invitation, allowed=False))

    assert permit is None
    with reading() as session:
        assert not session.get_one(PermissionDecision, stored_as).allowed


def test_of_several_decisions_only_those_that_allow_are_permits(invitation: Any) -> None:
    told = [decision(invitation, allowed=one) for one in (True, False, True)]

    with transaction() as session:
        stored = permits.store_all(session, told)

    assert [permit is not None for _, permit in stored] == [True, False, True]
    with reading() as session:
        rows = [session.get_one(PermissionDecision, item) for item, _ in stored]
    assert [(row.allowed, row.rule, row.decided_at) for row in rows] == [
        (True, "allowed", NOON), (False, "objection", NOON), (True, "allowed", NOON),
    ]  # fmt: skip


def test_nobody_but_store_makes_a_permit() -> None:
    with pytest.raises(TypeError, match="store"):
        Permit(uuid4(), uuid4(), uuid4(), AttemptMethod.CALL, ContactPurpose.SURVEY, b"", object())


ORDER = CallOrder(
    to=PERSON,
    from_="+46846500400",
    answer_url="",
    status_url="",
    attempt_id=uuid4(),
    purpose=ContactPurpose.SURVEY,
)


@pytest.fixture
def telephone() -> TelephoneProvider:
    """Nothing listens there: a request would raise something else."""
    return TelephoneProvider(
        base_url="http://127.0.0.1:9",
        account_sid="AC1",
        user="SK1",
        secret="hush",
        traits=TRAITS[ProviderProfile.TWILIO],
        timeout_seconds=0.1,
    )


@pytest.mark.parametrize("instead", [uuid4(), None, "yes"], ids=type)
def test_the_telephone_cannot_be_reached_without_a_permit(
    telephone: TelephoneProvider, instead: Any
) -> None:
    with pytest.raises(TypeError, match="ermit"):
        telephone.place_call(ORDER, instead)


@pytest.mark.parametrize(
    ("otherwise", "word"),
    [
        ({"method": AttemptMethod.EMAIL}, "email"),
        ({"method": AttemptMethod.SMS}, "sms"),
        ({"purpose": ContactPurpose.FOLLOW_UP}, "follow_up"),
        ({"purpose": ContactPurpose.REMINDER}, "reminder"),
        ({"attempt_id": uuid4()}, "attempt"),
        ({"recipient": permits.mark("+46701740606")}, "number"),
        # Decided about nobody's number, as when somebody calls us.
        ({"recipient": b""}, "number"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_permit_for_another_contact_places_no_call(
    telephone: TelephoneProvider, otherwise: dict[str, Any], word: str
) -> None:
    theirs = dataclasses.replace(forged_permit(ORDER), **otherwise)

    with pytest.raises(WrongPermitError, match=word) as refusal:
        telephone.place_call(ORDER, theirs)

    assert PERSON not in str(refusal.value)


def test_with_the_permit_for_this_very_call_the_provider_is_asked(
    telephone: TelephoneProvider,
) -> None:
    with pytest.raises(TryAgain):
        telephone.place_call(ORDER, forged_permit(ORDER))


TEXT = TextOrder(
    to=PERSON,
    from_="+46846500400",
    body="Hej",
    status_url="",
    attempt_id=uuid4(),
    purpose=ContactPurpose.SURVEY,
)


@pytest.mark.parametrize("instead", [uuid4(), None, "yes", forged_permit(TEXT)], ids=type)
def test_nobody_can_be_texted_without_a_permit_for_a_text(
    telephone: TelephoneProvider, instead: Any
) -> None:
    with pytest.raises(TypeError, match="ermit"):
        telephone.send_message(TEXT, instead)


@pytest.mark.parametrize(
    ("otherwise", "word"),
    [
        ({"purpose": ContactPurpose.FOLLOW_UP}, "follow_up"),
        ({"attempt_id": uuid4()}, "attempt"),
        ({"recipient": permits.mark("+46701740606")}, "number"),
    ],
)
def test_a_permit_for_another_contact_sends_no_text(
    telephone: TelephoneProvider, otherwise: dict[str, Any], word: str
) -> None:
    theirs = dataclasses.replace(forged_permit(TEXT, AttemptMethod.SMS), **otherwise)

    with pytest.raises(WrongPermitError, match=word):
        telephone.send_message(TEXT, theirs)


def mail(*heads: tuple[str, str]) -> CustomerMail:
    content = EmailMessage()
    for name, value in heads:
        content[name] = value
    return CustomerMail("eva@mail.example", uuid4(), ContactPurpose.SURVEY, content)


MAIL = mail(("To", "Eva <Eva@mail.example>"))


@pytest.mark.parametrize("instead", [uuid4(), None, forged_permit(MAIL)], ids=type)
def test_a_customer_cannot_be_mailed_without_a_permit_for_a_mail(instead: Any) -> None:
    with pytest.raises(TypeError, match="ermit"):
        mailing.send_to_customer(MAIL, instead, url=None)


def test_a_permit_for_another_address_sends_no_mail() -> None:
    theirs = dataclasses.replace(
        forged_permit(MAIL, AttemptMethod.EMAIL), recipient=permits.mark("ida@mail.example")
    )

    with pytest.raises(WrongPermitError, match="address"):
        mailing.send_to_customer(MAIL, theirs, url=None)


@pytest.mark.parametrize(
    "heads",
    [
        (),
        (("To", "ida@mail.example"),),
        (("To", "eva@mail.example"), ("Cc", "ida@mail.example")),
        (("To", "eva@mail.example"), ("Bcc", "ida@mail.example")),
    ],
)
def test_a_mail_goes_to_the_one_who_was_decided_about_and_to_nobody_besides(
    heads: tuple[tuple[str, str], ...],
) -> None:
    addressed = mail(*heads)

    with pytest.raises(ValueError, match="decided"):
        mailing.send_to_customer(addressed, forged_permit(addressed, AttemptMethod.EMAIL), url=None)


def test_with_its_own_permit_a_mail_goes_as_far_as_the_server() -> None:
    with pytest.raises(mailing.MailServerAway, match="MAIL_URL"):
        mailing.send_to_customer(MAIL, forged_permit(MAIL, AttemptMethod.EMAIL), url=None)


def test_the_doors_ask_for_a_permit_by_type() -> None:
    doors = (
        Provider.place_call,
        TelephoneProvider.place_call,
        Provider.send_message,
        TelephoneProvider.send_message,
        mailing.send_to_customer,
    )

    assert {get_type_hints(door)["permit"] for door in doors} == {Permit}
