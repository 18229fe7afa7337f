"""Freezing what is known of one person: kept, but not contacted, shown, counted or purged."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from storage import alarms
from storage.restrictions import REVIEW_DUE
from storage.tables import Call, Customer, Restriction
from survey import unanswered_calls, waking
from survey.subjects import hashes_of_customer


class Cause(StrEnum):
    """Why a person's data are frozen, after article 18 of the GDPR."""

    ACCURACY_DISPUTED = "accuracy_disputed"
    UNLAWFUL_BUT_KEPT = "unlawful_but_kept"
    NEEDED_FOR_CLAIM = "needed_for_claim"
    OBJECTION_PENDING = "objection_pending"


def restrict(
    session: Session,
    customer: Customer,
    *,
    cause: Cause,
    at: datetime,
    review_at: datetime | None,
    by: UUID | None = None,
) -> Restriction:
    """Freeze the customer's data; for the same cause again, only the day of review changes.

    Open invitations stay open: nothing is asked while it is frozen, and what is not too old by
    then is asked once it is lifted. A telephone that rings at this moment stops.
    """
    # A dialler either has its attempt committed before we see it, or sees the restriction.
    session.scalars(
        select(Customer.id)
        .where(Customer.organisation_id == customer.organisation_id, Customer.id == customer.id)
        .with_for_update(key_share=True)
    ).one()
    for one in of_customer(session, customer):
        if one.cause == cause.value:
            one.review_at = review_at
            alarms.clear(session, REVIEW_DUE, subject=str(one.id), at=at)
            return one
    made = Restriction(
        organisation_id=customer.organisation_id,
        customer_id=customer.id,
        cause=cause.value,
        made_by=by,
        made_at=at,
        review_at=review_at,
    )
    session.add(made)
    session.flush()
    unanswered_calls.call_off(session, customer.organisation_id, [customer.id], now=at)
    return made


def restrict_caller(
    session: Session,
    organisation_id: UUID,
    *,
    cause: Cause,
    at: datetime,
    review_at: datetime | None,
    subject_hash: bytes | None = None,
    call_id: UUID | None = None,
    by: UUID | None = None,
) -> Restriction:
    """Freeze what somebody left who is no customer: by the hash of their number, or one call.

    For the same cause again, only the day of review changes.
    """
    for one in of_caller(session, organisation_id, subject_hash=subject_hash, call_id=call_id):
        if one.cause == cause.value:
            one.review_at = review_at
            alarms.clear(session, REVIEW_DUE, subject=str(one.id), at=at)
            return one
    made = Restriction(
        organisation_id=organisation_id,
        subject_hash=subject_hash,
        call_id=call_id,
        cause=cause.value,
        made_by=by,
        made_at=at,
        review_at=review_at,
    )
    session.add(made)
    session.flush()
    return made


def of_caller(
    session: Session,
    organisation_id: UUID,
    *,
    subject_hash: bytes | None = None,
    call_id: UUID | None = None,
) -> Sequence[Restriction]:
    """What freezes the data of that caller, or that call, the oldest first."""
    if (subject_hash is None) == (call_id is None):
        raise ValueError("a caller is known by a hash or by a call")
    mine = (
        Restriction.call_id == call_id
        if subject_hash is None
        else Restriction.subject_hash == subject_hash
    )
    return session.scalars(
        select(Restriction)
        .where(
            Restriction.organisation_id == organisation_id, mine, Restriction.lifted_at.is_(None)
        )
        .order_by(Restriction.made_at, Restriction.id)
    ).all()


def of_calls_from(
    session: Session, organisation_id: UUID, hashes: Collection[bytes]
) -> Sequence[Restriction]:
    """What freezes single calls from these numbers, the oldest first."""
    theirs = select(Call.id).where(
        Call.organisation_id == organisation_id, Call.caller_hash.in_(list(hashes))
    )
    return session.scalars(
        select(Restriction)
        .where(
            Restriction.organisation_id == organisation_id,
            Restriction.call_id.in_(theirs),
            Restriction.lifted_at.is_(None),
        )
        .order_by(Restriction.made_at, Restriction.id)
    ).all()


def called_us(session: Session, organisation_id: UUID, hashes: Collection[bytes]) -> bool:
    """Whether anything is kept of a call from one of these numbers."""
    call = select(Call.id).where(
        Call.organisation_id == organisation_id, Call.caller_hash.in_(list(hashes))
    )
    return session.scalars(call.limit(1)).first() is not None


def end(
    session: Session,
    found: Iterable[Restriction],
    *,
    at: datetime,
    cause: Cause | None = None,
    by: UUID | None = None,
) -> int:
    """End these restrictions, of one cause or all; how many."""
    ended = [one for one in found if cause is None or one.cause == cause.value]
    for one in ended:
        one.lifted_at, one.lifted_by = at, by
        alarms.clear(session, REVIEW_DUE, subject=str(one.id), at=at)
        # Whoever stays frozen for another cause is put off once more.
        if one.customer_id is not None:
            waking.people(session, one.organisation_id, [one.customer_id], waking.LIFTED)
        elif one.subject_hash is not None:
            waking.known_by(session, one.organisation_id, [one.subject_hash], waking.LIFTED)
    return len(ended)


def lift(
    session: Session,
    customer: Customer,
    *,
    at: datetime,
    cause: Cause | None = None,
    by: UUID | None = None,
) -> int:
    """End the customer's restrictions, of one cause or all; how many.

    The data stay frozen as long as another cause is left.
    """
    count = end(session, of_customer(session, customer), at=at, cause=cause, by=by)
    session.flush()
    return count


def of_customer(session: Session, customer: Customer) -> Sequence[Restriction]:
    """What freezes this customer's data, the oldest first; also from before they were one."""
    once_caller = Restriction.subject_hash.in_(hashes_of_customer(customer))
    return session.scalars(
        select(Restriction)
        .where(
            Restriction.organisation_id == customer.organisation_id,
            or_(Restriction.customer_id == customer.id, once_caller),
            Restriction.lifted_at.is_(None),
        )
        .order_by(Restriction.made_at, Restriction.id)
    ).all()


def in_force(session: Session, organisation_id: UUID) -> Sequence[Restriction]:
    """What is frozen in an organisation, the next one to review first."""
    return session.scalars(
        select(Restriction)
        .where(Restriction.organisation_id == organisation_id, Restriction.lifted_at.is_(None))
        .order_by(Restriction.review_at.nulls_last(), Restriction.made_at, Restriction.id)
    ).all()
