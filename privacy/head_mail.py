"""The signed head of a chain of receipts, mailed to a witness: an organisation's to its own address
for data protection, the house's to the one that WITNESS_EMAIL names.

Whoever keeps these mails can prove later that no receipt up to one of them was altered or left out,
also against the operator, who could otherwise write the whole chain anew. Each proves that as long
as its line is kept; after that a checkpoint alone says that it expired, and the later mails prove.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from config.settings import Settings
from storage import alarms, mailing, receipt_signing
from storage.faults import GiveUp, TryAgain
from storage.house import reading, transaction
from storage.ledger import Ledger
from storage.moments_ahead import lies_ahead
from storage.receipt_chain import Head
from storage.receipts import HOUSE_CHAIN
from storage.tables import LedgerHead, Organisation

log = logging.getLogger(__name__)

ALARM: Final = "receipts.head_not_mailed"
_TEXT: Final = """\
These are the last words of the deletion receipts that Genklang keeps for {name}.

Keep this mail and the next ones. As long as line {sequence} is kept, anybody can prove with it that
none of the lines kept up to there was altered or left out: save it as a file and run

    flask receipts verify {whose} --head FILE

or, without the service, the program verify.py that 'flask receipts export' writes beside the
receipts. The receipts hold nothing about any person.

{head}"""


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who gets the head of a chain, and how the chain is named to them."""

    chain: UUID
    to: str = field(repr=False)
    # Of whose receipts they are, and what a command is told for it.
    name: str
    whose: str
    # On whose clock a month of theirs is over.
    zone: ZoneInfo
    organisation_id: UUID | None = None


def of_organisation(organisation: Organisation) -> Witness:
    """An organisation's own address for data protection."""
    return Witness(
        chain=organisation.id,
        to=organisation.document["contact"]["privacy_email"],
        name=organisation.name,
        whose=f"--organisation {organisation.key}",
        zone=ZoneInfo(organisation.timezone),
        organisation_id=organisation.id,
    )


def of_the_house(settings: Settings) -> Witness | None:
    """Who witnesses what is deleted for no organisation; None where nobody is named."""
    if settings.witness_email is None:
        return None
    return Witness(
        chain=HOUSE_CHAIN,
        to=settings.witness_email,
        name=f"the house at {_host(settings)}",
        whose="--house",
        zone=ZoneInfo("UTC"),
    )


def mail(witness: Witness, *, ledger: Ledger, settings: Settings, now: datetime) -> Head:
    """Mail the head and note when; the head that was mailed. Raises MailServerAway, MailRefused."""
    head = ledger.head(witness.chain, at=now)
    mailing.send_to_staff(
        _written(witness, head, settings=settings, now=now), url=settings.mail_url
    )
    with transaction() as session:
        row = session.get(LedgerHead, witness.chain, with_for_update=True)
        if row is not None:
            row.mailed_at = now
        alarms.clear(session, ALARM, subject=str(witness.chain), at=now)
    log.info("receipts.head_mailed", extra={"organisation_id": witness.organisation_id})
    return head


def mail_due(*, ledger: Ledger, settings: Settings, now: datetime) -> int:
    """Mail each witness the head once in a calendar month of its chain; how many.

    What the mail server refuses for good becomes an alarm. Raises TryAgain when it took some not
    now; those are due again.
    """
    count, away = 0, None
    for witness in _due(settings, now=now):
        try:
            mail(witness, ledger=ledger, settings=settings, now=now)
            count += 1
        except TryAgain as fault:
            away = fault
        except GiveUp:
            _alarm(witness, now=now)
    if away is not None:
        raise away
    return count


def _due(settings: Settings, *, now: datetime) -> list[Witness]:
    """Whoever got no head this month, of a chain that has lines."""
    house = of_the_house(settings)
    with reading() as session:
        rows = session.execute(
            select(Organisation, LedgerHead.mailed_at)
            .join(LedgerHead, LedgerHead.chain == Organisation.id)
            .order_by(Organisation.key)
        ).all()
        own = session.get(LedgerHead, HOUSE_CHAIN)
    mailed = [(of_organisation(one), mailed_at) for one, mailed_at in rows]
    if house is not None and own is not None:
        mailed.append((house, own.mailed_at))
    return [one for one, mailed_at in mailed if _is_due(one, mailed_at, now=now)]


def _is_due(witness: Witness, mailed_at: datetime | None, *, now: datetime) -> bool:
    if mailed_at is None or lies_ahead(mailed_at, now=now):
        return True
    then, today = mailed_at.astimezone(witness.zone), now.astimezone(witness.zone)
    return (then.year, then.month) < (today.year, today.month)


def _alarm(witness: Witness, *, now: datetime) -> None:
    with transaction() as session:
        alarms.sound(
            session,
            ALARM,
            subject=str(witness.chain),
            organisation_id=witness.organisation_id,
            at=now,
        )


def _written(witness: Witness, head: Head, *, settings: Settings, now: datetime) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = witness.to
    message["Subject"] = f"Deletion receipts of {witness.name}: head, line {head.sequence}"
    message["Date"] = format_datetime(now)
    # The same for the same head, so that a mail sent twice can be seen to be one.
    message["Message-ID"] = f"<receipts-{head.chain}-{head.sequence}@{_host(settings)}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        _TEXT.format(
            name=witness.name,
            whose=witness.whose,
            sequence=head.sequence,
            head=receipt_signing.write_head(head),
        ),
        # Long lines as they are: a wrapped signature could not be read back.
        cte="8bit",
    )
    return message


def _host(settings: Settings) -> str:
    return urlsplit(settings.public_base_url).hostname or "localhost"
