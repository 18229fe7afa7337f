"""Invitations: planned, claimed when due, tried again by cause, ended, withdrawn.

None of these commits; the caller's transaction does. An invitation's row is locked by whoever moves
it, and on PostgreSQL two dialers never hold the same one.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from storage.identity import new_id
from storage.states import (
    AttemptState,
    CampaignState,
    Disposition,
    InvitationState,
)
from storage.tables import Attempt, Campaign, Customer, Invitation, Line
from survey.permission import Method, Permit, Refusal, Rule
from survey.permission_facts import past_attempts, rules_of
from survey.retries import FINAL, next_attempt_at

OPEN: Final = (InvitationState.PLANNED, InvitationState.TRYING)

# How an invitation ends by what its last call brought.
_SPOKE: Final = {
    Disposition.COMPLETED: InvitationState.COMPLETED,
    Disposition.PARTIAL: InvitationState.PARTIAL,
    Disposition.REFUSED: InvitationState.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """When an interaction is asked about: not before `due_at`, not from `expires_at` on."""

    due_at: datetime
    expires_at: datetime
    too_old: bool


def plan(happened_at: datetime, *, delay: timedelta, stale_after: timedelta, now: datetime) -> Plan:
    """When to ask about something that happened then; `too_old` when it is stale already."""
    due_at = max(happened_at + delay, now)
    expires_at = happened_at + stale_after
    return Plan(due_at, expires_at, too_old=due_at >= expires_at)


def claim_due(session: Session, *, now: datetime, limit: int) -> Sequence[Invitation]:
    """Up to `limit` invitations that may be due, the longest waiting first, theirs to move alone.

    Only of running campaigns, only without an attempt that is still alive, and never more for a
    line than it has room for. A line, an invitation or a customer that another dialer holds is
    passed over, so nobody ever waits here. Whether each may be rung is for `permission` to say.
    """
    claimed: list[Invitation] = []
    for line in _lines_with_campaigns(session):
        room = min(limit, line.simultaneous_calls - _calls_on(session, line))
        if room > 0:
            claimed += _due_on(session, line, now=now, limit=room)
    claimed.sort(key=_waiting_longest)
    return claimed[:limit]


def begin_attempt(
    session: Session, invitation: Invitation, permit: Permit, *, now: datetime
) -> Attempt:
    """The attempt that the permit allows, in state PLACING; commit before the provider is asked.

    Raises ValueError for a permit that was given for another invitation.
    """
    if permit.invitation_id != invitation.id:
        raise ValueError("the permit was given for another invitation")
    made = select(func.count()).where(
        Attempt.organisation_id == invitation.organisation_id,
        Attempt.invitation_id == invitation.id,
    )
    attempt = Attempt(
        id=new_id(),
        organisation_id=invitation.organisation_id,
        invitation_id=invitation.id,
        decision_id=permit.decision_id,
        line_id=session.get_one(Campaign, invitation.campaign_id).line_id,
        number=(session.scalar(made) or 0) + 1,
        placing_at=now,
    )
    session.add(attempt)
    invitation.state = InvitationState.TRYING
    session.flush()
    return attempt


def put_off(session: Session, invitation: Invitation, refusal: Refusal, *, now: datetime) -> None:
    """Move an invitation that may not be rung now to its next moment, or end it if there is none.

    An invitation that is over already stays as it is.
    """
    if refusal.next_allowed_at is not None:
        invitation.due_at = refusal.next_allowed_at
    elif refusal.rule is Rule.OBJECTION:
        _end(invitation, InvitationState.WITHDRAWN, now=now)
    elif refusal.rule is not Rule.INVITATION_OVER:
        _end(invitation, _unfinished(session, invitation, now=now), now=now)


def after_attempt(
    session: Session, invitation: Invitation, disposition: Disposition, *, now: datetime
) -> None:
    """Plan the next attempt after one that is over, or end the invitation.

    The attempt itself is already ENDED, with that disposition and its `ended_at`. Told twice, or
    about an invitation that ended otherwise meanwhile, this changes nothing; only one withdrawn
    during its last call still ends as that call did.
    """
    if invitation.state is InvitationState.WITHDRAWN:
        if disposition in _SPOKE:
            invitation.state = _SPOKE[disposition]
        return
    if invitation.state not in OPEN:
        return
    if disposition in FINAL:
        _end(invitation, _SPOKE[disposition], now=now)
        return
    rules = rules_of(session.get_one(Campaign, invitation.campaign_id))
    past = past_attempts(session, invitation)
    again = next_attempt_at(past, rules.retry) if past else None
    if again is None or again >= invitation.expires_at:
        _end(invitation, _unfinished(session, invitation, now=now), now=now)
        return
    invitation.state, invitation.due_at = InvitationState.TRYING, again


def expire(session: Session, *, now: datetime, limit: int = 500) -> int:
    """End up to `limit` open invitations that became too old and have no call alive; how many."""
    stale = session.scalars(
        select(Invitation)
        .where(Invitation.state.in_(OPEN), Invitation.expires_at <= now, _nobody_rings())
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    for invitation in stale:
        _end(invitation, _unfinished(session, invitation, now=now), now=now)
    return len(stale)


def withdraw(session: Session, customer: Customer, method: Method, *, now: datetime) -> int:
    """Withdraw whatever is open for this person and would be asked by that method; how many.

    One whose telephone rings at this moment is withdrawn too: no second attempt follows.
    """
    if method not in (Method.CALLS, Method.ALL):
        return 0
    open_ones = session.scalars(
        select(Invitation)
        .where(
            Invitation.organisation_id == customer.organisation_id,
            Invitation.customer_id == customer.id,
            Invitation.state.in_(OPEN),
        )
        .order_by(Invitation.id)
        .with_for_update(key_share=True)
    ).all()
    # A dialer passes this person over from now on, or has its attempt committed before we see it.
    session.scalars(
        select(Customer.id).where(Customer.id == customer.id).with_for_update(key_share=True)
    ).one()
    for invitation in open_ones:
        _end(invitation, InvitationState.WITHDRAWN, now=now)
    return len(open_ones)


def _end(invitation: Invitation, state: InvitationState, *, now: datetime) -> None:
    invitation.state, invitation.ended_at = state, now


def _unfinished(session: Session, invitation: Invitation, *, now: datetime) -> InvitationState:
    """What an invitation is that ends without a last word: it depends on how far it came."""
    past = past_attempts(session, invitation)
    if any(one.disposition is Disposition.PARTIAL for one in past):
        return InvitationState.PARTIAL
    if any(one.disposition is not Disposition.NEVER_PLACED for one in past):
        return InvitationState.UNREACHED
    stale = invitation.expires_at <= now
    return InvitationState.EXPIRED if stale else InvitationState.UNREACHED


def _lines_with_campaigns(session: Session) -> Sequence[Line]:
    # Held by one dialer at a time, or two would both find the same room free.
    running = exists().where(Campaign.line_id == Line.id, Campaign.state == CampaignState.RUNNING)
    return session.scalars(
        select(Line)
        .where(running)
        .order_by(Line.id)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()


def _calls_on(session: Session, line: Line) -> int:
    alive = select(func.count()).where(
        Attempt.line_id == line.id, Attempt.state != AttemptState.ENDED
    )
    return session.scalar(alive) or 0


def _due_on(session: Session, line: Line, *, now: datetime, limit: int) -> list[Invitation]:
    campaigns = session.scalars(
        select(Campaign.id)
        .where(
            Campaign.organisation_id == line.organisation_id,
            Campaign.line_id == line.id,
            Campaign.state == CampaignState.RUNNING,
        )
        .order_by(Campaign.id)
    ).all()
    due: list[Invitation] = []
    # One question for each campaign and state walks its index in order: however many millions are
    # due, only these few are looked at.
    for campaign_id, state in itertools.product(campaigns, OPEN):
        due += session.scalars(
            select(Invitation)
            .join(Customer, Customer.id == Invitation.customer_id)
            .where(
                Invitation.organisation_id == line.organisation_id,
                Invitation.campaign_id == campaign_id,
                Invitation.state == state,
                Invitation.due_at <= now,
                Invitation.expires_at > now,
                _nobody_rings(),
            )
            .order_by(Invitation.due_at, Invitation.id)
            .limit(limit)
            # The customer too, here where nothing waits: permission locks it later one by one.
            .with_for_update(skip_locked=True, key_share=True, of=(Invitation, Customer))
        ).all()
    due.sort(key=_waiting_longest)
    return due[:limit]


def _waiting_longest(invitation: Invitation) -> tuple[datetime, UUID]:
    return invitation.due_at, invitation.id


def _nobody_rings() -> ColumnElement[bool]:
    alive = exists().where(
        Attempt.invitation_id == Invitation.id, Attempt.state != AttemptState.ENDED
    )
    return ~alive
