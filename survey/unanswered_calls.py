"""Calls under way to people who must not be rung any more: those nobody answered yet are ended.

A call that somebody speaks in is never cut off by this.
"""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from storage.house import house
from storage.queue import JobName
from storage.states import AttemptState, CallState, InvitationState
from storage.tables import Attempt, Call, Invitation

UNANSWERED: Final = (CallState.NEW, CallState.QUEUED, CallState.RINGING)


def call_off(session: Session, organisation_id: UUID, customers: Collection[UUID]) -> int:
    """Once this is committed, have the withdrawn calls of these customers ended; how many."""
    if not customers:
        return 0
    calls = session.scalars(
        _withdrawn(Call.organisation_id == organisation_id, Invitation.customer_id.in_(customers))
    ).all()
    for call_id in calls:
        house().bell.ring_after(session, JobName.END_CALL, call_id)
    return len(calls)


def all_withdrawn(session: Session, *, limit: int) -> list[UUID]:
    """The calls that still ring although they were withdrawn: no bell was heard for them."""
    return list(session.scalars(_withdrawn().limit(limit)))


def is_withdrawn(session: Session, call: Call) -> bool:
    """Whether the call is one of those."""
    if call.state not in UNANSWERED or call.attempt_id is None:
        return False
    return session.scalars(_THIS_ONE, {"item": call.id}).first() is not None


def _withdrawn(*where: ColumnElement[bool]) -> Select[UUID]:
    return (
        select(Call.id)
        .join(Attempt, Attempt.id == Call.attempt_id)
        .join(Invitation, Invitation.id == Attempt.invitation_id)
        .where(
            Call.state.in_(UNANSWERED),
            # Words of ours were asked for: somebody, or something, has answered.
            Call.flow.is_(None),
            Attempt.state != AttemptState.ENDED,
            Invitation.state == InvitationState.WITHDRAWN,
            *where,
        )
    )


# Made once: every status of a call asks.
_THIS_ONE: Final = _withdrawn(Call.id == bindparam("item"))
