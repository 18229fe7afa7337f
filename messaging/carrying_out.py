"""What was decided about a person's request is done here, each kind with the rooms it needs.

Everything may be done twice: a request that was cut off is found again as decided and not done.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy import persons, request_steps
from storage.house import transaction
from storage.request_states import Outcome, RequestChannel, RequestKind, RequestState
from storage.tables import Customer, RightsRequest
from survey import objections, restrictions
from survey.objections import Source
from survey.permission import Method
from survey.restrictions import Cause

_SOURCES: Final = {
    RequestChannel.TELEPHONE: Source.CALLED_US,
    RequestChannel.WEB: Source.WEB,
    RequestChannel.MAIL: Source.EMAIL,
    RequestChannel.STAFF: Source.TOLD_STAFF,
}
_GIVEN: Final = frozenset({Outcome.GRANTED, Outcome.PARTLY})


def carry_out(request_id: UUID, *, now: datetime) -> RequestState | None:
    """Do what was decided, as far as no person is needed for it; the state afterwards.

    None when there is no such request. A correction and a package wait for whoever makes them.
    """
    with transaction() as session:
        request = session.scalars(
            select(RightsRequest).where(RightsRequest.id == request_id).with_for_update()
        ).one_or_none()
        if request is None:
            return None
        if request.state is RequestState.DECIDED and request.outcome in _GIVEN:
            work = _WORK.get(request.kind)
            if work is not None:
                work(session, request, now)
                request_steps.finish(request, at=now)
        return request.state


def _nothing(session: Session, request: RightsRequest, now: datetime) -> None:
    """The information is what the answer itself says."""


def _object(session: Session, request: RightsRequest, now: datetime) -> None:
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


def _restrict(session: Session, request: RightsRequest, now: datetime) -> None:
    person = persons.of_request(session, request)
    if person.customer_id is None:
        return
    restrictions.restrict(
        session,
        session.get_one(Customer, person.customer_id),
        cause=Cause.ACCURACY_DISPUTED,
        at=now,
        review_at=request.due_at,
        by=request.decided_by,
    )


_WORK: Final[dict[RequestKind, Callable[[Session, RightsRequest, datetime], None]]] = {
    RequestKind.INFORMATION: _nothing,
    RequestKind.OBJECTION: _object,
    RequestKind.RESTRICTION: _restrict,
}
