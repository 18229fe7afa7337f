"""A text message to one of our numbers: heard once, acted on at once, confirmed at most once.

What was written is kept nowhere, and the provider's copy is deleted. A word that stops or starts
bites for the organisation that the number belongs to.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from config.phrases import Phrase
from messaging import replies
from messaging.events import TextReceived
from messaging.words import letters_of, meaning_of
from storage import provider_copies
from storage.house import house
from storage.identity import new_id
from storage.insertion import insert_missing
from storage.provider_copies import CopyKind
from storage.states import TextWord
from storage.tables import Customer, Line, Mailbox, Organisation, ReceivedText
from survey import objections, subjects
from survey.objections import Source
from survey.permission import Method

# How long the same word from the same person is not answered again: two machines that answer
# each other would never stop.
QUIET: Final = {
    TextWord.STOP: timedelta(days=1),
    TextWord.START: timedelta(days=1),
    TextWord.HELP: timedelta(minutes=10),
    TextWord.OTHER: timedelta(days=1),
}


def receive(session: Session, text: TextReceived, *, at: datetime) -> str | None:
    """Do what the message asks for; the answer to send back, None for none.

    The same message told again changes nothing and has the same answer.
    """
    organisation = _owner(session, text.recipient)
    owner_id = None if organisation is None else organisation.id
    provider_copies.note(
        session, CopyKind.MESSAGE, text.message_sid, organisation_id=owner_id, at=at
    )
    provider_copies.let_go(session, CopyKind.MESSAGE, text.message_sid, at=at)
    if organisation is None or text.sender is None:
        return None
    sender_hash = house().keyring.lookup_hash(organisation.id, "phone", text.sender)
    row, fresh = _once(session, organisation, text, sender_hash, at=at)
    if fresh:
        again = _said_lately(session, row, at=at)
        covers = replies.covered(organisation, text.body)
        changed = _act(session, organisation, row.word, sender_hash, covers=covers, at=at)
        # The provider's own word to a START cannot say that something else is still heeded.
        own = _provider_answers(text, row.word) and not (
            row.word is TextWord.START and _still_heeded(session, organisation, sender_hash)
        )
        row.answered = _may_be_texted(text.sender) and not own and (changed or not again)
    if not row.answered:
        return None
    locale = _locale(session, organisation, sender_hash)
    phrase = _phrase(session, organisation, row.word, text.body, sender_hash)
    return replies.text_for(phrase, organisation, locale=locale)


def hear_late(session: Session, text: TextReceived, *, sent_at: datetime, at: datetime) -> bool:
    """Do what a message asks for that the provider could not bring us; nothing can be answered.

    False when the person has texted one of our words since, and thus said something newer.
    """
    organisation = _owner(session, text.recipient)
    if organisation is not None and text.sender is not None:
        sender_hash = house().keyring.lookup_hash(organisation.id, "phone", text.sender)
        newer = exists().where(
            ReceivedText.organisation_id == organisation.id,
            ReceivedText.subject_hash == sender_hash,
            ReceivedText.word.in_([TextWord.STOP, TextWord.START]),
            ReceivedText.received_at >= sent_at,
        )
        if session.scalar(select(newer)):
            return False
    receive(session, text, at=at)
    return True


def _owner(session: Session, number: str | None) -> Organisation | None:
    """Whose number was texted."""
    if number is None:
        return None
    for table in (Line, Mailbox):
        owner_id = session.scalars(
            select(table.organisation_id).where(table.number == number)
        ).one_or_none()
        if owner_id is not None:
            return session.get_one(Organisation, owner_id)
    return None


def _once(
    session: Session,
    organisation: Organisation,
    text: TextReceived,
    sender_hash: bytes,
    *,
    at: datetime,
) -> tuple[ReceivedText, bool]:
    """The row of this message, and whether it was made just now."""
    made = new_id()
    insert_missing(
        session,
        ReceivedText,
        [
            {
                "id": made,
                "organisation_id": organisation.id,
                "provider_sid": text.message_sid,
                "subject_hash": sender_hash,
                "word": meaning_of(text.body),
                "answered": False,
                "received_at": at,
            }
        ],
    )
    row = session.scalars(
        select(ReceivedText).where(ReceivedText.provider_sid == text.message_sid).with_for_update()
    ).one()
    return row, row.id == made


def _act(
    session: Session,
    organisation: Organisation,
    word: TextWord,
    sender_hash: bytes,
    *,
    covers: Method,
    at: datetime,
) -> bool:
    """Note the wish; whether anything is different now.

    Anybody can send a text in somebody else's name. So a START ends what a STOP began, and
    nothing that was said in another way.
    """
    match word:
        case TextWord.STOP:
            return objections.record_hashes(
                session, organisation.id, [sender_hash], method=covers, source=Source.SMS, at=at
            ).new
        case TextWord.START:
            taken = objections.take_back(
                session,
                organisation.id,
                [sender_hash],
                source=Source.SMS,
                at=at,
                method=covers,
                only=(Source.SMS,),
            )
            return taken > 0
    return False


def _phrase(
    session: Session, organisation: Organisation, word: TextWord, body: str, sender_hash: bytes
) -> Phrase:
    """What is answered: to a START also that something else is still heeded."""
    if word is not TextWord.START:
        return replies.phrase_of(word, replies.covered(organisation, body))
    still = _still_heeded(session, organisation, sender_hash)
    return Phrase.TEXT_STARTED_PARTLY if still else Phrase.TEXT_STARTED


def _still_heeded(session: Session, organisation: Organisation, sender_hash: bytes) -> bool:
    """Whether any no of the sender holds."""
    known = subjects.customers_known_by(session, organisation.id, [sender_hash])
    mine = subjects.all_hashes([sender_hash], known)
    return bool(objections.in_force(session, organisation.id, mine))


def _may_be_texted(number: str) -> bool:
    """Whether a test system may text that number at all; what was asked for holds in any case."""
    allowed = house().settings.allowed_numbers
    return not allowed or number in allowed


def _provider_answers(text: TextReceived, word: TextWord) -> bool:
    """Whether the provider confirms this word itself, and after a stop delivers nothing of ours."""
    if word not in (TextWord.STOP, TextWord.START):
        return False
    own = house().settings.traits.own_text_words
    return text.answered_by_provider or letters_of(text.body) in own


def _said_lately(session: Session, row: ReceivedText, *, at: datetime) -> bool:
    same = exists().where(
        ReceivedText.organisation_id == row.organisation_id,
        ReceivedText.subject_hash == row.subject_hash,
        ReceivedText.word == row.word,
        ReceivedText.received_at > at - QUIET[row.word],
        ReceivedText.id != row.id,
    )
    return bool(session.scalar(select(same)))


def _locale(session: Session, organisation: Organisation, sender_hash: bytes) -> str | None:
    return session.scalars(
        select(Customer.locale).where(
            Customer.organisation_id == organisation.id, Customer.phone_hash == sender_hash
        )
    ).one_or_none()
