"""Whom a wish is about: a number or an address as people write it, and everybody known by it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.notations import check_mail
from storage.faults import GiveUp
from storage.keyring import Keyring
from storage.tables import Customer
from survey.numbers import to_e164

_LONGEST_MAIL: Final = 254
# Values in one question to the database; some take no more than a thousand.
_PART: Final = 500


class BadAddressError(GiveUp):
    """What was given is no mail address; the reason never repeats it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A person as somebody names them: the number in E.164, the address in small letters."""

    phone: str | None = None
    email: str | None = None


def subject_of(phone: str, email: str, *, country: str) -> Subject:
    """The person with this number and this address, either of which may be empty.

    National numbers are read as of `country`. Raises BadNumberError or BadAddressError.
    """
    return Subject(
        to_e164(phone.strip(), country=country) if phone.strip() else None,
        _address(email.strip()) if email.strip() else None,
    )


def guessed(value: str, *, country: str) -> Subject:
    """The person with this number or address, whichever it looks like.

    Raises BadNumberError or BadAddressError.
    """
    if "@" in value:
        return subject_of("", value, country=country)
    return Subject(to_e164(value.strip(), country=country))


def hashes_of(
    subjects: Sequence[Subject], *, organisation_id: UUID, keyring: Keyring
) -> list[tuple[bytes, ...]]:
    """What each person is known by, in their order; with as few looks as one of them takes."""
    told = [
        [(kind, value) for kind in ("phone", "email") if (value := getattr(one, kind)) is not None]
        for one in subjects
    ]
    asked = sorted({one for theirs in told for one in theirs})
    named = dict(zip(asked, keyring.names_of(organisation_id, asked), strict=True))
    return [tuple(named[one] for one in theirs) for theirs in told]


def hashes_of_customer(customer: Customer) -> tuple[bytes, ...]:
    """Every hash that the customer is known by."""
    return tuple(one for one in (customer.phone_hash, customer.email_hash) if one is not None)


def customers_known_by(
    session: Session, organisation_id: UUID, hashes: Iterable[bytes]
) -> list[Customer]:
    """The organisation's customers that have one of these hashes, in the order of their ids."""
    wanted, found = list(set(hashes)), dict[UUID, Customer]()
    for at in range(0, len(wanted), _PART):
        part = wanted[at : at + _PART]
        for customer in session.scalars(
            select(Customer).where(
                Customer.organisation_id == organisation_id,
                or_(Customer.phone_hash.in_(part), Customer.email_hash.in_(part)),
            )
        ):
            found[customer.id] = customer
    return [found[item] for item in sorted(found)]


def named_by(hashes: Collection[bytes], customers: Sequence[Customer]) -> list[Customer]:
    """Of the customers known by these hashes the one whom they name, if they name one.

    A number is one person's. An address names somebody only as long as nobody else has it.
    """
    by_number = [one for one in customers if one.phone_hash in hashes]
    if by_number:
        return by_number
    fitting = [one for one in customers if set(hashes) <= {*hashes_of_customer(one)}]
    return fitting if len(fitting) == 1 else []


def all_hashes(hashes: Collection[bytes], customers: Iterable[Customer]) -> list[bytes]:
    """Those hashes and every other one that the customers have: a wish holds under all of them."""
    theirs = [one for customer in customers for one in hashes_of_customer(customer)]
    return list(dict.fromkeys([*hashes, *theirs]))


def _address(value: str) -> str:
    if len(value) > _LONGEST_MAIL:
        raise BadAddressError(
            f"has {len(value)} characters, which no mail address has", code="address_too_long"
        )
    try:
        return check_mail(value).lower()
    except ValueError:
        raise BadAddressError(
            "is not a mail address; name@example.org would be right", code="address_not_valid"
        ) from None
