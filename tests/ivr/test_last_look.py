"""What is said between the decision and the call is heard: nobody is asked to ring then."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from ivr.orders import Order, claim
from ivr.pacing import Pace
from ivr.placing import Outcome
from storage.house import house, reading, transaction, utc_now
from storage.provider import PlacedCall
from storage.states import Disposition, InvitationState
from storage.tables import Attempt, Consent, Customer, Invitation, Objection
from survey import consents, interactions, objections, restrictions, subjects
from survey.interactions import ToldInteraction
from survey.objections import Source
from survey.permission import Method
from survey.places import find_campaign
from survey.restrictions import Cause
from survey.subjects import Subject
from tests import one_hand
from tests.ivr.conftest import PERSON, the

Telephone = Any
MAIL = "eva@mail.example"


class Network:
    """Takes every call and remembers how many."""

    def __init__(self) -> None:
        self.rung = 0

    def place_call(self, *_: Any) -> PlacedCall:
        self.rung += 1
        return PlacedCall(f"CA{self.rung:032x}", "queued")


@pytest.fixture
def due(telephone: Telephone) -> None:
    """Somebody to be rung who is known by a number and an address."""
    told = ToldInteraction(
        "case-1", PERSON, PERSON, utc_now() - timedelta(hours=2), locale="sv", email=MAIL
    )
    with transaction() as session:
        found = find_campaign(session, organisation="consumer-credit", campaign="after-case")[1]
        interactions.register(session, told, campaign=found, keyring=house().keyring, now=utc_now())


@pytest.fixture
def order(telephone: Telephone, due: None) -> Order:
    """The decided order for that person's call."""
    order: Order = telephone.claim()
    return order


@pytest.fixture
def on_consent(telephone: Telephone) -> None:
    """The campaign rings only with a consent; the person has given one, for an hour."""
    with transaction() as session:
        found = find_campaign(session, organisation="consumer-credit", campaign="after-case")[1]
        decided = found.rules["classification"] | {"calls_allowed_by": "consent"}
        found.rules = found.rules | {"classification": decided}
        consents.record(
            session, found.organisation_id, hashes(found.organisation_id, MAIL),
            method=Method.CALLS, source="form", given_at=utc_now() - timedelta(days=3),
            expires_at=utc_now() + timedelta(hours=1),
        )  # fmt: skip


def hashes(owner: Any, name: str) -> tuple[bytes, ...]:
    subject = Subject(email=name) if "@" in name else Subject(name)
    return subjects.hashes_of([subject], organisation_id=owner, keyring=house().keyring)[0]


def placed(order: Order, *, now: datetime | None = None) -> tuple[Outcome, int]:
    network, pace = Network(), Pace(threading.Event())
    outcome = one_hand.place(
        order,
        provider=network,  # type: ignore[arg-type]
        pace=pace,
        clock=lambda: now or utc_now(),
    )
    return outcome, network.rung


def given_back() -> str | None:
    attempt = the(Attempt)
    assert attempt.disposition is Disposition.GIVEN_BACK
    return attempt.error_code


Deed = Callable[[Any, Customer], None]


def row_of_a_no(name: str, method: Method) -> Deed:
    """A no that withdrew nothing: it was noted in the moment in which the case was imported."""

    def deed(session: Any, customer: Customer) -> None:
        (known_by,) = hashes(customer.organisation_id, name)
        session.add(
            Objection(
                organisation_id=customer.organisation_id, subject_hash=known_by,
                method=method.value, source=Source.WEB.value, made_at=utc_now(),
            )
        )  # fmt: skip

    return deed


def objects(session: Any, customer: Customer) -> None:
    objections.record(session, customer, Method.CALLS, source=Source.SMS, at=utc_now())


def frozen(session: Any, customer: Customer) -> None:
    restrictions.restrict(
        session, customer, cause=Cause.ACCURACY_DISPUTED, at=utc_now(), review_at=None
    )


def corrected(session: Any, customer: Customer) -> None:
    (customer.phone_hash,) = hashes(customer.organisation_id, "+46701740606")


def erased(session: Any, customer: Customer) -> None:
    customer.phone_hash = customer.phone_sealed = None


