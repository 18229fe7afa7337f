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

from sqlalchemy.orm import Session

from messaging.code_words import CODE
from messaging.public_pages import DEFAULT_LANGUAGE
from privacy import code_ways, identity_codes, persons, requests
from privacy.persons import Given
from storage import mailing
from storage.house import House, transaction
from storage.keyring import Keyring
from storage.permits import AskedFor
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
        letter = _letter(session, request_id, house=house, now=now)
    if letter is None:
        return False
    mailing.send_asked_for(
        _written(letter, from_=house.settings.mail_from, now=now),
        letter.paper,
        url=house.settings.mail_url,
    )
    log.info("rights.code_sent", extra={"request_id": request_id})
    return True


def _letter(session: Session, request_id: UUID, *, house: House, now: datetime) -> _Letter | None:
    request = code_ways.locked(session, request_id)
    if request is None:
        return None
    goes = code_ways.destination(session, request, house=house, now=now)
    if goes is None or goes.method is not AttemptMethod.EMAIL:
        return None
    code, paper = identity_codes.make(
        session, request, method=AttemptMethod.EMAIL, keyring=house.keyring, at=now
    )
    organisation = session.get_one(Organisation, request.organisation_id)
    language = request.language if request.language in CODE else DEFAULT_LANGUAGE
    return _Letter(goes.to, language or "", organisation.name, request.reference, code, paper)


def address_of(session: Session, request: RightsRequest, keyring: Keyring) -> str | None:
    """The address that the person gave, or that the organisation has with the number they gave.

    One that is the person's no more, as it was corrected since, gets nothing. Raises
    SeveralPeopleError.
    """
    (given,) = keyring.open_many([(request.id, requests.CONTACT, request.contact_sealed)])
    is_theirs = persons.given_since(session, request) is Given.SAME
    if given is not None and "@" in given and is_theirs:
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
