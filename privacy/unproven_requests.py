"""What anybody asked on an organisation's public page, while nobody has proven whose it is.

Whoever likes can ask there, and often: an alarm for each would bury all others. So one alarm of the
organisation stands while any of it waits; all of it is on the page Requests, with its day, and each
has an alarm of its own from when it is proven.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import alarms
from storage.request_states import RequestChannel, RequestState
from storage.tables import RightsRequest

UNPROVEN: Final = "rights.unproven"
IS_UNPROVEN: Final = (RightsRequest.channel == RequestChannel.WEB) & (
    RightsRequest.state == RequestState.RECEIVED
)


def is_unproven(request: RightsRequest) -> bool:
    """Whether it was asked on the public page and is neither proven nor decided."""
    return request.channel is RequestChannel.WEB and request.state is RequestState.RECEIVED


def look(session: Session, organisation_id: UUID, *, at: datetime) -> bool:
    """Raise the organisation's alarm while anything unproven waits, or end it; True if new."""
    session.flush()
    one = select(RightsRequest.id).where(
        RightsRequest.organisation_id == organisation_id, IS_UNPROVEN
    )
    subject = str(organisation_id)
    if session.scalars(one.limit(1)).first() is None:
        alarms.clear(session, UNPROVEN, subject=subject, at=at)
        return False
    return alarms.sound(session, UNPROVEN, subject=subject, organisation_id=organisation_id, at=at)
