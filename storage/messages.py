"""Telephone messages as rows: opened by a call to a mailbox, kept, closed, and announced by mail.

The webhooks call `open_message`, `keep` and `close` within their own transaction. A message
becomes NEW once its caller has kept it or hung up with something recorded, and its notices are
written once its sound is home, or known to be lost.
"""

import json
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.house import house
from storage.identity import new_id
from storage.queue import JobName
from storage.states import CALL_OVER, DeliveryState, MessageState, RecordingState
from storage.tables import Call, Delivery, Mailbox, Message, Recording

_SETTLED: Final = frozenset({RecordingState.STORED, RecordingState.FAILED})
_GONE: Final = frozenset({RecordingState.DROPPED, RecordingState.ERASED})


def open_message(
    session: Session, call: Call, *, at: datetime, caller: str | None = None
) -> Message:
    """The message of this call to a mailbox, made once.

    `caller` is the number the caller showed, or None for a hidden one; it is sealed.
    Raises ValueError when the call is to no mailbox.
    """
    message = of_call(session, call)
    if message is not None:
        return message
    if call.mailbox_id is None:
        raise ValueError(f"call {call.id} is to no mailbox, so it can leave no message")
    mailbox = session.get_one(Mailbox, call.mailbox_id)
    message = Message(
        id=new_id(),
        organisation_id=call.organisation_id,
        mailbox_id=mailbox.id,
        notice_id=mailbox.notice_id,
        call_id=call.id,
        received_at=at,
    )
    if caller is not None:
        message.caller_sealed = house().keyring.seal_one(message.id, "message.caller", caller)
    session.add(message)
    session.flush()
    return message


def of_call(session: Session, call: Call) -> Message | None:
    """The message of the call, locked, if it has one."""
    wanted = select(Message).where(Message.call_id == call.id).with_for_update()
    return session.scalars(wanted).one_or_none()


def told(session: Session, call: Call, notice_id: UUID | None) -> None:
    """The caller is told once more what a message is kept for, in the words of now."""
    message = of_call(session, call)
    if message is not None:
        message.notice_id = notice_id
        session.flush()


def keep(session: Session, call: Call, *, at: datetime) -> None:
    """The caller is content with the message: it is new from now on."""
    message = of_call(session, call)
    if message is not None:
        _finish(session, message, at=at)


def close(session: Session, call: Call, *, at: datetime) -> None:
    """The caller has hung up: what was recorded counts, and nothing recorded is an empty message.

    Called after the call has its end; a recording still on its way is waited for.
    """
    message = of_call(session, call)
    if message is not None:
        _finish(session, message, at=at)


def settle(session: Session, message_id: UUID, *, at: datetime) -> None:
    """Bring the message into the state its recordings give; write its notices when due."""
    wanted = select(Message).where(Message.id == message_id).with_for_update()
    message = session.scalars(wanted).one_or_none()
    if message is None or message.state is MessageState.ERASED:
        return
    call = session.get_one(Call, message.call_id)
    if message.state is not MessageState.RECEIVING or call.state in CALL_OVER:
        _finish(session, message, at=at)


def _finish(session: Session, message: Message, *, at: datetime) -> None:
    if message.state is MessageState.ERASED:
        return
    found = select(Recording.state).where(Recording.message_id == message.id)
    states = set(session.scalars(found).all())
    if not states - _GONE:
        # Also one thought new until its recording turned out to be silence.
        message.state = MessageState.EMPTY
    elif message.state in (MessageState.RECEIVING, MessageState.EMPTY):
        message.state = MessageState.NEW
    session.flush()
    if states & _SETTLED and message.state is MessageState.NEW:
        _write_notices(session, message, at=at)


def _write_notices(session: Session, message: Message, *, at: datetime) -> None:
    known = select(Delivery.id).where(Delivery.message_id == message.id)
    if session.scalars(known.limit(1)).first() is not None:
        return
    mailbox = session.get_one(Mailbox, message.mailbox_id)
    keyring = house().keyring
    addresses = keyring.open(mailbox.id, "mailbox.notify", mailbox.notify_sealed)
    for address in dict.fromkeys(json.loads(addresses or "[]")):
        delivery = Delivery(
            id=new_id(),
            organisation_id=message.organisation_id,
            message_id=message.id,
            state=DeliveryState.WAITING,
            next_try_at=at,
            created_at=at,
        )
        delivery.address_sealed = keyring.seal_one(delivery.id, "delivery.address", address)
        session.add(delivery)
        session.flush()
        house().bell.ring_after(session, JobName.DELIVER, delivery.id)
