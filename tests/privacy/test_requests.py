"""A person's request is written down once, with the day it is due, and somebody is told."""

from datetime import UTC, datetime

from sqlalchemy import select

from config.organisation_file import Right
from privacy import requests
from storage.house import House, reading, transaction
from storage.request_states import RequestChannel, RequestKind, RequestState
from storage.tables import Alarm, Customer, RightsRequest
from tests.rows import NOON, make_customer, make_organisation


def ask(customer: Customer, *, at: datetime = NOON) -> RightsRequest:
    with transaction() as session:
        return requests.open_request(
            session, session.get_one(Customer, customer.id),
            kind=RequestKind.ERASURE, channel=RequestChannel.TELEPHONE, at=at,
        )  # fmt: skip


def test_a_request_is_due_a_calendar_month_later_in_the_organisations_zone(house: House) -> None:
    customer = make_customer(make_organisation())

    request = ask(customer, at=datetime(2026, 1, 31, 12, tzinfo=UTC))

    assert request.due_at == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert (request.state, request.closed_at) == (RequestState.RECEIVED, None)
    assert request.reference.isdecimal()
    assert len(request.reference) == 8


def test_asking_twice_is_one_request_and_one_alarm(house: House) -> None:
    customer = make_customer(make_organisation())

    assert ask(customer).id == ask(customer).id

    with reading() as session:
        assert len(session.scalars(select(RightsRequest)).all()) == 1
        assert [a.kind for a in session.scalars(select(Alarm))] == ["rights.requested"]


def test_after_the_first_is_closed_the_same_wish_is_a_new_request(house: House) -> None:
    customer = make_customer(make_organisation())
    first = ask(customer)
    with transaction() as session:
        session.get_one(RightsRequest, first.id).state = RequestState.TOLD

    assert ask(customer).id != first.id


def test_a_reference_is_unique_within_the_organisation(house: House) -> None:
    organisation = make_organisation()
    numbers = [f"+4670174{n:04d}" for n in range(600, 640)]

    references = [ask(make_customer(organisation, phone=one)).reference for one in numbers]

    assert len(set(references)) == len(numbers)


def test_a_request_outlives_the_customer(house: House) -> None:
    customer = make_customer(make_organisation())
    request = ask(customer)
    with transaction() as session:
        session.delete(session.get_one(Customer, customer.id))

    with reading() as session:
        assert session.get_one(RightsRequest, request.id).customer_id == customer.id


def test_the_words_are_those_of_the_organisations_files() -> None:
    # An objection is a right, to contact and to any other use.
    kinds = {kind.value for kind in RequestKind} - {RequestKind.OBJECTION_TO_USE}
    assert kinds <= {right.value for right in Right}
