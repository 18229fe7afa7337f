"""Telling a person that what is kept of them can be fetched, and until when.

The mail holds nothing of it, only where: the page there asks for a code that goes to the same
address. When the time is over and the person has fetched it, the request is answered.
"""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from messaging import answer_mail
from messaging.answer_mail import Letter
from messaging.answer_words import ANSWER
from messaging.code_mail import address_of
from messaging.package_words import PACKAGE
from messaging.public_pages import DEFAULT_LANGUAGE
from privacy import package_offers, request_steps
from storage import alarms, permits
from storage.house import House, transaction
from storage.keyring import Keyring
from storage.request_states import RequestState
from storage.states import AttemptMethod
from storage.tables import Organisation, RightsRequest


def offer(request_id: UUID, *, house: House, now: datetime) -> bool:
    """Mail where a granted package is fetched, once; whether it was mailed now.

    Without an address or a mail server it waits for whoever hands it out. Raises MailServerAway.
    """
    with transaction() as session:
        request = answer_mail.locked(session, request_id)
        if request is None:
            return False
        owner = session.get_one(Organisation, request.organisation_id)
        end = package_offers.ends_at(request, owner)
        if end is None:
            return False
        if request.state is RequestState.DONE and request.fetched_at is not None and end <= now:
            request_steps.tell(session, request, keyring=house.keyring, at=now)
            return False
        if request.state is not RequestState.DECIDED or house.settings.mail_url is None:
            return False
        base = house.settings.public_base_url.rstrip("/")
        letter = _letter(session, request, owner, end, base=base, keyring=house.keyring)
    if letter is None or not answer_mail.taken(request_id, letter, house=house, now=now):
        return False
    with transaction() as session:
        found = answer_mail.locked(session, request_id)
        if found is not None and found.state is RequestState.DECIDED:
            request_steps.finish(found, at=now)
    return True


def _letter(
    session: Session,
    request: RightsRequest,
    owner: Organisation,
    end: datetime,
    *,
    base: str,
    keyring: Keyring,
) -> Letter | None:
    if alarms.is_open(session, request_steps.ANSWER_NOT_TAKEN, subject=str(request.id)):
        return None
    address = address_of(session, request, keyring)
    if address is None:
        return None
    language = request.language if request.language in PACKAGE else None
    words = PACKAGE[language or DEFAULT_LANGUAGE]
    said = {
        "organisation": owner.name,
        "reference": request.reference,
        "day": f"{end.astimezone(ZoneInfo(owner.timezone)):%Y-%m-%d}",
        "link": f"{base}/rights/{owner.key}/{request.reference}/package"
        f"?lang={language or DEFAULT_LANGUAGE}",
        "contact": owner.document.get("contact", {}).get("privacy_email", ""),
    }
    spoken = ANSWER[language or DEFAULT_LANGUAGE]
    left = [*answer_mail.refused(request, owner, spoken), *answer_mail.complaints(owner, spoken)]
    return Letter(
        address,
        words.subject.format(**said),
        "\n\n".join([words.body.format(**said).rstrip("\n"), *(left if request.left_out else ())])
        + "\n",
        permits.for_answer(request, AttemptMethod.EMAIL),
    )
