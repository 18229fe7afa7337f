"""A request goes from receipt to answer in one order, and nothing is given before it is proven."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from privacy import persons, request_alarms, request_steps, requests
from privacy.persons import SeveralPeopleError
from privacy.request_steps import WrongStepError
from privacy.requests import Asker, UnknownAskerError
from storage.house import House, reading, transaction
from storage.keyring import WrappedKey
from storage.request_states import (
    DECISIONS,
    NEEDS_NO_PROOF,
    ExtensionReason,
    Ground,
    Outcome,
    ProofWay,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.tables import Alarm, Customer, Organisation, RightsRequest
from tests.rows import NOON, make_customer, make_organisation

PHONE = "+46701740605"


def receive(
    house: House,
    organisation: Organisation,
    contact: str = PHONE,
    *,
    kind: RequestKind = RequestKind.ERASURE,
    channel: RequestChannel = RequestChannel.WEB,
    at: datetime = NOON,
) -> RightsRequest:
    word = "email" if "@" in contact else "phone"
    asker = Asker(contact, house.keyring.lookup_hash(organisation.id, word, contact))
    with transaction() as session:
        return requests.receive(
            session, organisation, asker, kind=kind, channel=channel, at=at,
            keyring=house.keyring,
        )  # fmt: skip


def stored(request: RightsRequest) -> RightsRequest:
    with reading() as session:
        return session.get_one(RightsRequest, request.id)


def alarms_open() -> set[str]:
    with reading() as session:
        return set(session.scalars(select(Alarm.kind).where(Alarm.cleared_at.is_(None))))


def keys_of(house: House, *requests: RightsRequest) -> int:
    items = [one.id for one in requests]
    return len(house.keyring.keys(items))


def test_a_stranger_and_a_customer_are_written_down_alike(house: House) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)

    known, stranger = receive(house, organisation), receive(house, organisation, "+46701740699")

    same = ("state", "customer_id", "kind", "channel", "due_at", "outcome")
    assert [getattr(known, one) for one in same] == [getattr(stranger, one) for one in same]


def test_the_number_is_sealed_and_asking_again_leaves_no_second_key(house: House) -> None:
    organisation = make_organisation()
    first = receive(house, organisation, channel=RequestChannel.MAIL)
    with house.keyring.database.reading() as session:
        before = len(session.scalars(select(WrappedKey.item_id)).all())

    later = NOON + timedelta(days=3)
    again = receive(house, organisation, channel=RequestChannel.MAIL, at=later)

    assert again.id == first.id
    assert house.keyring.open(first.id, requests.CONTACT, first.contact_sealed) == PHONE
    assert PHONE.encode() not in (first.contact_sealed or b"")
    with house.keyring.database.reading() as session:
        assert len(session.scalars(select(WrappedKey.item_id)).all()) == before


def test_one_person_and_two_organisations_are_two_requests(house: House) -> None:
    one, other = make_organisation(), make_organisation()

    assert receive(house, one).id != receive(house, other).id


def test_who_proved_on_the_page_what_they_ask_on_the_telephone_asks_once(house: House) -> None:
    organisation = make_organisation()
    customer = make_customer(organisation, phone=PHONE)
    on_the_page = receive(house, organisation)
    with transaction() as session:
        found = session.get_one(RightsRequest, on_the_page.id)
        request_steps.prove(found, way=ProofWay.CODE_BY_MAIL, at=NOON)

    with transaction() as session:
        by_telephone = requests.open_request(
            session, session.get_one(Customer, customer.id),
            kind=RequestKind.ERASURE, channel=RequestChannel.TELEPHONE, at=NOON,
        )  # fmt: skip

    assert by_telephone.id == on_the_page.id


@pytest.mark.parametrize("kind", RequestKind)
@pytest.mark.parametrize("outcome", DECISIONS)
def test_nothing_that_could_harm_is_given_before_it_is_proven_who_asks(
    house: House, kind: RequestKind, outcome: Outcome
) -> None:
    request = receive(house, make_organisation(), kind=kind)
    ground = None if outcome is Outcome.GRANTED else Ground.LEGAL_DUTY

    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        if kind in NEEDS_NO_PROOF:
            request_steps.decide(session, found, outcome=outcome, ground=ground, at=NOON)
        else:
            with pytest.raises(WrongStepError, match="not proven who asks"):
                request_steps.decide(session, found, outcome=outcome, ground=ground, at=NOON)

    assert (stored(request).decided_at is not None) == (kind in NEEDS_NO_PROOF)


def test_a_request_that_nobody_proves_is_refused_for_that_and_for_nothing_else(
    house: House,
) -> None:
    request = receive(house, make_organisation())

    with transaction() as session:
        request_steps.decide(
            session, session.get_one(RightsRequest, request.id),
            outcome=Outcome.REFUSED, ground=Ground.IDENTITY_NOT_PROVEN, at=NOON,
        )  # fmt: skip

    assert stored(request).state is RequestState.DONE


@pytest.mark.parametrize(
    ("outcome", "ground"),
    [(Outcome.REFUSED, None), (Outcome.PARTLY, None), (Outcome.GRANTED, Ground.LEGAL_CLAIM)],
)
def test_a_refusal_has_a_ground_and_only_a_refusal(
    house: House, outcome: Outcome, ground: Ground | None
) -> None:
    request = receive(house, make_organisation())

    with transaction() as session, pytest.raises(WrongStepError, match="ground"):
        found = session.get_one(RightsRequest, request.id)
        request_steps.prove(found, way=ProofWay.CALLED_BACK, at=NOON)
        request_steps.decide(session, found, outcome=outcome, ground=ground, at=NOON)


def test_the_way_to_the_answer_is_one_and_ends_with_the_number_forgotten(house: House) -> None:
    request = receive(house, make_organisation())
    later = [NOON + timedelta(days=n) for n in range(5)]

    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        with pytest.raises(WrongStepError):
            request_steps.tell(session, found, keyring=house.keyring, at=later[0])
        request_steps.prove(found, way=ProofWay.CALLED_BACK, at=later[1])
        with pytest.raises(WrongStepError):
            request_steps.finish(found, at=later[1])
        request_steps.decide(session, found, outcome=Outcome.GRANTED, at=later[2])
        request_steps.finish(found, at=later[3])
        request_steps.finish(found, at=later[4])
        request_steps.tell(session, found, keyring=house.keyring, at=later[4])

    ended = stored(request)
    assert (ended.proven_at, ended.decided_at, ended.done_at, ended.closed_at) == tuple(later[1:])
    assert (ended.contact_sealed, ended.subject_hash) == (None, None)
    assert keys_of(house, request) == 0
    assert alarms_open() == set()


def test_two_months_more_are_taken_once_and_before_the_month_is_over(house: House) -> None:
    asked = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)  # the first of December in Stockholm
    request = receive(house, make_organisation(), at=asked)
    assert request.due_at == datetime(2026, 12, 31, 23, 30, tzinfo=UTC)

    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        with pytest.raises(WrongStepError, match="before its end"):
            request_steps.extend(session, found, reason=ExtensionReason.COMPLEX, at=request.due_at)
        early = request.due_at - timedelta(seconds=1)
        request_steps.extend(session, found, reason=ExtensionReason.COMPLEX, at=early)
        with pytest.raises(WrongStepError, match="only once"):
            request_steps.extend(session, found, reason=ExtensionReason.COMPLEX, at=early)

    assert stored(request).due_at == datetime(2027, 2, 28, 23, 30, tzinfo=UTC)


def test_no_time_is_taken_for_what_is_done_already(house: House) -> None:
    request = receive(house, make_organisation())

    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        request_steps.prove(found, way=ProofWay.CALLED_BACK, at=NOON)
        request_steps.decide(session, found, outcome=Outcome.GRANTED, at=NOON)
        assert request_steps.may_extend(found, at=NOON)
        request_steps.finish(found, at=NOON)
        assert not request_steps.may_extend(found, at=NOON)
        with pytest.raises(WrongStepError, match="tell the person their answer"):
            request_steps.extend(session, found, reason=ExtensionReason.COMPLEX, at=NOON)

    assert stored(request).due_at == request.due_at


def test_nobody_is_noted_as_told_of_a_longer_time_that_was_not_taken(house: House) -> None:
    request = receive(house, make_organisation())

    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        with pytest.raises(WrongStepError, match="none to tell of"):
            request_steps.tell_longer(session, found, at=NOON)
        request_steps.extend(session, found, reason=ExtensionReason.COMPLEX, at=NOON)
        request_steps.tell_longer(session, found, at=NOON + timedelta(days=1))
        request_steps.tell_longer(session, found, at=NOON + timedelta(days=2))

    assert stored(request).extension_told_at == NOON + timedelta(days=1)


def test_an_alarm_sounds_a_week_before_and_another_when_the_day_is_over(house: House) -> None:
    request = receive(house, make_organisation(), channel=RequestChannel.MAIL)
    week_before = request.due_at - timedelta(days=7)

    def sound(at: datetime) -> int:
        with transaction() as session:
            return request_alarms.sound(session, now=at)

    assert sound(week_before - timedelta(seconds=1)) == 0
    assert (sound(week_before), sound(week_before)) == (1, 0)
    assert alarms_open() == {"rights.requested", "rights.due_soon"}
    assert sound(request.due_at) == 1
    assert alarms_open() == {"rights.requested", "rights.overdue"}


def answered(house: House, request: RightsRequest) -> None:
    """Prove, grant, carry out and tell it."""
    with transaction() as session:
        found = session.get_one(RightsRequest, request.id)
        request_steps.prove(found, way=ProofWay.CALLED_BACK, at=NOON)
        request_steps.decide(session, found, outcome=Outcome.GRANTED, at=NOON)
        request_steps.finish(found, at=NOON)
        request_steps.tell(session, found, keyring=house.keyring, at=NOON)


def test_a_request_taken_up_again_is_a_new_one_and_not_proven(house: House) -> None:
    organisation = make_organisation()
    first = receive(house, organisation)
    asker = Asker(PHONE, house.keyring.lookup_hash(organisation.id, "phone", PHONE))
    answered(house, first)
    with transaction() as session:
        found = session.get_one(RightsRequest, first.id)
        again = requests.reopen(
            session, found, at=NOON + timedelta(days=9), keyring=house.keyring, asker=asker
        )

    assert (again.repeats_id, again.state, again.proof) == (first.id, RequestState.RECEIVED, None)
    assert again.subject_hash == asker.subject_hash
    assert house.keyring.open(again.id, requests.CONTACT, again.contact_sealed) == PHONE


def test_a_request_whose_asker_was_forgotten_is_not_taken_up_for_nobody(house: House) -> None:
    first = receive(house, make_organisation())
    answered(house, first)

    with transaction() as session, pytest.raises(UnknownAskerError, match="--phone or --email"):
        requests.reopen(session, stored(first), at=NOON, keyring=house.keyring)


def test_a_customers_request_taken_up_again_is_still_the_customers(house: House) -> None:
    organisation = make_organisation()
    customer = make_customer(organisation, phone=PHONE)
    with transaction() as session:
        first = requests.open_request(
            session, session.get_one(Customer, customer.id),
            kind=RequestKind.ACCESS, channel=RequestChannel.TELEPHONE, at=NOON,
        )  # fmt: skip
    answered(house, first)

    with transaction() as session:
        found = session.get_one(RightsRequest, first.id)
        again = requests.reopen(session, found, at=NOON, keyring=house.keyring)
        person = persons.of_request(session, again)

    assert person.customer_id == customer.id
    assert again.subject_hash == customer.phone_hash


def test_by_telephone_and_by_mail_it_is_the_same_person(house: House) -> None:
    organisation = make_organisation()
    customer = make_customer(organisation, phone=PHONE)
    staff = RequestChannel.STAFF
    by_mail = receive(house, organisation, f"{PHONE}@example.org", channel=staff)

    with transaction() as session:
        by_telephone = requests.open_request(
            session, session.get_one(Customer, customer.id),
            kind=RequestKind.ERASURE, channel=RequestChannel.TELEPHONE, at=NOON,
        )  # fmt: skip
    again = receive(house, organisation, channel=staff)

    assert {by_telephone.id, again.id} == {by_mail.id}


def test_the_public_page_joins_nobodys_number_and_address(house: House) -> None:
    organisation = make_organisation()
    make_customer(organisation, phone=PHONE)

    by_number = receive(house, organisation)
    by_address = receive(house, organisation, f"{PHONE}@example.org")

    assert len({by_number.id, by_address.id, receive(house, organisation).id}) == 3
    # Of either it is found out whose it is when it is proven.
    with reading() as session:
        found = {persons.of_request(session, one).customer_id for one in (by_number, by_address)}
    assert len(found) == 1


def test_an_address_that_several_share_stands_for_nobody(house: House) -> None:
    organisation = make_organisation()
    for number in ("+46701740601", "+46701740602"):
        customer = make_customer(organisation, phone=number)
        with transaction() as session:
            shared = house.keyring.lookup_hash(organisation.id, "email", "home@example.org")
            session.get_one(Customer, customer.id).email_hash = shared
    request = receive(house, organisation, "home@example.org")

    with reading() as session, pytest.raises(SeveralPeopleError):
        persons.of_request(session, request)


def test_a_customer_is_found_by_what_was_given_and_by_what_else_is_known(house: House) -> None:
    organisation = make_organisation()
    customer = make_customer(organisation, phone=PHONE)
    request = receive(house, organisation, f"{PHONE}@example.org")

    with reading() as session:
        person = persons.of_request(session, request)

    assert person.customer_id == customer.id
    assert set(person.hashes) == {customer.phone_hash, customer.email_hash}
