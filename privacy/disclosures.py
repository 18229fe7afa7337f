"""The log of what was handed out of a person's data: told to the person, kept as the request log.

Exports have a book of their own, as nobody knows who is in each; a package went to the person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy.persons import Person
from storage.disclosure_words import DisclosureGround
from storage.faults import GiveUp
from storage.identity import new_id
from storage.keyring import Keyring
from storage.tables import Customer, Disclosure, Organisation

RECEIVER: Final = "disclosure.receiver"
"""The kind under which it is sealed to whom something was handed out: it may be a person."""
LONGEST_RECEIVER: Final = 200


class NoDisclosureError(GiveUp):
    """What was to be noted cannot be so; the reason says what would be right."""


@dataclass(frozen=True, slots=True)
class Told:
    """One handing out with its receiver opened; None where the key is gone."""

    row: Disclosure
    receiver: str | None


def note(
    session: Session,
    organisation: Organisation,
    hashes: Sequence[bytes],
    customer_id: UUID | None,
    *,
    receiver: str,
    classes: Sequence[DataClass],
    ground: DisclosureGround,
    disclosed_at: datetime,
    keyring: Keyring,
    now: datetime,
) -> Disclosure:
    """Write a handing out down; raises NoDisclosureError."""
    if not receiver.strip() or len(receiver) > LONGEST_RECEIVER:
        raise NoDisclosureError(f"name the receiver in 1 to {LONGEST_RECEIVER} characters")
    if not classes:
        raise NoDisclosureError("name what was handed out with --what, such as --what answers")
    if disclosed_at > now:
        raise NoDisclosureError("that day is not over yet; only what happened is noted")
    row = Disclosure(
        id=new_id(),
        organisation_id=organisation.id,
        customer_id=customer_id,
        subject_hash=hashes[0],
        ground=ground,
        classes=[one.value for one in dict.fromkeys(classes)],
        disclosed_at=disclosed_at,
        noted_at=now,
    )
    row.receiver_sealed = keyring.seal_one(row.id, RECEIVER, receiver.strip())
    session.add(row)
    session.flush()
    return row


def of_person(session: Session, person: Person, *, keyring: Keyring) -> list[Told]:
    """What was handed out of this person's data, the oldest first.

    Also of whoever was erased since: by the number or address that it was noted under.
    """
    still_there = exists().where(Customer.id == Disclosure.customer_id)
    by_hash = and_(Disclosure.subject_hash.in_(person.hashes), ~still_there)
    rows = session.scalars(
        select(Disclosure)
        .where(
            Disclosure.organisation_id == person.organisation_id,
            or_(person.named_in(Disclosure.customer_id), by_hash),
        )
        .order_by(Disclosure.disclosed_at, Disclosure.id)
    ).all()
    return _opened(rows, keyring)


def of_organisation(
    session: Session, organisation: Organisation, *, keyring: Keyring
) -> list[Told]:
    """Everything that the organisation handed out and still keeps a note of, the oldest first."""
    rows = session.scalars(
        select(Disclosure)
        .where(Disclosure.organisation_id == organisation.id)
        .order_by(Disclosure.disclosed_at, Disclosure.id)
    ).all()
    return _opened(rows, keyring)


def _opened(rows: Sequence[Disclosure], keyring: Keyring) -> list[Told]:
    names = keyring.open_many([(one.id, RECEIVER, one.receiver_sealed) for one in rows])
    return [Told(row, name) for row, name in zip(rows, names, strict=True)]
