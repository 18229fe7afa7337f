"""The end of requests that nobody ever proved to be their own: not kept longer than they could be.

Anybody may leave a number or address on the public page. What nobody proved by a month after the
day of its answer is over, and the number or address is forgotten with it. Nobody is written to: the
address may be that of somebody who never asked.
"""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from config.periods import Period, Unit
from privacy import request_steps
from storage.house import House, transaction
from storage.request_states import NEEDS_NO_PROOF, Ground, Outcome, RequestKind, RequestState
from storage.tables import Organisation, RightsRequest

log = logging.getLogger(__name__)

ENDED_AFTER: Final = Period(1, Unit.MONTH)
"""How long after the day of the answer an unproven request is kept, on its organisation's clock."""
_SHORTEST_MONTH: Final = timedelta(days=27)  # one whose clock is put forward is no whole 28


def end_unproven(*, house: House, now: datetime) -> int:
    """End each request that nobody proved in time; how many.

    One that waits for proof is refused for that; one that needed none and is done is closed.
    """
    with transaction() as session:
        late = session.scalars(
            select(RightsRequest.id)
            .where(*_UNPROVEN, RightsRequest.due_at <= now - _SHORTEST_MONTH)
            .order_by(RightsRequest.due_at)
        ).all()
    ended = 0
    for request_id in late:
        with transaction() as session:
            ended += _ended(session, request_id, house=house, now=now)
    return ended


_UNPROVEN: Final = (
    RightsRequest.proof.is_(None),
    RightsRequest.kind != RequestKind.INFORMATION,  # that is anybody's, and owed to whoever asks
    or_(
        RightsRequest.state == RequestState.DONE,
        (RightsRequest.state == RequestState.RECEIVED) & RightsRequest.kind.not_in(NEEDS_NO_PROOF),
    ),
)


def _ended(session: Session, request_id: UUID, *, house: House, now: datetime) -> bool:
    # It may have been proven or answered since.
    wanted = select(RightsRequest).where(RightsRequest.id == request_id, *_UNPROVEN)
    request = session.scalars(wanted.with_for_update()).one_or_none()
    if request is None:
        return False
    zone = ZoneInfo(session.get_one(Organisation, request.organisation_id).timezone)
    if not ENDED_AFTER.is_over(request.due_at, at=now, zone=zone):
        return False
    if request.state is RequestState.RECEIVED:
        ground = Ground.IDENTITY_NOT_PROVEN
        request_steps.decide(session, request, outcome=Outcome.REFUSED, ground=ground, at=now)
    request_steps.tell(session, request, keyring=house.keyring, at=now)
    log.info("rights.ended_unproven", extra={"request_id": request.id, "kind": request.kind})
    return True
