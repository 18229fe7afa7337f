"""The no to every contact that goes with an objection, and with a deletion that was granted."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from privacy import persons
from storage.request_states import RequestChannel
from storage.tables import RightsRequest
from survey import objections
from survey.objections import Source
from survey.permission import Method

_SOURCES: Final = {
    RequestChannel.TELEPHONE: Source.CALLED_US,
    RequestChannel.WEB: Source.WEB,
    RequestChannel.MAIL: Source.EMAIL,
    RequestChannel.STAFF: Source.TOLD_STAFF,
}


def note(session: Session, request: RightsRequest, now: datetime) -> None:
    """Store the no of whoever asked, said when they asked. Raises SeveralPeopleError."""
    person = persons.of_request(session, request)
    objections.record_hashes(
        session,
        request.organisation_id,
        person.hashes,
        method=Method.ALL,
        source=_SOURCES[request.channel],
        at=now,
        said_at=request.received_at,
        by=request.decided_by,
    )
