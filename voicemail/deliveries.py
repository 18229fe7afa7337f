"""The notice that a telephone message has arrived, sent to each address of its mailbox.

The mail says that there is a message, never what is in it nor who called: mailboxes of staff are
kept by others, forwarded, and not emptied on our day.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from config.settings import Settings
from storage import alarms, mailing
from storage.faults import GiveUp, TryAgain
from storage.house import transaction
from storage.keyring import KeyDestroyedError, Keyring
from storage.states import DeliveryState, MessageState, RecordingState
from storage.tables import Delivery, Mailbox, Message, Organisation, Recording
from voicemail.notices import Notice, write

log = logging.getLogger(__name__)

ALARM: Final = "delivery.failed"
# As long as mail servers themselves keep trying.
PATIENCE: Final = timedelta(days=4)
_LEASE: Final = timedelta(minutes=3)
_WAITS: Final = (30, 60, 120, 300, 900, 1_800, 3_600)


@dataclass(frozen=True, slots=True)
class _Claim:
    delivery_id: UUID
    address_sealed: bytes | None
    created_at: datetime
    tries: int
    notice: Notice


def deliver(
    delivery_id: UUID, *, settings: Settings, keyring: Keyring, now: datetime
) -> DeliveryState | None:
    """Send one notice whose time has come; its state afterwards, None when there is no such row.

    A crash after the server took the mail sends it again with the same Message-ID. What a server
    refuses for good, or does not take for four days, ends as FAILED with an alarm.
    """
    claim = _claim(delivery_id, now=now, public_base_url=settings.public_base_url)
    if not isinstance(claim, _Claim):
        return claim
    try:
        address = keyring.open(delivery_id, "delivery.address", claim.address_sealed)
    except KeyDestroyedError:
        address = None
    if address is None:
        return _settle(claim, DeliveryState.FAILED, code="address_erased", now=now)
    mail = _mail(claim, address, settings=settings, now=now)
    try:
        mailing.send_to_staff(mail, url=settings.mail_url)
    except TryAgain as fault:
        if now - claim.created_at > PATIENCE:
            return _settle(claim, DeliveryState.FAILED, code=fault.code, now=now)
        return _settle(claim, DeliveryState.WAITING, code=fault.code, now=now)
    except GiveUp as fault:
        return _settle(claim, DeliveryState.FAILED, code=fault.code, now=now)
    return _settle(claim, DeliveryState.SENT, code=None, now=now)


def _claim(
    delivery_id: UUID, *, now: datetime, public_base_url: str
) -> _Claim | DeliveryState | None:
    with transaction() as session:
        wanted = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
        delivery = session.scalars(wanted).one_or_none()
        if delivery is None:
            return None
        early = delivery.next_try_at is not None and delivery.next_try_at > now
        held = delivery.lease_until is not None and delivery.lease_until > now
        if delivery.state is not DeliveryState.WAITING or early or held:
            return delivery.state
        message = session.get_one(Message, delivery.message_id)
        if message.state is MessageState.ERASED:
            # Nobody is told of a message that is gone.
            delivery.state, delivery.error_code = DeliveryState.FAILED, "message_erased"
            delivery.next_try_at = None
            return delivery.state
        delivery.lease_until = now + _LEASE
        delivery.tries += 1
        mailbox = session.get_one(Mailbox, message.mailbox_id)
        organisation = session.get_one(Organisation, message.organisation_id)
        seconds = session.scalars(
            select(Recording.seconds)
            .where(Recording.message_id == message.id)
            .where(Recording.state == RecordingState.STORED)
            .order_by(Recording.visit.desc())
        ).first()
        notice = Notice(
            mailbox=mailbox.name,
            language=mailbox.language,
            received_at=message.received_at.astimezone(ZoneInfo(organisation.timezone)),
            seconds=None if seconds is None else round(seconds),
            link=f"{public_base_url.rstrip('/')}/console/messages/{message.id}",
        )
        return _Claim(
            delivery_id=delivery.id,
            address_sealed=delivery.address_sealed,
            created_at=delivery.created_at,
            tries=delivery.tries,
            notice=notice,
        )


def _mail(claim: _Claim, address: str, *, settings: Settings, now: datetime) -> EmailMessage:
    subject, body = write(claim.notice)
    mail = EmailMessage()
    mail["From"] = settings.mail_from
    mail["To"] = address
    mail["Subject"] = subject
    mail["Date"] = format_datetime(now)
    # The same for every try, so that a mail sent twice can be seen to be one.
    host = urlsplit(settings.public_base_url).hostname or "localhost"
    mail["Message-ID"] = f"<delivery-{claim.delivery_id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body)
    return mail


def _settle(
    claim: _Claim, state: DeliveryState, *, code: str | None, now: datetime
) -> DeliveryState:
    with transaction() as session:
        wanted = select(Delivery).where(Delivery.id == claim.delivery_id).with_for_update()
        delivery = session.scalars(wanted).one_or_none()
        if delivery is None:
            return state
        delivery.state, delivery.error_code = state, None if code is None else code[:40]
        delivery.lease_until = delivery.next_try_at = None
        if state is DeliveryState.SENT:
            delivery.sent_at = now
            alarms.clear(session, ALARM, subject=str(delivery.id), at=now)
        elif state is DeliveryState.WAITING:
            place = min(claim.tries, len(_WAITS)) - 1
            delivery.next_try_at = now + timedelta(seconds=_WAITS[place])
        else:
            alarms.sound(
                session,
                ALARM,
                subject=str(delivery.id),
                organisation_id=delivery.organisation_id,
                at=now,
            )
        log.info("delivery.tried", extra={"delivery_id": str(delivery.id), "state": state})
        return state
