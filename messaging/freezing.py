"""Freezing all that is kept of one person: as a customer, or as somebody who only called us."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from privacy import parts
from privacy.persons import Person
from storage.tables import Customer
from survey import restrictions
from survey.restrictions import Cause


def freeze(
    session: Session,
    person: Person,
    *,
    cause: Cause,
    at: datetime,
    review_at: datetime | None,
    by: UUID | None = None,
) -> bool:
    """Freeze the person's data, or single calls where all else is left out; False for nothing."""
    if not is_anything_kept(session, person):
        return False
    if person.left_out:
        there = parts.of_person(session, person)
        for call_id in parts.frozen_alone(there, person.left_out):
            restrictions.restrict_caller(
                session,
                person.organisation_id,
                call_id=call_id,
                cause=cause,
                at=at,
                review_at=review_at,
                by=by,
            )
        return True
    if person.customer_id is not None:
        customer = session.get_one(Customer, person.customer_id)
        restrictions.restrict(session, customer, cause=cause, at=at, review_at=review_at, by=by)
        return True
    for one in person.hashes:
        restrictions.restrict_caller(
            session,
            person.organisation_id,
            subject_hash=one,
            cause=cause,
            at=at,
            review_at=review_at,
            by=by,
        )
    return True


def lift(
    session: Session, person: Person, *, cause: Cause, at: datetime, by: UUID | None = None
) -> None:
    """End what froze the person's data for that cause; for another one they stay frozen."""
    if person.customer_id is not None:
        customer = session.get_one(Customer, person.customer_id)
        restrictions.lift(session, customer, at=at, cause=cause, by=by)
    for one in person.hashes:
        found = restrictions.of_caller(session, person.organisation_id, subject_hash=one)
        restrictions.end(session, found, at=at, cause=cause, by=by)


def is_anything_kept(session: Session, person: Person) -> bool:
    """Whether there is anything to freeze."""
    return person.customer_id is not None or restrictions.called_us(
        session, person.organisation_id, person.hashes
    )
