"""Somebody calls one of our numbers: a mailbox takes a message, a line explains who called."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ivr import callbacks, openings
from ivr.addresses import CallAddresses
from ivr.conversations import Conversation, lock_by_sid
from ivr.events import InboundCall
from ivr.last_words import guessed_language
from ivr.steps import Reject
from ivr.turns import Spoken
from storage import messages, provider_copies
from storage.house import house
from storage.identity import new_id, new_token
from storage.insertion import insert_missing
from storage.provider_copies import CopyKind
from storage.states import CallState
from storage.tables import Call, Line, Mailbox


def receive(session: Session, inbound: InboundCall, *, base_url: str, at: datetime) -> Spoken:
    """The first document of an inbound call; asked again, the same one.

    A number that is no mailbox and that no campaign calls from rejects the call.
    """
    known = lock_by_sid(session, inbound.call_sid)
    if known is not None:
        return _spoken(openings.reopen(session, known), known, base_url)
    mailbox = _mailbox(session, inbound.called)
    if mailbox is not None:
        call = _new_call(session, inbound, mailbox, at=at)
        messages.open_message(session, call, at=at, caller=inbound.caller)
        begun = openings.reopen(session, call)
        return _spoken(begun or openings.begin_mailbox(session, call, mailbox), call, base_url)
    line = _line(session, inbound.called)
    if line is not None:
        call = _new_call(session, inbound, line, at=at)
        begun = openings.reopen(session, call)
        if begun is None:
            guessed = guessed_language(inbound.caller)
            begun = callbacks.begin_desk(session, call, guessed=guessed, at=at)
        return _spoken(begun, call, base_url)
    return Spoken((Reject(),), CallAddresses(base_url, ""))


def _spoken(conversation: Conversation | None, call: Call, base_url: str) -> Spoken:
    urls = CallAddresses(base_url, call.token)
    return Spoken((Reject(),) if conversation is None else conversation.steps(), urls)


def _mailbox(session: Session, number: str | None) -> Mailbox | None:
    if number is None:
        return None
    return session.scalars(select(Mailbox).where(Mailbox.number == number)).one_or_none()


def _line(session: Session, number: str | None) -> Line | None:
    if number is None:
        return None
    return session.scalars(select(Line).where(Line.number == number)).one_or_none()


def _new_call(session: Session, inbound: InboundCall, to: Mailbox | Line, *, at: datetime) -> Call:
    """The call's row; of the caller it keeps only a keyed hash, to know them by in this call."""
    caller_hash = None
    if inbound.caller is not None:
        caller_hash = house().keyring.lookup_hash(to.organisation_id, "phone", inbound.caller)
    insert_missing(
        session,
        Call,
        [
            {
                "id": new_id(),
                "organisation_id": to.organisation_id,
                "mailbox_id": to.id if isinstance(to, Mailbox) else None,
                "line_id": to.id if isinstance(to, Line) else None,
                "token": new_token(),
                "provider_sid": inbound.call_sid,
                "state": CallState.IN_PROGRESS,
                "caller_hash": caller_hash,
                "started_at": at,
                "answered_at": at,
            }
        ],
    )
    call = lock_by_sid(session, inbound.call_sid)
    if call is None:
        raise LookupError("the call that was just written is not there")
    provider_copies.note(
        session, CopyKind.CALL, inbound.call_sid, organisation_id=to.organisation_id, at=at
    )
    return call
