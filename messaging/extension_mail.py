"""Telling a person within the month that their answer takes longer, why, and until when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from messaging import answer_mail
from messaging.answer_mail import Letter
from messaging.answer_words import ANSWER
from messaging.code_mail import address_of
from messaging.public_pages import DEFAULT_LANGUAGE
from privacy import request_steps
from privacy.persons import SeveralPeopleError
from storage import alarms, permits
from storage.house import House, transaction
from storage.keyring import Keyring
from storage.states import AttemptMethod
from storage.tables import Organisation, RightsRequest


@dataclass(frozen=True, slots=True)
class _Untold:
    """A person who is still to hear of it, and the letter; None where nobody can be mailed."""

    letter: Letter | None


def send(request_id: UUID, *, house: House, now: datetime) -> bool:
    """Mail it once, if there is an address; whether it was mailed.

    Where nobody can be mailed, or the mail server refuses it for good, an alarm asks for somebody
    to tell them. Raises MailServerAway.
    """
    with transaction() as session:
        untold = _untold(session, request_id, house=house)
    if untold is None:
        return False
    taken = untold.letter is not None and answer_mail.taken(
        request_id, untold.letter, house=house, now=now, about="extension"
    )
    with transaction() as session:
        found = answer_mail.locked(session, request_id)
        if found is None or not request_steps.longer_is_untold(found):
            return taken
        if taken:
            request_steps.tell_longer(session, found, at=now)
        else:
            alarms.sound(
                session,
                request_steps.LONGER_NOT_TOLD,
                subject=str(found.id),
                organisation_id=found.organisation_id,
                at=now,
            )
    return taken


def _untold(session: Session, request_id: UUID, *, house: House) -> _Untold | None:
    request = answer_mail.locked(session, request_id)
    if request is None or not request_steps.longer_is_untold(request):
        return None
    # What was refused for good is not tried for ever.
    refused = alarms.is_open(session, request_steps.ANSWER_NOT_TAKEN, subject=str(request.id))
    if refused or house.settings.mail_url is None:
        return _Untold(None)
    address = _address(session, request, house.keyring)
    if address is None:
        return _Untold(None)
    organisation = session.get_one(Organisation, request.organisation_id)
    return _Untold(_written(request, organisation, address))


def _address(session: Session, request: RightsRequest, keyring: Keyring) -> str | None:
    try:
        return address_of(session, request, keyring)
    except SeveralPeopleError:  # nobody is written to on a guess
        return None


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
