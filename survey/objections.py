"""A person's no: stored under keyed hashes, biting at once on whatever is open for them."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.tables import Customer, Objection
from survey import invitations
from survey.permission import Method


class Source(StrEnum):
    """Where the no was said."""

    CALL = "call"
    CALLED_US = "called_us"
    CONSOLE = "console"
    SMS = "sms"
    WEB = "web"


def record(
    session: Session, customer: Customer, method: Method, *, source: Source, at: datetime
) -> int:
    """Store the no under every hash the person is known by, and withdraw what it forbids.

    How many invitations were withdrawn. Saying no twice is one no.
    """
    hashes = [one for one in (customer.phone_hash, customer.email_hash) if one is not None]
    record_hashes(session, customer.organisation_id, hashes, method=method, source=source, at=at)
    return invitations.withdraw(session, customer, method, now=at)


def record_hashes(
    session: Session,
    organisation_id: UUID,
    hashes: Iterable[bytes],
    *,
    method: Method,
    source: Source,
    at: datetime,
) -> None:
    """Store the no of somebody who may be no customer: a later import then meets it."""
    for subject_hash in hashes:
        known = select(Objection.id).where(
            Objection.organisation_id == organisation_id,
            Objection.subject_hash == subject_hash,
            Objection.method == method.value,
            Objection.withdrawn_at.is_(None),
        )
        if session.scalars(known.limit(1)).first() is not None:
            continue
        session.add(
            Objection(
                organisation_id=organisation_id,
                subject_hash=subject_hash,
                method=method.value,
                source=source.value,
                made_at=at,
            )
        )
    session.flush()
