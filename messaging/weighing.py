"""An objection to a use of one's data is weighed, and meanwhile nothing of the person is used.

The freeze begins when it is proven who asks, so that nobody freezes somebody else's data, and ends
when the objection is granted, taken back, or refused and the person has been told of that.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from messaging import freezing
from privacy import persons, request_alarms, request_steps
from privacy.persons import Person, SeveralPeopleError
from storage.keyring import Keyring
from storage.request_states import ExtensionReason, ProofWay, RequestKind, RequestState
from storage.tables import RightsRequest
from survey.restrictions import Cause

_CAUSE: Final = Cause.OBJECTION_PENDING


def prove(
    session: Session, request: RightsRequest, *, way: ProofWay, at: datetime, by: UUID | None = None
) -> bool:
    """Note how it was made sure who asks, and who it is; whether their data are frozen for it.

    Raises WrongStepError when it is decided already.
    """
    request_steps.prove(request, way=way, at=at)
    request_alarms.proven(session, request, at=at)
    persons.note(session, request)
    return freeze(session, request, at=at, by=by)


def extend(
    session: Session,
    request: RightsRequest,
    *,
    reason: ExtensionReason,
    at: datetime,
    by: UUID | None = None,
) -> None:
    """Take two months more, once; what is frozen meanwhile is reviewed as much later.

    Raises WrongStepError when the month is over, or it was extended before.
    """
    request_steps.extend(session, request, reason=reason, at=at)
    freeze(session, request, at=at, by=by)


def tell(session: Session, request: RightsRequest, *, keyring: Keyring, at: datetime) -> None:
    """Note that the person has their answer; only then the data are used again.

    Raises WrongStepError for a request that is not done.
    """
    thaw(session, request, at=at)
    request_steps.tell(session, request, keyring=keyring, at=at)


def freeze(
    session: Session, request: RightsRequest, *, at: datetime, by: UUID | None = None
) -> bool:
    """Freeze the data of whoever's objection is being weighed; whether anything was frozen."""
    if request.kind is not RequestKind.OBJECTION_TO_USE or request.state is not RequestState.PROVEN:
        return False
    person = _person(session, request)
    if person is None:
        return False
    return freezing.freeze(session, person, cause=_CAUSE, at=at, review_at=request.due_at, by=by)


def thaw(session: Session, request: RightsRequest, *, at: datetime, by: UUID | None = None) -> None:
    """End what `freeze` began, unless another objection of the person is still being weighed."""
    if request.kind is not RequestKind.OBJECTION_TO_USE or request.proof is None:
        return
    person = _person(session, request)
    if person is None or _is_weighed_anew(session, request, person):
        return
    freezing.lift(session, person, cause=_CAUSE, at=at, by=by)


def _person(session: Session, request: RightsRequest) -> Person | None:
    """The person who objects; None where several share the address: nobody is frozen on a guess."""
    try:
        return persons.of_request(session, request)
    except SeveralPeopleError:
        return None


def _is_weighed_anew(session: Session, request: RightsRequest, person: Person) -> bool:
    another = select(RightsRequest.id).where(
        RightsRequest.organisation_id == request.organisation_id,
        RightsRequest.id != request.id,
        RightsRequest.kind == RequestKind.OBJECTION_TO_USE,
        RightsRequest.state == RequestState.PROVEN,
        or_(
            person.named_in(RightsRequest.customer_id),
            RightsRequest.subject_hash.in_(person.hashes),
        ),
    )
    return session.scalars(another.limit(1)).first() is not None
