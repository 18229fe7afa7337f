"""The signed head of an organisation's receipts, mailed to its own address for data protection.

Whoever keeps one of these mails can prove later that no receipt up to it was altered or left out,
also against the operator, who could otherwise write the whole chain anew.
"""

import logging
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from config.settings import Settings
from storage import alarms, mailing, receipt_chain
from storage.faults import GiveUp, TryAgain
from storage.house import reading, transaction
from storage.ledger import Ledger
from storage.receipt_chain import Head
from storage.tables import LedgerHead, Organisation

log = logging.getLogger(__name__)

ALARM: Final = "receipts.head_not_mailed"
_TEXT: Final = """\
These are the last words of the deletion receipts that Genklang keeps for {name}.

Keep this mail. With it anybody can prove later that no receipt up to line {sequence} was altered
or left out: save it as a file and run

    flask receipts verify --organisation {key} --head FILE

or, without the service, the program verify.py that 'flask receipts export' writes beside the
receipts. The receipts hold nothing about any person.

{head}"""


def mail(organisation: Organisation, *, ledger: Ledger, settings: Settings, now: datetime) -> Head:
    """Mail the head and note when; the head that was mailed. Raises MailServerAway, MailRefused."""
    head = ledger.head(organisation.id, at=now)
    mailing.send_to_staff(
        _written(organisation, head, settings=settings, now=now), url=settings.mail_url
    )
    with transaction() as session:
        row = session.get(LedgerHead, organisation.id, with_for_update=True)
        if row is not None:
            row.mailed_at = now
        alarms.clear(session, ALARM, subject=str(organisation.id), at=now)
    log.info("receipts.head_mailed", extra={"organisation_id": str(organisation.id)})
    return head


def mail_due(*, ledger: Ledger, settings: Settings, now: datetime) -> int:
    """Mail each organisation's head once in a calendar month of its own; how many.

    What the mail server refuses for good becomes an alarm. Raises TryAgain when it took some not
    now; those are due again.
    """
    count, away = 0, None
    for organisation in _due(now=now):
        try:
            mail(organisation, ledger=ledger, settings=settings, now=now)
            count += 1
        except TryAgain as fault:
            away = fault
        except GiveUp:
            _alarm(organisation.id, now=now)
    if away is not None:
        raise away
    return count


def _due(*, now: datetime) -> list[Organisation]:
    with reading() as session:
        rows = session.execute(
            select(Organisation, LedgerHead.mailed_at)
            .join(LedgerHead, LedgerHead.chain == Organisation.id)
            .order_by(Organisation.key)
        ).all()
    return [one for one, mailed_at in rows if mailed_at is None or _older(one, mailed_at, now=now)]


def _older(organisation: Organisation, mailed_at: datetime, *, now: datetime) -> bool:
    zone = ZoneInfo(organisation.timezone)
    then, today = mailed_at.astimezone(zone), now.astimezone(zone)
    return (then.year, then.month) < (today.year, today.month)


def _alarm(organisation_id: UUID, *, now: datetime) -> None:
    with transaction() as session:
        alarms.sound(
            session,
            ALARM,
            subject=str(organisation_id),
            organisation_id=organisation_id,
            at=now,
        )


def _written(
    organisation: Organisation, head: Head, *, settings: Settings, now: datetime
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = organisation.document["contact"]["privacy_email"]
    message["Subject"] = f"Deletion receipts of {organisation.name}: head, line {head.sequence}"
    message["Date"] = format_datetime(now)
    # The same for the same head, so that a mail sent twice can be seen to be one.
    host = urlsplit(settings.public_base_url).hostname or "localhost"
    message["Message-ID"] = f"<receipts-{head.chain}-{head.sequence}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        _TEXT.format(
            name=organisation.name,
            key=organisation.key,
            sequence=head.sequence,
            head=receipt_chain.write_head(head),
        ),
        # Long lines as they are: a wrapped signature could not be read back.
        cte="8bit",
    )
    return message
