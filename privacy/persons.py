"""Whom a request is about: one customer at most, and the hashes under which the rest is found."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, false, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.faults import GiveUp
from storage.tables import Customer, RightsRequest


class SeveralPeopleError(GiveUp):
    """More than one customer is known by what the person gave; nothing is done on a guess."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person of one organisation; somebody who only ever called us is no customer."""

    organisation_id: UUID
    customer_id: UUID | None
    hashes: tuple[bytes, ...]

    def named_in(self, column: InstrumentedAttribute[UUID | None]) -> ColumnElement[bool]:
        """Whether a row names the person as the customer; of somebody who is none, no row does.

        Compared with None, a row that names nobody would be theirs, and so somebody else's told.
        """
        return false() if self.customer_id is None else column == self.customer_id


def of_request(session: Session, request: RightsRequest) -> Person:
    """The person who asks.

    Raises SeveralPeopleError when several share the address: one is not told of the other.
    """
    customer = _customer(session, request)
    known = () if customer is None else (customer.phone_hash, customer.email_hash)
    return Person(
        request.organisation_id,
        None if customer is None else customer.id,
        tuple(_there([request.subject_hash, *known])),
    )


def _customer(session: Session, request: RightsRequest) -> Customer | None:
    mine = Customer.organisation_id == request.organisation_id
    if request.customer_id is not None:
        wanted = select(Customer).where(mine, Customer.id == request.customer_id)
        return session.scalars(wanted).one_or_none()
    if request.subject_hash is None:
        return None
    subject = request.subject_hash
    known = select(Customer).where(
        mine, or_(Customer.phone_hash == subject, Customer.email_hash == subject)
    )
    found = session.scalars(known.limit(2)).all()
    if len(found) > 1:
        raise SeveralPeopleError(
            "several people share this address; ask for the telephone number and note the request "
            "under that"
        )
    return found[0] if found else None


def _there(hashes: Iterable[bytes | None]) -> list[bytes]:
    return list(dict.fromkeys(one for one in hashes if one is not None))
