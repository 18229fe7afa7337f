"""The alarms about requests: that one is there, and before and after the day of its answer.

What is asked on the public page and not proven has those of its organisation, never one of its own.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from privacy import unproven_requests
from privacy.request_steps import DUE_SOON, OVERDUE
from privacy.requests import REQUESTED
from privacy.unproven_requests import IS_UNPROVEN
from storage import alarms
from storage.request_states import RequestState
from storage.tables import Organisation, RightsRequest

WARNED_BEFORE: Final = timedelta(days=7)


def proven(session: Session, request: RightsRequest, *, at: datetime) -> None:
    """Give a request that was proven an alarm of its own, until it is decided."""
    owner = request.organisation_id
    if request.state is RequestState.PROVEN:
        alarms.sound(session, REQUESTED, subject=str(request.id), organisation_id=owner, at=at)
    unproven_requests.look(session, owner, at=at)


def sound(session: Session, *, now: datetime) -> int:
    """Raise the alarms about requests whose day is near or over; how many are new.

    One for each, and one for all unproven ones of an organisation, by the first of their days.
    """
    near = RightsRequest.due_at <= now + WARNED_BEFORE
    each = select(RightsRequest).where(RightsRequest.state != RequestState.TOLD, ~IS_UNPROVEN, near)
    new = 0
    for request in session.scalars(each.order_by(RightsRequest.due_at)):
        new += _by_day(session, request.id, request.organisation_id, request.due_at, now=now)
    first = select(RightsRequest.organisation_id, func.min(RightsRequest.due_at))
    first = first.where(IS_UNPROVEN, near).group_by(RightsRequest.organisation_id)
    days = dict(session.execute(first).all())
    for one in session.scalars(select(Organisation.id)):
        new += unproven_requests.look(session, one, at=now)
        if one in days:
            new += _by_day(session, one, one, days[one], now=now)
        else:
            for kind in (DUE_SOON, OVERDUE):
                alarms.clear(session, kind, subject=str(one), at=now)
    return new


def _by_day(
    session: Session, about: UUID, organisation_id: UUID, due_at: datetime, *, now: datetime
) -> bool:
    kind, other = (OVERDUE, DUE_SOON) if due_at <= now else (DUE_SOON, OVERDUE)
    alarms.clear(session, other, subject=str(about), at=now)
    return alarms.sound(session, kind, subject=str(about), organisation_id=organisation_id, at=now)
