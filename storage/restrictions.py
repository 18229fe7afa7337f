"""Whose data are frozen: the condition that every list, count, export and purge asks with.

It lies in storage because the people who show and count and those who delete may not import each
other.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.tables import Invitation, Response, Restriction


def frozen_customers() -> Select[UUID]:
    """The ids of the customers whose data are frozen, as a question within a question."""
    return select(Restriction.customer_id).where(Restriction.lifted_at.is_(None))


def is_restricted(customer_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """The condition that the row's customer is frozen."""
    return customer_id.in_(frozen_customers())


def frozen_responses() -> Select[UUID]:
    """The ids of what frozen customers answered."""
    return (
        select(Response.id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .where(Invitation.customer_id.in_(frozen_customers()))
    )


def not_frozen(response_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """The condition that the row's response may be shown and counted."""
    return response_id.not_in(frozen_responses())


def restricted_among(
    session: Session, organisation_id: UUID, customers: Collection[UUID]
) -> set[UUID]:
    """Which of these customers are frozen."""
    found = session.scalars(
        select(Restriction.customer_id).where(
            Restriction.organisation_id == organisation_id,
            Restriction.customer_id.in_(list(customers)),
            Restriction.lifted_at.is_(None),
        )
    )
    return set(found)
