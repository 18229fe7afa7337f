"""Customers: one telephone number is one person, sealed, as the newest contact describes them."""

import dataclasses
import itertools
import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from storage.house import House, reading, transaction
from storage.tables import Customer, Organisation
from survey import customers
from survey.customers import Contact

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
OLD = Contact("+46701740605", "070-174 06 05", "Ada Old", "ada@old.example", "sv", NOW)
NEW = Contact("+46701740605", "+46 70 174 06 05", "Ada New", None, "en", NOW + timedelta(days=1))
OTHER = Contact("+46701740606", "0701740606", "Bo", "bo@example.org", None, NOW)


def organisation_id() -> UUID:
    with reading() as session:
        wanted = select(Organisation.id).where(Organisation.key == "consumer-credit")
        return session.scalars(wanted).one()


def remember(house: House, *contacts: Contact) -> dict[bytes, UUID]:
    owner = organisation_id()
    with transaction() as session:
        return customers.find_or_create(
            session,
            customers.hashed(contacts, organisation_id=owner, keyring=house.keyring),
            organisation_id=owner,
            keyring=house.keyring,
            now=NOW,
        )


def known(house: House) -> list[tuple[str | None, ...]]:
    """Name, phone, phone as given, e-mail and locale of every customer, opened."""
    with reading() as session:
        rows = session.scalars(select(Customer).order_by(Customer.locale)).all()
    return sorted(
        (
            house.keyring.open(row.id, "customer.name", row.name_sealed),
            house.keyring.open(row.id, "customer.phone", row.phone_sealed),
            house.keyring.open(row.id, "customer.phone_as_given", row.phone_as_given_sealed),
            house.keyring.open(row.id, "customer.email", row.email_sealed),
            row.locale,
        )
        for row in rows
    )


def test_the_same_number_is_the_same_person(shipped: House) -> None:
    first = remember(shipped, OLD, OTHER)
    again = remember(shipped, OTHER, OLD)

    assert first == again
    assert len(set(first.values())) == 2


@pytest.mark.parametrize("order", list(itertools.permutations([OLD, NEW])))
@pytest.mark.parametrize("at_once", [True, False])
def test_what_the_newest_contact_says_stands_in_whatever_order_they_come(
    shipped: House, order: tuple[Contact, ...], at_once: bool
) -> None:
    if at_once:
        remember(shipped, *order)
    else:
        for one in order:
            remember(shipped, one)

    assert known(shipped) == [
        ("Ada New", "+46701740605", "+46 70 174 06 05", "ada@old.example", "en")
    ]


BARE = dataclasses.replace(NEW, name=None, locale=None)


@pytest.mark.parametrize("order", list(itertools.permutations([OLD, BARE])))
@pytest.mark.parametrize("at_once", [True, False])
def test_what_a_contact_does_not_tell_stays_as_it_is_known(
    shipped: House, order: tuple[Contact, ...], at_once: bool
) -> None:
    if at_once:
        remember(shipped, *order)
    else:
        for one in order:
            remember(shipped, one)

    assert known(shipped) == [
        ("Ada Old", "+46701740605", "+46 70 174 06 05", "ada@old.example", "sv")
    ]
    with reading() as session:
        row = session.scalars(select(Customer)).one()
    assert (row.last_interaction_at, row.email_hash is None) == (BARE.seen_at, False)


def test_an_address_that_is_told_anew_is_another_one(shipped: House) -> None:
    (before,) = customers.hashed([OLD], organisation_id=organisation_id(), keyring=shipped.keyring)
    remember(shipped, OLD)

    remember(shipped, dataclasses.replace(BARE, email="ada@new.example"), OLD)

    with reading() as session:
        row = session.scalars(select(Customer)).one()
    assert shipped.keyring.open(row.id, "customer.email", row.email_sealed) == "ada@new.example"
    assert row.email_hash not in (None, before.email_hash)


def test_nothing_about_a_person_lies_open_in_the_row(shipped: House) -> None:
    remember(shipped, OLD)

    with reading() as session:
        row = session.scalars(select(Customer)).one()
    raw = b"".join(
        value if isinstance(value, bytes) else str(value).encode() for value in vars(row).values()
    )
    for secret in (b"701740605", b"174 06 05", b"Ada", b"ada@old"):
        assert secret not in raw


def test_an_e_mail_address_is_found_again_whatever_its_capitals(shipped: House) -> None:
    shouting = dataclasses.replace(OTHER, phone="+46701740607", email="BO@EXAMPLE.ORG")

    remember(shipped, OTHER, shouting)

    with reading() as session:
        hashes = set(session.scalars(select(Customer.email_hash)))
    assert len(hashes) == 1


def test_two_imports_that_meet_the_same_stranger_make_one_person_and_leave_no_key_behind(
    shipped: House,
) -> None:
    found: list[dict[bytes, UUID]] = []
    second = threading.Thread(target=lambda: found.append(remember(shipped, OLD, OTHER)))
    owner = organisation_id()
    before = shipped.keyring.count()

    with transaction() as session:
        contacts = customers.hashed([OLD], organisation_id=owner, keyring=shipped.keyring)
        first = customers.find_or_create(
            session, contacts, organisation_id=owner, keyring=shipped.keyring, now=NOW
        )
        second.start()
        second.join(0.5)
        assert second.is_alive()  # it waits for the row that is not committed yet
    second.join()

    assert first.items() <= found[0].items()
    # One key each for the two people, and one for the organisation's look-up hashes.
    assert shipped.keyring.count() == before + 3


def test_many_people_cost_the_keyring_as_few_looks_as_one(
    shipped: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    real = shipped.keyring.database.transaction

    def counted() -> object:
        nonlocal looks
        looks += 1
        return real()

    monkeypatch.setattr(shipped.keyring.database, "transaction", counted)
    people = [
        dataclasses.replace(OTHER, phone=f"+467017406{number:02d}", email=f"{number}@example.org")
        for number in range(100)
    ]

    remember(shipped, *people)

    # The organisation's key, the names and the people's keys.
    assert looks <= 3
