"""A request is decided over whoever proved it, also when their number is another one by then."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from messaging import carrying_out, code_mail, rectifying, request_lines, weighing
from privacy import access_package, code_ways, persons, request_steps, requests
from privacy.persons import Given
from privacy.requests import Asker
from storage.house import House, reading, transaction
from storage.request_states import Outcome, ProofWay, RequestChannel, RequestKind, RequestState
from storage.tables import Customer, Objection, Organisation, Restriction, RightsRequest
from tests.rows import NOON, make_call, make_customer, make_organisation

PHONE = "+46701740605"
RIGHT = "+46701740699"
LATER = NOON + timedelta(days=3)
K = RequestKind


def receive(
    house: House,
    organisation: Organisation,
    kind: RequestKind,
    contact: str = PHONE,
    channel: RequestChannel = RequestChannel.WEB,
) -> UUID:
    word = "email" if "@" in contact else "phone"
    asker = Asker(contact, house.keyring.lookup_hash(organisation.id, word, contact))
    with transaction() as session:
        return requests.receive(
            session, organisation, asker, kind=kind, channel=channel, at=NOON,
            keyring=house.keyring,
        ).id  # fmt: skip


def ask(house: House, organisation: Organisation, kind: RequestKind, contact: str = PHONE) -> UUID:
    request_id = receive(house, organisation, kind, contact)
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        weighing.prove(session, found, way=ProofWay.CALLED_BACK, at=NOON)
    return request_id


def grant(house: House, request_id: UUID) -> RequestState | None:
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        carrying_out.decide(session, found, outcome=Outcome.GRANTED, house=house, now=LATER)
    return carrying_out.carry_out(request_id, house=house, now=LATER)


def correct(house: House, organisation: Organisation) -> None:
    request_id = ask(house, organisation, K.RECTIFICATION)
    with transaction() as session:
        found = session.get_one(RightsRequest, request_id)
        request_steps.decide(session, found, outcome=Outcome.GRANTED, at=NOON)
        right = rectifying.Correction(phone=RIGHT, email=f"{RIGHT}@example.org")
        rectifying.correct(session, found, right, keyring=house.keyring, now=NOON)


def customers() -> list[UUID]:
    with reading() as session:
        return list(session.scalars(select(Customer.id)))


def frozen() -> list[UUID | None]:
    with reading() as session:
        return list(session.scalars(select(Restriction.customer_id)))


def given(request_id: UUID) -> Given:
    with reading() as session:
        return persons.given_since(session, session.get_one(RightsRequest, request_id))


def told(house: House, request_id: UUID) -> str:
    """The number that a package of that request tells."""
    with reading() as session:
        found = session.get_one(RightsRequest, request_id)
        package = access_package.prepare(session, found, keyring=house.keyring, mask=str, now=LATER)
    number: str = package.document["person"]["phone"]
    return number


def test_who_is_corrected_before_the_decision_is_erased_with_what_they_left_before(
    house: House,
) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)
    make_call(organisation.id, caller=PHONE)
    request_id = ask(house, organisation, K.ERASURE)
    correct(house, organisation)

    assert grant(house, request_id) is RequestState.DONE

    assert customers() == []
    with reading() as session:
        noes = set(session.scalars(select(Objection.subject_hash)))
    assert {house.keyring.lookup_hash(organisation.id, "phone", one) for one in (PHONE, RIGHT)} < (
        noes
    )


def test_who_is_corrected_before_the_decision_is_frozen(house: House) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)
    request_id = ask(house, organisation, K.RESTRICTION)
    correct(house, organisation)

    grant(house, request_id)

    assert frozen() == customers()


def test_who_comes_anew_in_an_import_before_the_decision_is_the_one_who_asked(
    house: House,
) -> None:
    organisation = make_organisation()
    before = make_customer(organisation, phone=PHONE)
    request_id = ask(house, organisation, K.RESTRICTION)
    with transaction() as session:
        session.delete(session.get_one(Customer, before.id))
    anew = make_customer(organisation, phone=PHONE)

    grant(house, request_id)

    assert frozen() == [anew.id]


@pytest.mark.parametrize("kind", [K.ERASURE, K.RESTRICTION])
def test_who_has_the_number_by_then_is_left_alone(house: House, kind: RequestKind) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)
    request_id = ask(house, organisation, kind)
    correct(house, organisation)
    (asker,) = customers()
    other = make_customer(organisation, phone=PHONE)

    grant(house, request_id)

    if kind is K.ERASURE:
        assert customers() == [other.id]
    else:
        assert frozen() == [asker]
    with reading() as session:
        noes = session.scalars(select(Objection.subject_hash)).all()
    assert other.phone_hash not in noes


def test_an_erasure_that_is_begun_anew_takes_nobody_who_has_the_number_by_then(
    house: House,
) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)
    request_id = ask(house, organisation, K.ERASURE)
    correct(house, organisation)
    grant(house, request_id)
    other = make_customer(organisation, phone=PHONE)
    with transaction() as session:  # as if it had died before this was noted
        session.get_one(RightsRequest, request_id).state = RequestState.DECIDED

    carrying_out.carry_out(request_id, house=house, now=LATER)

    assert customers() == [other.id]


def test_who_has_the_number_by_then_asks_a_request_of_their_own(house: House) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)
    first = ask(house, organisation, K.ERASURE)
    correct(house, organisation)
    other = make_customer(organisation, phone=PHONE)

    second = ask(house, organisation, K.ERASURE)

    assert second != first
    with reading() as session:
        found = session.get_one(RightsRequest, second)
        assert (found.customer_id, found.repeats_id) == (other.id, None)
    by_mail = receive(house, organisation, K.ERASURE, channel=RequestChannel.MAIL)
    assert by_mail == second


def test_the_officer_is_told_that_what_was_proven_is_theirs_no_more(house: House) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)
    request_id = ask(house, organisation, K.ACCESS)
    same = given(request_id)

    correct(house, organisation)
    corrected = given(request_id)
    make_customer(organisation, phone=PHONE)

    assert (same, corrected, given(request_id)) == (Given.SAME, Given.NOT_THEIRS, Given.ANOTHERS)
    assert all(request_lines.GIVEN[one] for one in Given if one is not Given.SAME)


def test_who_is_corrected_before_the_package_is_made_is_told_of_themselves(house: House) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)
    request_id = ask(house, organisation, K.ACCESS)
    correct(house, organisation)
    make_customer(organisation, phone=PHONE)

    grant(house, request_id)

    assert told(house, request_id) == RIGHT


@pytest.mark.parametrize("contact", [PHONE, f"{PHONE}@example.org"])
def test_what_is_theirs_no_more_gets_neither_code_nor_answer(house: House, contact: str) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)
    request_id = ask(house, organisation, K.ACCESS, contact)
    correct(house, organisation)
    make_customer(organisation, phone=PHONE)

    with reading() as session:
        found = session.get_one(RightsRequest, request_id)
        known = code_ways.known_of(session, found, keyring=house.keyring)
        address = code_mail.address_of(session, found, house.keyring)

    assert set(known.values()) == {RIGHT, f"{RIGHT}@example.org"}
    assert address == f"{RIGHT}@example.org"


@pytest.mark.parametrize("contact", [PHONE, f"{PHONE}@example.org"])
def test_the_answer_to_an_erasure_goes_to_who_was_erased(house: House, contact: str) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)
    request_id = ask(house, organisation, K.ERASURE, contact)
    correct(house, organisation)
    make_customer(organisation, phone=PHONE)

    grant(house, request_id)

    with reading() as session:
        found = session.get_one(RightsRequest, request_id)
        assert code_mail.address_of(session, found, house.keyring) == f"{RIGHT}@example.org"
