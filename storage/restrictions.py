"""Whose data are frozen: the condition that every list, count, export and purge asks with.

It lies in storage because the people who show and count and those who delete may not import each
other.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage import alarms
from storage.prepared_lists import PreparedList
from storage.tables import (
    Answer,
    Call,
    Case,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Message,
    Recording,
    Response,
    Restriction,
    Row,
)

Known = InstrumentedAttribute[bytes | None]
_KNOWN_BY: Final[tuple[Known, ...]] = (Customer.phone_hash, Customer.email_hash)

REVIEW_DUE: Final = "restriction.review_due"
"""The day has come on which somebody said they would look again whether it still holds."""


def look_after(session: Session, *, now: datetime) -> int:
    """Alarm about restrictions that are to be reviewed; how many alarms are new."""
    due = select(Restriction).where(Restriction.lifted_at.is_(None), Restriction.review_at <= now)
    return sum(
        alarms.sound(
            session, REVIEW_DUE, subject=str(one.id), organisation_id=one.organisation_id, at=now
        )
        for one in session.scalars(due.order_by(Restriction.id))
    )


def frozen_customers(*where: ColumnElement[bool]) -> CompoundSelect[Any]:
    """The ids of the customers whose data are frozen, as a question within a question.

    Also of those who were frozen as callers, by number or address, before they became customers.
    `where` narrows the restrictions that count.
    """
    named = select(Restriction.customer_id).where(
        Restriction.lifted_at.is_(None), Restriction.customer_id.is_not(None), *where
    )
    return union_all(named, *(_once_callers(known, *where) for known in _KNOWN_BY))


def _once_callers(known: Known, *where: ColumnElement[bool]) -> Select[UUID]:
    return (
        select(Customer.id)
        .select_from(Restriction)
        .join(
            Customer,
            and_(
                Customer.organisation_id == Restriction.organisation_id,
                known == Restriction.subject_hash,
            ),
        )
        .where(Restriction.lifted_at.is_(None), Restriction.subject_hash.is_not(None), *where)
    )


def frozen_callers() -> Select[Any]:
    """The hashes of callers who are no customers and whose data are frozen."""
    return select(Restriction.subject_hash).where(
        Restriction.lifted_at.is_(None), Restriction.subject_hash.is_not(None)
    )


def frozen_calls() -> Select[UUID]:
    """The ids of the calls of callers whose data are frozen, by their number or by themselves.

    Also of frozen customers who called us, or left a message for somebody.
    """
    named = select(Restriction.call_id).where(
        Restriction.lifted_at.is_(None), Restriction.call_id.is_not(None)
    )
    # A keyed hash belongs to one organisation.
    customers = select(Customer.phone_hash).where(
        Customer.phone_hash.is_not(None), Customer.id.in_(frozen_customers())
    )
    return select(Call.id).where(
        or_(
            Call.caller_hash.in_(frozen_callers()),
            Call.caller_hash.in_(customers),
            Call.id.in_(named),
        )
    )


def is_restricted(customer_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """The condition that the row's customer is frozen."""
    return customer_id.in_(frozen_customers())


def may_be_used(table: type[Row]) -> ColumnElement[bool]:
    """The condition that a row is of nobody whose data are frozen; true for rows of no customer."""
    if table is Customer:
        return Customer.id.not_in(frozen_customers())
    if table is Interaction:
        return Interaction.customer_id.not_in(frozen_customers())
    if table is Case:
        return Case.customer_id.not_in(frozen_customers())
    if table is Invitation:
        return Invitation.customer_id.not_in(frozen_customers())
    if table is Response:
        return Response.invitation_id.not_in(_frozen_invitations())
    if table is Answer:
        return Answer.response_id.not_in(_frozen_responses())
    if table is Comment:
        return Comment.response_id.not_in(_frozen_responses())
    if table is Recording:
        frozen = select(Comment.id).where(Comment.response_id.in_(_frozen_responses()))
        # A telephone message's recording belongs to no comment.
        return and_(
            or_(Recording.comment_id.is_(None), Recording.comment_id.not_in(frozen)),
            Recording.call_id.not_in(frozen_calls()),
        )
    if table is Message:
        return Message.call_id.not_in(frozen_calls())
    if table is Call:
        return Call.id.not_in(frozen_calls())
    return true()


def _frozen_invitations() -> Select[UUID]:
    return select(Invitation.id).where(Invitation.customer_id.in_(frozen_customers()))


def _frozen_responses() -> Select[UUID]:
    return select(Response.id).where(Response.invitation_id.in_(_frozen_invitations()))


# Made once: every decision asks.
_AMONG: Final = PreparedList(
    lambda items: select(Customer.id).where(
        Customer.organisation_id == bindparam("owner"),
        Customer.id.in_(items),
        Customer.id.in_(frozen_customers(Restriction.organisation_id == bindparam("owner"))),
    ),
    of=Customer.id.type,
)


def restricted_among(
    session: Session, organisation_id: UUID, customers: Collection[UUID]
) -> set[UUID]:
    """Which of these customers are frozen."""
    if session.autoflush:
        session.flush()
    rows = _AMONG.rows(session, {"owner": organisation_id}, customers)
    return {customer_id for (customer_id,) in rows}
