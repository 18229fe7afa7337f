"""The answer to a person's request, mailed to the address they gave or that was proven theirs.

A refusal names its ground and the authority to complain to. Once the mail is taken the person
counts as told, and the address is forgotten. For packages see messaging.package_mail.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from messaging import weighing
from messaging.answer_words import ANSWER, AnswerWords
from messaging.code_mail import address_of
from messaging.public_pages import DEFAULT_LANGUAGE
from privacy import package_offers, parts, request_steps
from storage import alarms, mailing, permits
from storage.faults import GiveUp
from storage.house import House, transaction
from storage.keyring import Keyring
from storage.permits import AskedFor
from storage.request_states import ERASES, Ground, Outcome, RequestKind, RequestState
from storage.states import AttemptMethod
from storage.tables import Organisation, RightsRequest

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail about a request, and the paper to send it with."""

    to: str
    subject: str
    text: str
    paper: AskedFor


def send(request_id: UUID, *, house: House, now: datetime) -> bool:
    """Mail the answer of a request that is done, if there is an address; whether it was mailed.

    What the mail server refuses for good becomes an alarm, and somebody tells the person in another
    way. Raises MailServerAway; then it is tried again. A crash may send it twice, with one id.
    """
    if house.settings.mail_url is None:
        return False
    with transaction() as session:
        letter = _letter(session, request_id, keyring=house.keyring)
    if letter is None:
        return False
    if not taken(request_id, letter, house=house, now=now):
        return False
    with transaction() as session:
        found = locked(session, request_id)
        if found is not None and found.state is RequestState.DONE:
            weighing.tell(session, found, keyring=house.keyring, at=now)
    return True


def taken(
    request_id: UUID, letter: Letter, *, house: House, now: datetime, about: str = "answer"
) -> bool:
    """Mail a letter about a request; False when the mail server refused it for good.

    That is an alarm then. Raises MailServerAway.
    """
    mail = EmailMessage()
    mail["From"] = house.settings.mail_from
    mail["To"] = letter.to
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(now)
    host = urlsplit(house.settings.public_base_url).hostname or "localhost"
    # The same for every try, so that a mail sent twice can be seen to be one.
    mail["Message-ID"] = f"<{about}-{request_id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    try:
        mailing.send_asked_for(mail, letter.paper, url=house.settings.mail_url)
    except GiveUp as refusal:
        log.warning("rights.answer_not_taken", extra={"code": refusal.code})
        with transaction() as session:
            owner = session.get_one(RightsRequest, request_id).organisation_id
            alarms.sound(
                session,
                request_steps.ANSWER_NOT_TAKEN,
                subject=str(request_id),
                organisation_id=owner,
                at=now,
            )
        return False
    return True


def locked(session: Session, request_id: UUID) -> RightsRequest | None:
    """The request, if there is one."""
    wanted = select(RightsRequest).where(RightsRequest.id == request_id)
    return session.scalars(wanted.with_for_update()).one_or_none()


def _letter(session: Session, request_id: UUID, *, keyring: Keyring) -> Letter | None:
    request = locked(session, request_id)
    if request is None or request.state is not RequestState.DONE or request.outcome is None:
        return None
    if request.kind in package_offers.KINDS and request.outcome is not Outcome.REFUSED:
        return None
    if request.kind is RequestKind.OBJECTION and request.proof is None:
        return None  # anybody may say no for an address; its owner is not mailed because of it
    if alarms.is_open(session, request_steps.ANSWER_NOT_TAKEN, subject=str(request_id)):
        return None
    address = address_of(session, request, keyring)
    if address is None:
        return None
    organisation = session.get_one(Organisation, request.organisation_id)
    language = request.language if request.language in ANSWER else DEFAULT_LANGUAGE
    words = ANSWER[language or DEFAULT_LANGUAGE]
    named = {"organisation": organisation.name, "reference": request.reference}
    return Letter(
        address,
        words.subject.format(**named),
        "\n\n".join([words.opening.format(**named), *_said(request, organisation, language)])
        + "\n",
        permits.for_answer(request, AttemptMethod.EMAIL),
    )


def _said(request: RightsRequest, organisation: Organisation, language: str | None) -> list[str]:
    words = ANSWER[language or DEFAULT_LANGUAGE]
    said = [] if request.outcome is Outcome.REFUSED else [words.done[request.kind]]
    if request.kind in ERASES and request.outcome is Outcome.PARTLY:
        said = [words.erased_partly]
    said += refused(request, organisation, words)
    if (
        request.kind is RequestKind.OBJECTION_TO_USE
        and request.outcome is Outcome.REFUSED
        and request.proof is not None
        and request.ground is not Ground.NOTHING_KEPT
    ):
        said.append(words.resumed)
    said += complaints(organisation, words)
    contact = organisation.document.get("contact", {})
    if asked_at := contact.get("privacy_email"):
        said.append(words.questions.format(contact=asked_at))
    return said


def refused(request: RightsRequest, organisation: Organisation, words: AnswerWords) -> list[str]:
    """What was not done of a request, and why."""
    said = []
    zone = ZoneInfo(organisation.timezone)
    left = [
        words.parts[kind].format(day=f"{at.astimezone(zone):%Y-%m-%d}")
        for kind, at in parts.left_out(request)
        if at is not None
    ]
    if left:
        told = words.still_kept if request.kind in ERASES else words.left_out
        if request.kind is RequestKind.RESTRICTION:
            told = words.used_as_before
        said.append(told.format(parts=", ".join(left)))
    if request.ground is not None:
        why = words.refused if request.outcome is Outcome.REFUSED else words.partly
        said.append(why.format(ground=words.grounds[request.ground]))
    return said


def complaints(organisation: Organisation, words: AnswerWords) -> list[str]:
    """Where the person can complain, where the organisation names an authority."""
    authority = organisation.document.get("contact", {}).get("authority")
    return [words.complain.format(authority=authority)] if authority else []
