"""Whom a request is about: one customer at most, and the hashes under which the rest is found."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.faults import GiveUp
from storage.request_states import RequestState
from storage.tables import Customer, RightsRequest

_UNDECIDED: Final = frozenset({RequestState.RECEIVED, RequestState.PROVEN})


class SeveralPeopleError(GiveUp):
    """More than one customer is known by what the person gave; nothing is done on a guess."""


@dataclass(frozen=True, slots=True)
class Person:
    """One person of one organisation; somebody who only ever called us is no customer."""

    organisation_id: UUID
    customer_id: UUID | None
    hashes: tuple[bytes, ...]
    # Contacts, calls and matters that a request granted in part leaves out.
    left_out: frozenset[UUID] = frozenset()

    def named_in(self, column: InstrumentedAttribute[UUID | None]) -> ColumnElement[bool]:
        """Whether a row names the person as the customer; of somebody who is none, no row does.

        Compared with None, a row that names nobody would be theirs, and so somebody else's told.
        """
        return false() if self.customer_id is None else column == self.customer_id


class Given(StrEnum):
    """What became of the number or address of a request since it was noted whose it is."""

    SAME = "same"
    NOT_THEIRS = "not_theirs"
    ANOTHERS = "anothers"


def of_request(session: Session, request: RightsRequest) -> Person:
    """The person who asks: who was noted at the proof, else who is known by what they gave.

    What they gave counts only as long as it is no other customer's. Raises SeveralPeopleError when
    several share the address: one is not told of the other.
    """
    customer = _noted(session, request)
    decided = request.customer_id is not None and request.state not in _UNDECIDED
    # Whoever was deleted by age may be in a later import; whoever was erased is nobody else.
    if customer is None and not decided:
        customer = _known_by(session, request)
    known = () if customer is None else (customer.phone_hash, customer.email_hash)
    given = request.subject_hash
    if given is not None and _is_anothers(session, request, given, customer):
        given = None
    return Person(
        request.organisation_id,
        None if customer is None else customer.id,
        tuple(_there([given, *known])),
        frozenset(UUID(one["id"]) for one in request.left_out or () if "id" in one),
    )


def note(session: Session, request: RightsRequest) -> None:
    """Keep with the request whose it is now: the number or address may be corrected later.

    Where several share the address, or no customer is known by it, nobody is noted.
    """
    try:
        person = of_request(session, request)
    except SeveralPeopleError:
        return
    # A correction gives the customer another id, and takes it along in the requests that it sees.
    there = (
        select(Customer.id)
        .where(
            Customer.organisation_id == person.organisation_id, Customer.id == person.customer_id
        )
        .with_for_update(key_share=True)
    )
    if person.customer_id is not None and session.scalars(there).one_or_none() is not None:
        request.customer_id = person.customer_id


def given_since(session: Session, request: RightsRequest) -> Given:
    """Whether the number or address is still the noted customer's, or by now another's."""
    customer, given = _noted(session, request), request.subject_hash
    if customer is None or given is None or given in (customer.phone_hash, customer.email_hash):
        return Given.SAME
    anothers = _is_anothers(session, request, given, customer)
    return Given.ANOTHERS if anothers else Given.NOT_THEIRS


def asked_under(given: bytes) -> ColumnElement[bool]:
    """Requests under that number or address, but for those noted as whose it was before."""
    theirs = (
        select(Customer.id)
        .where(
            Customer.id == RightsRequest.customer_id,
            or_(Customer.phone_hash == given, Customer.email_hash == given),
        )
        .exists()
    )
    return and_(
        RightsRequest.subject_hash == given,
        or_(RightsRequest.customer_id.is_(None), theirs),
    )


def asked_by(customer: Customer) -> ColumnElement[bool]:
    """The customer's requests: not those noted as another's, who had the number before."""
    hashes = [one for one in (customer.phone_hash, customer.email_hash) if one is not None]
    anothers = (
        select(Customer.id)
        .where(
            Customer.organisation_id == customer.organisation_id,
            Customer.id == RightsRequest.customer_id,
            Customer.id != customer.id,
        )
        .exists()
    )
    return or_(
        RightsRequest.customer_id == customer.id,
        and_(RightsRequest.subject_hash.in_(hashes), ~anothers),
    )


def known_alone(session: Session, organisation_id: UUID, given: bytes) -> Customer | None:
    """The customer behind a number or address, if it is nobody else's."""
    known = select(Customer).where(
        Customer.organisation_id == organisation_id,
        or_(Customer.phone_hash == given, Customer.email_hash == given),
    )
    customer, *others = [*session.scalars(known.limit(2)), None]
    if customer is None or others[0] is not None:
        return None
    shared = select(func.count()).where(
        Customer.organisation_id == organisation_id, Customer.email_hash == customer.email_hash
    )
    alone = customer.email_hash is None or session.scalar(shared) == 1
    return customer if alone else None


def _noted(session: Session, request: RightsRequest) -> Customer | None:
    wanted = select(Customer).where(
        Customer.organisation_id == request.organisation_id, Customer.id == request.customer_id
    )
    return None if request.customer_id is None else session.scalars(wanted).one_or_none()


def _known_by(session: Session, request: RightsRequest) -> Customer | None:
    if request.subject_hash is None:
        return None
    found = session.scalars(_known(request, request.subject_hash).limit(2)).all()
    if len(found) > 1:
        raise SeveralPeopleError(
            "several people share this address; ask for the telephone number and note the request "
            "under that"
        )
    return found[0] if found else None


def _is_anothers(
    session: Session, request: RightsRequest, given: bytes, customer: Customer | None
) -> bool:
    """Whether it is another customer's; an address that is also the person's own is theirs."""
    if customer is not None and given in (customer.phone_hash, customer.email_hash):
        return False
    known = _known(request, given)
    if customer is not None:
        known = known.where(Customer.id != customer.id)
    return session.scalars(known.limit(1)).first() is not None


def _known(request: RightsRequest, given: bytes) -> Select[Customer]:
    return select(Customer).where(
        Customer.organisation_id == request.organisation_id,
        or_(Customer.phone_hash == given, Customer.email_hash == given),
    )


def _there(hashes: Iterable[bytes | None]) -> list[bytes]:
    return list(dict.fromkeys(one for one in hashes if one is not None))
