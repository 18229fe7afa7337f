"""Attempts: begun on a permit, committed before the provider is asked, known to have been made.

None of these commits; the caller's transaction does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from storage.insertion import insert_all
from storage.prepared_lists import PreparedList
from storage.states import AttemptState, InvitationState
from storage.tables import Attempt, Campaign, Customer, Invitation
from survey import history, throttling
from survey.permission import Permit

# Made once: every attempt asks.
_MADE: Final = PreparedList(
    lambda items: (
        select(Attempt.invitation_id, func.count())
        .where(Attempt.organisation_id == bindparam("owner"), Attempt.invitation_id.in_(items))
        .group_by(Attempt.invitation_id)
    ),
    of=Attempt.invitation_id.type,
)
_LOCK_UNMADE: Final = PreparedList(
    lambda items: (
        select(
            Attempt.id,
            Attempt.organisation_id,
            Attempt.invitation_id,
            Attempt.method,
            Attempt.placing_at,
        )
        .where(
            Attempt.id.in_(items),
            or_(Attempt.state == AttemptState.PLACING, Attempt.state == AttemptState.UNCERTAIN),
        )
        .order_by(Attempt.id)
        .with_for_update()
    ),
    of=Attempt.id.type,
)
_PLACED: Final = PreparedList(
    lambda items: update(Attempt).where(Attempt.id.in_(items)).values(state=AttemptState.PLACED),
    of=Attempt.id.type,
)
_TRYING: Final = PreparedList(
    lambda items: (
        update(Invitation)
        .where(Invitation.organisation_id == bindparam("owner"), Invitation.id.in_(items))
        .values(state=InvitationState.TRYING, waits_for=None)
    ),
    of=Invitation.id.type,
)


@dataclass(frozen=True, slots=True)
class Beginning:
    """An attempt that is to begin: on which permit, and the highest price it can have."""

    invitation: Invitation
    customer: Customer
    permit: Permit
    cost_micros: int = 0


def begin(session: Session, invitation: Invitation, permit: Permit, *, now: datetime) -> Attempt:
    """The attempt that the permit names, in state PLACING; commit before the provider is asked.

    Raises ValueError for a permit that was given for another invitation.
    """
    customer = session.get_one(Customer, invitation.customer_id)
    line_id = session.get_one(Campaign, invitation.campaign_id).line_id
    one = Beginning(invitation, customer, permit)
    begin_all(session, [one], line_id=line_id, now=now)
    return session.get_one(Attempt, permit.attempt_id)


def begin_all(
    session: Session, beginnings: Sequence[Beginning], *, line_id: UUID, now: datetime
) -> None:
    """`begin` for many invitations of one line, no two about people who are known by the same."""
    if any(one.permit.invitation_id != one.invitation.id for one in beginnings):
        raise ValueError("the permit was given for another invitation")
    if not beginnings:
        return
    owner = beginnings[0].invitation.organisation_id
    items = [one.invitation.id for one in beginnings]
    made = dict(_MADE.rows(session, {"owner": owner}, items))
    rows = [
        {
            "id": one.permit.attempt_id,
            "organisation_id": owner,
            "invitation_id": one.invitation.id,
            "decision_id": one.permit.decision_id,
            "line_id": line_id,
            "number": made.get(one.invitation.id, 0) + 1,
            "method": one.permit.method,
            "cost_micros": one.cost_micros,
            "placing_at": now,
        }
        for one in beginnings
    ]
    insert_all(session, Attempt, rows)
    _TRYING.write(session, {"owner": owner}, items)
    for one in beginnings:
        set_committed_value(one.invitation, "state", InvitationState.TRYING)
        set_committed_value(one.invitation, "waits_for", None)
    throttling.take_all(session, [(one.customer, one.invitation) for one in beginnings], at=now)


def made(session: Session, attempt: Attempt) -> None:
    """The provider has it, as its answer, a webhook or a look says; told again nothing changes."""
    if attempt.state in (AttemptState.PLACING, AttemptState.UNCERTAIN):
        attempt.state = AttemptState.PLACED
        history.tried(session, attempt)
        session.flush()


def all_made(session: Session, ids: Collection[UUID]) -> None:
    """`made` for attempts whose calls' rows the caller holds."""
    lines = _LOCK_UNMADE.rows(session, {}, sorted(ids))
    if not lines:
        return
    _PLACED.write(session, {}, [item for item, *_ in lines])
    history.all_tried(session, [history.Tried(*line) for line in lines])


def nobody_rings() -> ColumnElement[bool]:
    """That an invitation has no attempt that is still alive."""
    alive = exists().where(
        Attempt.invitation_id == Invitation.id, Attempt.state != AttemptState.ENDED
    )
    return ~alive
