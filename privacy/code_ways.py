"""By which way a code goes to a person, and to where: only to what is known to be theirs.

What they chose comes first. Where that leads nowhere another way is taken, so that the form need
not say which of them the organisation knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from config.number_rules import country_of
from privacy import package_offers, persons, requests
from privacy.persons import Given
from storage.house import House
from storage.keyring import Keyring
from storage.request_states import REQUEST_UNDONE
from storage.states import AttemptMethod
from storage.tables import Call, Customer, Line, Organisation, RightsRequest

WAYS: Final = (AttemptMethod.EMAIL, AttemptMethod.SMS, AttemptMethod.CALL)
"""In the order in which they are taken when the one that was chosen leads nowhere."""
# By the organisation's clock: at other hours no telephone rings for whoever wrote its number down.
_RINGS: Final = (8, 21)


@dataclass(frozen=True, slots=True)
class Destination:
    """By which way, and the number or address; `line` is set for a number."""

    method: AttemptMethod
    to: str = field(repr=False)
    line: Line | None = None


def locked(session: Session, request_id: UUID) -> RightsRequest | None:
    """The request's row, locked until the transaction ends, for whoever makes a code for it.

    Its organisation's is locked before it: what is sent to one person is counted over all their
    requests, and two codes that are made at the same time would not see each other.
    """
    owner = select(RightsRequest.organisation_id).where(RightsRequest.id == request_id)
    in_turn = select(Organisation.id).where(Organisation.id == owner.scalar_subquery())
    session.scalars(in_turn.with_for_update(key_share=True)).one_or_none()
    wanted = select(RightsRequest).where(RightsRequest.id == request_id)
    return session.scalars(wanted.with_for_update()).one_or_none()


def destination(
    session: Session, request: RightsRequest, *, house: House, now: datetime
) -> Destination | None:
    """Where a code of that request goes; None where nobody is to get one.

    Somebody of whom nothing is kept gets none: nothing is to be told, and nobody is bothered
    because a stranger wrote their number or address into a form. Who only called is known by the
    number they showed. Raises SeveralPeopleError.
    """
    organisation = session.get_one(Organisation, request.organisation_id)
    offered = package_offers.is_open(request, organisation, now=now)
    # Also of one that is proven: a code takes it back as long as it is not done.
    if request.state not in REQUEST_UNDONE and not offered:
        return None
    known = known_of(session, request, keyring=house.keyring)
    chosen = request.code_by or AttemptMethod.EMAIL
    for method in (chosen, *(one for one in WAYS if one is not chosen)):
        to = known.get(method)
        if to is None:
            continue
        if method is AttemptMethod.EMAIL:
            if house.settings.mail_url is not None or chosen is method:
                return Destination(method, to)
            continue
        if method is AttemptMethod.CALL and not _may_ring(organisation, now=now):
            continue
        allowed = house.settings.allowed_numbers
        line = _line(session, organisation, to)
        if line is not None and (not allowed or to in allowed):
            return Destination(method, to, line)
    return None


def known_of(
    session: Session, request: RightsRequest, *, keyring: Keyring
) -> Mapping[AttemptMethod, str]:
    """The address and the number that are the person's: what they gave, or what is kept with it.

    Of who is no customer only the number they gave, if a call from it is kept here. Raises
    SeveralPeopleError.
    """
    person = persons.of_request(session, request)
    customer = None if person.customer_id is None else session.get(Customer, person.customer_id)
    if customer is None:
        return _of_caller(session, request, keyring=keyring)
    given, address, number = keyring.open_many(
        [
            (request.id, requests.CONTACT, request.contact_sealed),
            (customer.id, "customer.email", customer.email_sealed),
            (customer.id, "customer.phone", customer.phone_sealed),
        ]
    )
    if persons.given_since(session, request) is not Given.SAME:
        given = None  # corrected since: it may be another's
    if given is not None and "@" in given:
        address = given
    elif given is not None:
        number = given
    found = {AttemptMethod.EMAIL: address, AttemptMethod.SMS: number, AttemptMethod.CALL: number}
    return {method: to for method, to in found.items() if to is not None}


def _of_caller(
    session: Session, request: RightsRequest, *, keyring: Keyring
) -> Mapping[AttemptMethod, str]:
    """The number of somebody who only called or left a message, as long as that is kept.

    A number that is shown can be forged; whoever has it really is the one who gets the code.
    """
    called = exists().where(
        Call.organisation_id == request.organisation_id, Call.caller_hash == request.subject_hash
    )
    if request.subject_hash is None or not session.scalar(select(called)):
        return {}
    (given,) = keyring.open_many([(request.id, requests.CONTACT, request.contact_sealed)])
    if given is None or "@" in given:
        return {}
    return {AttemptMethod.SMS: given, AttemptMethod.CALL: given}


def _may_ring(organisation: Organisation, *, now: datetime) -> bool:
    first, last = _RINGS
    return first <= now.astimezone(ZoneInfo(organisation.timezone)).hour < last


def _line(session: Session, organisation: Organisation, to: str) -> Line | None:
    """The line that the person sees: one of their country before any other."""
    lines = session.scalars(
        select(Line).where(Line.organisation_id == organisation.id).order_by(Line.number)
    ).all()
    at_home = [one for one in lines if country_of(one.number) == country_of(to)]
    return next(iter([*at_home, *lines]), None)
