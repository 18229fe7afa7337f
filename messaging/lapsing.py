"""The end of requests that were proven, or owed to anybody, and that nobody ever answered.

What was given and said is not kept for ever because nobody dealt with it: at its ceiling the
request is closed as never answered. Data that were frozen for it are free then, so that what is
past its time goes with the next purge; whoever objected is contacted no more.
"""

import logging
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from messaging import answer_mail, objecting, weighing
from privacy import request_ends, request_steps
from privacy.persons import SeveralPeopleError
from storage.house import House, reading
from storage.request_states import RequestKind, RequestState
from storage.tables import RightsRequest

log = logging.getLogger(__name__)


def end_unanswered(*, house: House, now: datetime) -> int:
    """Close each request that nobody answered until its ceiling; how many."""
    with reading() as session:
        late = request_ends.unanswered(session, now=now)
    return request_ends.end_each(late, _ended, house=house, now=now)


def _ended(session: Session, request_id: UUID, *, house: House, now: datetime) -> bool:
    request = answer_mail.locked(session, request_id)
    if request is None or not request_ends.is_lapsed(session, request, now=now):
        return False
    weighing.thaw(session, request, at=now)
    if request.kind is RequestKind.OBJECTION_TO_USE and request.state is RequestState.PROVEN:
        _leave_alone(session, request, now)
    was = request.state
    request_steps.lapse(session, request, keyring=house.keyring, at=now)
    log.warning("rights.lapsed", extra={"request_id": request.id, "state": was})
    return True


def _leave_alone(session: Session, request: RightsRequest, now: datetime) -> None:
    try:
        objecting.note(session, request, now)
    except SeveralPeopleError:  # nobody is meant on a guess
        return
