"""Receipt codes: what a caller hears at the end, and what opens their own answers to them later.

Fifteen digits made from the row's id under the organisation's look-up key, so that a webhook that
comes twice hears the same ones although only their keyed hash is stored. What makes guessing
hopeless stands in docs/decisions/0028.
"""

import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy.schedules import NoRuleError, schedule_of
from storage.identity import new_id
from storage.insertion import insert_missing
from storage.keyring import Keyring
from storage.tables import Organisation, ReceiptCode

DIGITS: Final = 15
LIVES: Final = timedelta(days=90)
PATH: Final = "/mine"
_MADE: Final = "receipt code made of"
_KIND: Final = "receipt code"


def give(
    session: Session,
    organisation_id: UUID,
    response_id: UUID,
    *,
    keyring: Keyring,
    at: datetime,
    by_text: bool = False,
) -> None:
    """Give the response its code, once; it counts for 90 days and never longer than the answers.

    With `by_text` it is to be sent by text, and the sending is due at once.
    """
    item = new_id()
    digits = _digits(organisation_id, item, keyring)
    insert_missing(
        session,
        ReceiptCode,
        [
            {
                "id": item,
                "organisation_id": organisation_id,
                "response_id": response_id,
                "code_hash": _hash(organisation_id, digits, keyring),
                "made_at": at,
                "expires_at": _expiry(session.get_one(Organisation, organisation_id), at=at),
                "by_text_at": at if by_text else None,
                "text_due_at": at if by_text else None,
            }
        ],
    )


def of_response(session: Session, organisation_id: UUID, response_id: UUID) -> ReceiptCode | None:
    """The response's code; None when it has none."""
    theirs = select(ReceiptCode).where(
        ReceiptCode.organisation_id == organisation_id, ReceiptCode.response_id == response_id
    )
    return session.scalars(theirs).one_or_none()


def digits_of(code: ReceiptCode, *, keyring: Keyring) -> str:
    """The digits, to be said or sent."""
    return _digits(code.organisation_id, code.id, keyring)


def address(public_base_url: str) -> str:
    """The address of the page as a text message has it."""
    return f"{public_base_url.rstrip('/')}{PATH}"


def page(public_base_url: str) -> str:
    """The address of the page as a voice says it."""
    parts = urlsplit(public_base_url)
    return f"{parts.netloc}{parts.path.rstrip('/')}{PATH}"


def opened_by(
    session: Session, written: str, *, keyring: Keyring, at: datetime
) -> ReceiptCode | None:
    """The code that somebody keyed in; None for one that opens nothing, whatever the reason.

    A guess is made against every organisation at once, so the same work is done for each of them.
    """
    digits = "".join(one for one in written if one.isascii() and one.isdigit())
    owners = session.scalars(select(Organisation.id).order_by(Organisation.id)).all()
    hashes = {owner: _hash(owner, digits, keyring) for owner in owners}
    there = select(ReceiptCode).where(ReceiptCode.code_hash.in_(list(hashes.values())))
    return _fitting(session.scalars(there.limit(2)), hashes, digits=digits, at=at)


def _fitting(
    rows: Iterable[ReceiptCode], hashes: dict[UUID, bytes], *, digits: str, at: datetime
) -> ReceiptCode | None:
    fitting = [
        row
        for row in rows
        if hmac.compare_digest(row.code_hash or b"", hashes[row.organisation_id])
        and at < row.expires_at
        and row.erase_asked_at is None
    ]
    # Of two organisations that have the same fifteen digits neither is shown to the other's person.
    return fitting[0] if len(fitting) == 1 and len(digits) == DIGITS else None


def still_open(session: Session, item: UUID, *, at: datetime) -> ReceiptCode | None:
    """The code that was keyed in a while ago; None when it has expired or its answer is going."""
    row = session.get(ReceiptCode, item)
    if row is None or at >= row.expires_at or row.erase_asked_at is not None:
        return None
    return row


def _expiry(organisation: Organisation, *, at: datetime) -> datetime:
    latest = at + LIVES
    try:
        schedule = schedule_of(organisation)
        period = schedule.period(DataClass.ANSWERS)
    except NoRuleError:  # it is being said to somebody: this is no moment to fail
        return latest
    return latest if period is None else min(latest, period.after(at, schedule.zone))


def _digits(organisation_id: UUID, item: UUID, keyring: Keyring) -> str:
    made = keyring.keyed_hash(organisation_id, _MADE, str(item))
    # Of 256 bits so few are used that every code is as likely as any other.
    return f"{int.from_bytes(made) % 10**DIGITS:0{DIGITS}d}"


def _hash(organisation_id: UUID, digits: str, keyring: Keyring) -> bytes:
    return keyring.keyed_hash(organisation_id, _KIND, digits)