def too_old(session: Any, customer: Customer) -> None:
    session.execute(update(Invitation).values(expires_at=utc_now() - timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("deed", "word"),
    [
        (objects, "no_longer_wanted"),
        (row_of_a_no(PERSON, Method.CALLS), "objection"),
        (row_of_a_no(PERSON, Method.ALL), "objection"),
        (row_of_a_no(MAIL, Method.CALLS), "objection"),
        (row_of_a_no(MAIL, Method.ALL), "objection"),
        (frozen, "restricted"),
        (corrected, "number_changed"),
        (erased, "number_changed"),
        (too_old, "invitation_expired"),
    ],
)
def test_what_came_after_the_decision_stops_the_call(order: Order, deed: Deed, word: str) -> None:
    with transaction() as session:
        deed(session, session.scalars(select(Customer)).one())

    assert placed(order) == (Outcome.NOT_PLACED, 0)
    assert given_back() == word


@pytest.mark.parametrize(
    "deed", [row_of_a_no(PERSON, Method.SMS), row_of_a_no("+46701740606", Method.ALL)]
)
def test_a_no_to_something_else_or_by_somebody_else_stops_nothing(order: Order, deed: Deed) -> None:
    with transaction() as session:
        deed(session, session.scalars(select(Customer)).one())

    assert placed(order) == (Outcome.PLACED, 1)


def test_a_no_that_was_taken_back_stops_nothing(order: Order) -> None:
    with transaction() as session:
        row_of_a_no(PERSON, Method.CALLS)(session, session.scalars(select(Customer)).one())
        session.execute(update(Objection).values(withdrawn_at=utc_now()))

    assert placed(order) == (Outcome.PLACED, 1)


def test_with_a_consent_that_is_still_in_force_the_call_is_placed(
    on_consent: None, order: Order
) -> None:
    assert placed(order) == (Outcome.PLACED, 1)


def test_a_consent_withdrawn_after_the_decision_stops_the_call(
    on_consent: None, order: Order
) -> None:
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        consents.withdraw(
            session, customer.organisation_id, hashes(customer.organisation_id, PERSON),
            method=Method.CALLS, source=Source.WEB, at=utc_now(),
        )  # fmt: skip

    assert placed(order) == (Outcome.NOT_PLACED, 0)
    assert given_back() == "no_consent"


def test_a_consent_that_ended_after_the_decision_stops_the_call(
    on_consent: None, order: Order
) -> None:
    assert placed(order, now=utc_now() + timedelta(hours=1, minutes=1)) == (Outcome.NOT_PLACED, 0)
    assert given_back() == "no_consent"


def test_a_consent_to_mail_is_none_to_calls_in_the_last_moment_either(
    on_consent: None, order: Order
) -> None:
    with transaction() as session:
        session.execute(update(Consent).values(method=Method.EMAIL.value))

    assert placed(order) == (Outcome.NOT_PLACED, 0)


def test_where_no_consent_is_needed_a_withdrawn_one_stops_nothing(order: Order) -> None:
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        consents.withdraw(
            session, customer.organisation_id, hashes(customer.organisation_id, PERSON),
            method=Method.ALL, source=Source.WEB, at=utc_now(),
        )  # fmt: skip

    assert placed(order) == (Outcome.PLACED, 1)


def test_who_was_given_back_for_want_of_consent_is_asked_again_by_nobody_until_there_is_one(
    on_consent: None, order: Order
) -> None:
    with transaction() as session:
        session.execute(update(Consent).values(withdrawn_at=utc_now()))
    placed(order)

    with transaction() as session:
        assert claim(session, now=utc_now(), limit=1).orders == ()
    with reading() as session:
        assert session.scalars(select(Invitation.state)).one() in (
            InvitationState.PLANNED,
            InvitationState.TRYING,
        )


# SQLite has one writer at a time anyhow.
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_consent_is_not_withdrawn_between_a_diallers_look_and_its_attempt(
    on_consent: None, due: None
) -> None:
    with transaction() as dialler:
        assert len(claim(dialler, now=utc_now(), limit=1).orders) == 1
        with pytest.raises(OperationalError, match="lock timeout"), transaction() as session:
            session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            owner = session.scalars(select(Customer.organisation_id)).one()
            consents.withdraw(
                session, owner, hashes(owner, PERSON), method=Method.CALLS, source=Source.WEB,
                at=utc_now(),
            )  # fmt: skip
