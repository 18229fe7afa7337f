"""Calls under way to people who must not be rung any more: those nobody answered yet are ended.

They objected, took back the consent that the call stood on, or had their data frozen. A call that
somebody speaks in is never cut off by this.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from storage.house import house
from storage.prepared_lists import PreparedList
from storage.queue import JobName
from storage.states import AttemptState, CallState
from storage.tables import Attempt, Call, Invitation
from survey import said_since

UNANSWERED: Final = (CallState.NEW, CallState.QUEUED, CallState.RINGING)


def call_off(
    session: Session, organisation_id: UUID, customers: Collection[UUID], *, now: datetime
) -> int:
    """Once this is committed, have the unwanted calls of these customers ended; how many."""
    if not customers:
        return 0
    session.flush()  # what is asked goes past the session
    calls = _OF_PEOPLE.rows(session, {"owner": organisation_id, "now": now}, customers)
    for (call_id,) in calls:
        house().bell.ring_after(session, JobName.END_CALL, call_id)
    return len(calls)


def all_unwanted(session: Session, *, now: datetime, limit: int) -> list[UUID]:
    """The calls that still ring although nobody may be asked: no bell was heard for them."""
    return list(session.scalars(_unwanted().limit(limit), {"now": now}))


def is_unwanted(session: Session, call: Call, *, now: datetime) -> bool:
    """Whether the call is one of those."""
    if call.state not in UNANSWERED or call.attempt_id is None:
        return False
    return session.scalars(_THIS_ONE, {"item": call.id, "now": now}).first() is not None


def _unwanted(*where: ColumnElement[bool]) -> Select[UUID]:
    return (
        select(Call.id)
        .join(Attempt, Attempt.id == Call.attempt_id)
        .join(Invitation, Invitation.id == Attempt.invitation_id)
        .where(
            # One by one: a statement that is prepared has no lists.
            or_(*(Call.state == state for state in UNANSWERED)),
            # Words of ours were asked for: somebody, or something, has answered.
            Call.flow.is_(None),
            Attempt.state != AttemptState.ENDED,
            said_since.unwanted(),
            *where,
        )
    )


# Made once: every status of a call asks, and every no.
_THIS_ONE: Final = _unwanted(Call.id == bindparam("item"))
_OF_PEOPLE: Final = PreparedList(
    lambda items: _unwanted(
        Call.organisation_id == bindparam("owner"), Invitation.customer_id.in_(items)
    ),
    of=Invitation.customer_id.type,
)
