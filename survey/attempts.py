"""Attempts: begun on a permit, committed before the provider is asked, known to have been made.

None of these commits; the caller's transaction does.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, bindparam, exists, func, select
from sqlalchemy.orm import Session

from storage.states import AttemptState, InvitationState
from storage.tables import Attempt, Campaign, Customer, Invitation
from survey import history, throttling
from survey.permission import Permit

# Made once: every attempt asks.
_MADE: Final = select(func.count()).where(
    Attempt.organisation_id == bindparam("owner"), Attempt.invitation_id == bindparam("item")
)


def begin(session: Session, invitation: Invitation, permit: Permit, *, now: datetime) -> Attempt:
    """The attempt that the permit names, in state PLACING; commit before the provider is asked.

    Raises ValueError for a permit that was given for another invitation.
    """
    if permit.invitation_id != invitation.id:
        raise ValueError("the permit was given for another invitation")
    names = {"owner": invitation.organisation_id, "item": invitation.id}
    attempt = Attempt(
        id=permit.attempt_id,
        organisation_id=invitation.organisation_id,
        invitation_id=invitation.id,
        decision_id=permit.decision_id,
        line_id=session.get_one(Campaign, invitation.campaign_id).line_id,
        number=(session.scalar(_MADE, names) or 0) + 1,
        method=permit.method,
        placing_at=now,
    )
    session.add(attempt)
    invitation.state = InvitationState.TRYING
    session.flush()
    customer = session.get_one(Customer, invitation.customer_id)
    throttling.take(session, customer, invitation, at=now)
    return attempt


def made(session: Session, attempt: Attempt) -> None:
    """The provider has it, as its answer, a webhook or a look says; told again nothing changes."""
    if attempt.state in (AttemptState.PLACING, AttemptState.UNCERTAIN):
        attempt.state = AttemptState.PLACED
        history.tried(session, attempt)
        session.flush()


def nobody_rings() -> ColumnElement[bool]:
    """That an invitation has no attempt that is still alive."""
    alive = exists().where(
        Attempt.invitation_id == Invitation.id, Attempt.state != AttemptState.ENDED
    )
    return ~alive
