"""Sending a person the code that proves their request, to an address that is known to be theirs.

The address is the one they gave, or the one that the organisation keeps with the number they gave.
Somebody of whom nothing is kept gets no code: nothing is to be told, and nobody is mailed because a
stranger wrote their address into a form.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from messaging.code_words import CODE
from messaging.public_pages import DEFAULT_LANGUAGE
from privacy import identity_codes, package_offers, persons, requests
from storage import mailing
from storage.house import House, transaction
from storage.keyring import Keyring
from storage.permits import AskedFor
from storage.request_states import RequestState
from storage.states import AttemptMethod
from storage.tables import Customer, Organisation, RightsRequest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Letter:
    to: str
    language: str
    organisation: str
    reference: str
    code: str
    paper: AskedFor


def send(request_id: UUID, *, house: House, now: datetime) -> bool:
    """Mail a new code if there is somebody to mail; whether one was sent.

    Raises MailServerAway, MailRefused, TooManyCodesError or SeveralPeopleError.
    """
    with transaction() as session:
        letter = _letter(session, request_id, keyring=house.keyring, now=now)
    if letter is None:
        return False
    mailing.send_asked_for(
        _written(letter, from_=house.settings.mail_from, now=now),
        letter.paper,
        url=house.settings.mail_url,
    )
    log.info("rights.code_sent", extra={"request_id": request_id})
    return True


def _letter(
    session: Session, request_id: UUID, *, keyring: Keyring, now: datetime
) -> _Letter | None:
    wanted = select(RightsRequest).where(RightsRequest.id == request_id)
    request = session.scalars(wanted.with_for_update()).one_or_none()
    if request is None:
        return None
    organisation = session.get_one(Organisation, request.organisation_id)
    offered = package_offers.is_open(request, organisation, now=now)
    if request.state is not RequestState.RECEIVED and not offered:
        return None
    if _customer(session, request) is None:
        return None
    address = address_of(session, request, keyring)
    if address is None:
        return None
    code, paper = identity_codes.make(
        session, request, method=AttemptMethod.EMAIL, keyring=keyring, at=now
    )
    language = request.language if request.language in CODE else DEFAULT_LANGUAGE
    return _Letter(address, language or "", organisation.name, request.reference, code, paper)


def address_of(session: Session, request: RightsRequest, keyring: Keyring) -> str | None:
    """The address that the person gave, or that the organisation has with the number they gave.

    Raises SeveralPeopleError.
    """
    (given,) = keyring.open_many([(request.id, requests.CONTACT, request.contact_sealed)])
    if given is not None and "@" in given:
        return given
    customer = _customer(session, request)
    if customer is None:
        return None
    fields = [(customer.id, "customer.email", customer.email_sealed)]
    return keyring.open_many(fields)[0]


def _customer(session: Session, request: RightsRequest) -> Customer | None:
    person = persons.of_request(session, request)
    return None if person.customer_id is None else session.get(Customer, person.customer_id)


def _written(letter: _Letter, *, from_: str, now: datetime) -> EmailMessage:
    words = CODE[letter.language]
    mail = EmailMessage()
    mail["From"] = from_
    mail["To"] = letter.to
    mail["Subject"] = words.subject.format(organisation=letter.organisation)
    mail["Date"] = format_datetime(now)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        words.body.format(
            organisation=letter.organisation,
            reference=letter.reference,
            code=f"{letter.code[:4]} {letter.code[4:]}",
        )
    )
    return mail
