"""A yes holds from its moment to its end, for its way of being contacted, until taken back."""

from datetime import UTC, datetime, timedelta

import pytest

from storage.house import House, reading, transaction
from storage.tables import Customer
from survey import consents, subjects
from survey.objections import Source
from survey.permission import Method
from survey.places import find_organisation
from survey.subjects import Subject

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SUBJECT = Subject("+46701740605", "maja@example.org")


def give(
    house: House, method: Method = Method.CALLS, *, given_at: datetime = NOW - DAY,
    expires_at: datetime | None = None, subject: Subject = SUBJECT,
) -> None:  # fmt: skip
    with transaction() as session:
        owner = find_organisation(session, "consumer-credit")
        (hashes,) = subjects.hashes_of([subject], organisation_id=owner.id, keyring=house.keyring)
        consents.record(
            session, owner.id, hashes, method=method, source="form", given_at=given_at,
            expires_at=expires_at,
        )  # fmt: skip


def says_yes(house: House, method: Method, *, at: datetime = NOW, phone: str | None = None) -> bool:
    with reading() as session:
        owner = find_organisation(session, "consumer-credit")
        wanted = Subject(phone, None) if phone else SUBJECT
        (hashes,) = subjects.hashes_of([wanted], organisation_id=owner.id, keyring=house.keyring)
        customer = Customer(phone_hash=hashes[0], email_hash=hashes[1] if len(hashes) > 1 else None)
        found = consents.in_force(session, owner.id, hashes, at=at)
        return consents.covers(found, customer, method)


@pytest.mark.parametrize(
    ("given", "asked", "yes"),
    [
        (Method.CALLS, Method.CALLS, True),
        (Method.CALLS, Method.SMS, False),
        (Method.ALL, Method.CALLS, True),
        (Method.ALL, Method.EMAIL, True),
        (Method.SMS, Method.CALLS, False),
    ],
)
def test_a_yes_is_to_one_way_or_to_all(
    shipped: House, given: Method, asked: Method, yes: bool
) -> None:
    give(shipped, given)

    assert says_yes(shipped, asked) is yes


@pytest.mark.parametrize(
    ("at", "yes"),
    [
        (NOW - timedelta(microseconds=1), False),
        (NOW, True),
        (NOW + DAY - timedelta(microseconds=1), True),
        (NOW + DAY, False),
    ],
)
def test_it_holds_from_its_moment_on_and_not_from_its_end_on(
    shipped: House, at: datetime, yes: bool
) -> None:
    give(shipped, given_at=NOW, expires_at=NOW + DAY)

    assert says_yes(shipped, Method.CALLS, at=at) is yes


def test_nobody_else_said_it(shipped: House) -> None:
    give(shipped)

    assert not says_yes(shipped, Method.CALLS, phone="+46701740699")


@pytest.mark.parametrize(
    ("given", "taken", "left"),
    [
        (Method.CALLS, Method.CALLS, False),
        (Method.CALLS, Method.ALL, False),
        (Method.ALL, Method.CALLS, False),
        (Method.CALLS, Method.SMS, True),
    ],
)
def test_taken_back_it_ends_under_everything_the_person_is_known_by(
    shipped: House, given: Method, taken: Method, left: bool
) -> None:
    give(shipped, given)

    with transaction() as session:
        owner = find_organisation(session, "consumer-credit")
        (hashes,) = subjects.hashes_of([SUBJECT], organisation_id=owner.id, keyring=shipped.keyring)
        consents.withdraw(session, owner.id, hashes, method=taken, source=Source.COMMAND, at=NOW)

    assert says_yes(shipped, Method.CALLS, at=NOW + DAY) is left
