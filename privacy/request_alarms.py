"""The alarms before and after the day on which a request must be answered."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy.request_steps import DUE_SOON, OVERDUE
from storage import alarms
from storage.request_states import RequestState
from storage.tables import RightsRequest

WARNED_BEFORE: Final = timedelta(days=7)


def sound(session: Session, *, now: datetime) -> int:
    """Raise an alarm for each unanswered request whose day is near or over; how many are new."""
    near = select(RightsRequest).where(
        RightsRequest.state != RequestState.TOLD, RightsRequest.due_at <= now + WARNED_BEFORE
    )
    new = 0
    for request in session.scalars(near.order_by(RightsRequest.due_at)):
        kind = OVERDUE if request.due_at <= now else DUE_SOON
        if kind is OVERDUE:
            alarms.clear(session, DUE_SOON, subject=str(request.id), at=now)
        new += alarms.sound(
            session,
            kind,
            subject=str(request.id),
            organisation_id=request.organisation_id,
            at=now,
        )
    return new
