"""Telling a person within the month that their answer takes longer, why, and until when."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from messaging import answer_mail
from messaging.answer_mail import Letter
from messaging.answer_words import ANSWER
from messaging.code_mail import address_of
from messaging.public_pages import DEFAULT_LANGUAGE
from storage import permits
from storage.house import House, transaction
from storage.keyring import Keyring
from storage.request_states import RequestState
from storage.states import AttemptMethod
from storage.tables import Organisation, RightsRequest

_WAITING = (RequestState.RECEIVED, RequestState.PROVEN)


def send(request_id: UUID, *, house: House, now: datetime) -> bool:
    """Mail it once, if there is an address; whether it was mailed. Raises MailServerAway."""
    if house.settings.mail_url is None:
        return False
    with transaction() as session:
        letter = _letter(session, request_id, keyring=house.keyring)
    if letter is None:
        return False
    taken = answer_mail.taken(request_id, letter, house=house, now=now, about="extension")
    with transaction() as session:
        found = answer_mail.locked(session, request_id)
        # Refused for good is an alarm already; it is not tried for ever.
        if found is not None:
            found.extension_told_at = now
    return taken


def _letter(session: Session, request_id: UUID, *, keyring: Keyring) -> Letter | None:
    request = answer_mail.locked(session, request_id)
    if request is None or request.extension is None or request.state not in _WAITING:
        return None
    if request.extension_told_at is not None:
        return None
    address = address_of(session, request, keyring)
    if address is None:
        return None
    organisation = session.get_one(Organisation, request.organisation_id)
    return _written(request, organisation, address)


def _written(request: RightsRequest, organisation: Organisation, address: str) -> Letter:
    language = request.language if request.language in ANSWER else None
    words = ANSWER[language or DEFAULT_LANGUAGE]
    named = {"organisation": organisation.name, "reference": request.reference}
    said = [words.asked.format(**named)]
    if request.extension is not None:
        due = request.due_at.astimezone(ZoneInfo(organisation.timezone))
        why = words.extensions[request.extension]
        said.append(words.longer.format(reason=why, day=f"{due:%Y-%m-%d}"))
    contact = organisation.document.get("contact", {})
    if authority := contact.get("authority"):
        said.append(words.complain.format(authority=authority))
    if asked_at := contact.get("privacy_email"):
        said.append(words.questions.format(contact=asked_at))
    return Letter(
        address,
        words.subject.format(**named),
        "\n\n".join(said) + "\n",
        permits.for_answer(request, AttemptMethod.EMAIL),
    )
