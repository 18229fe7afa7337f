"""What was decided about a person's request is done here, each kind with the rooms it needs.

Everything may be done twice: a request that was cut off is found again as decided and not done.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from messaging import freezing, objecting, weighing
from privacy import (
    emptied_logs,
    erasure_proof,
    parts,
    person_erasure,
    persons,
    request_steps,
    requests,
)
from privacy.erasing import hands_of
from privacy.person_erasure import Errand
from privacy.persons import Given, Person
from privacy.request_steps import WrongStepError
from storage.faults import GiveUp
from storage.house import House, transaction
from storage.keyring import KeyDestroyedError, Keyring
from storage.receipts import SUBJECT_KIND
from storage.request_states import (
    ERASES,
    Ground,
    Outcome,
    ProofWay,
    RequestKind,
    RequestState,
)
from storage.tables import Customer, RightsRequest
from survey.restrictions import Cause

_NOTHING_KEPT: Final = (
    "nothing is kept under this number or address, so there is nothing to freeze; refuse the "
    "request with the ground 'nothing_kept'"
)
_GIVEN: Final = frozenset({Outcome.GRANTED, Outcome.PARTLY})


class NobodyToFreezeError(GiveUp):
    """Nothing is kept of whoever asks for a restriction, so there is nothing to freeze."""


def look_for_obstacles(session: Session, request: RightsRequest, *, now: datetime) -> None:
    """Raises GiveUp when the request cannot be granted as things stand; the text says why."""
    if request.kind in (RequestKind.INFORMATION, RequestKind.OBJECTION):
        return
    person = persons.of_request(session, request)
    if request.kind in ERASES:
        person_erasure.look_for_obstacles(session, person, now=now, asked_by=request.id)
    if request.kind is RequestKind.RESTRICTION:
        _look_for_anything(session, person)


def look_before_deciding(
    session: Session, request: RightsRequest, outcome: Outcome, *, house: House, now: datetime
) -> None:
    """Raises GiveUp when the request cannot be decided so as things stand; the text says why.

    An erasure is done in part where parts are left out of it, or where it was begun and something
    then came in the way.
    """
    if outcome is Outcome.REFUSED:
        return
    if request.kind not in ERASES or outcome is Outcome.GRANTED or request.left_out:
        look_for_obstacles(session, request, now=now)
        return
    if not _is_in_the_way(session, request, now=now):
        raise WrongStepError(
            "nothing stands in the way, so the erasure is done wholly: grant it, choose what is "
            "left out of it, or refuse it with its ground"
        )
    if not _is_begun(session, request, house=house):
        raise WrongStepError(
            "nothing of the person was erased yet, so it is not granted in part: choose what is "
            "left out of it, or refuse it with its ground"
        )


def decide(
    session: Session,
    request: RightsRequest,
    *,
    outcome: Outcome,
    ground: Ground | None = None,
    left_out: Collection[UUID] = (),
    house: House,
    by: UUID | None = None,
    now: datetime,
) -> None:
    """Note what is to become of a request, once nothing stands in the way of it.

    `left_out` names the parts of what is kept of the person for which it is refused. Raises GiveUp
    when it cannot be decided so; then nothing may be committed of what was tried.
    """
    if outcome is not Outcome.REFUSED:
        weighing.thaw(session, request, at=now, by=by)
        if request.proof is not None:
            persons.note(session, request)  # who was deleted by age since may be there anew
    if left_out:
        person = persons.of_request(session, request)
        parts.leave_out(session, request, person, left_out, outcome=outcome)
    look_before_deciding(session, request, outcome, house=house, now=now)
    request_steps.decide(session, request, outcome=outcome, ground=ground, by=by, at=now)
    weighed = request.kind is RequestKind.OBJECTION_TO_USE
    if weighed and request.state is RequestState.DECIDED:
        # What was frozen is so no more, and nobody may be asked anything until it is deleted.
        objecting.note(session, request, now)


def reconsider(
    session: Session, request: RightsRequest, *, by: UUID | None = None, now: datetime
) -> None:
    """Take back what was decided where it cannot be done; raises WrongStepError where it can."""
    if request.state is RequestState.DECIDED and not _is_in_the_way(session, request, now=now):
        raise WrongStepError("nothing stands in the way of what was decided; it is being done")
    request_steps.reconsider(session, request, at=now)
    weighing.freeze(session, request, at=now, by=by)


def withdraw(
    session: Session,
    request: RightsRequest,
    *,
    way: ProofWay,
    house: House,
    by: UUID | None = None,
    now: datetime,
) -> None:
    """Close a request that the person takes back; raises WrongStepError for one done or begun."""
    if request.state in (RequestState.DONE, RequestState.TOLD):
        raise WrongStepError(
            f"the request is {request.state}, so there is nothing left to take back"
        )
    if request.state is RequestState.DECIDED and request.kind in ERASES:
        if not _is_in_the_way(session, request, now=now):
            raise WrongStepError("the erasure is being done; it cannot be taken back any more")
        if _is_begun(session, request, house=house):
            raise WrongStepError(
                "the erasure had begun, and what is gone stays gone: take the decision back with "
                "'reconsider' and grant it in part, with the ground that keeps the rest"
            )
    weighing.thaw(session, request, at=now, by=by)
    request_steps.withdraw(session, request, way=way, keyring=house.keyring, by=by, at=now)


def _is_begun(session: Session, request: RightsRequest, *, house: House) -> bool:
    return erasure_proof.is_begun(session, house.ledger, request.organisation_id, request.reference)


def _is_in_the_way(session: Session, request: RightsRequest, *, now: datetime) -> bool:
    try:
        look_for_obstacles(session, request, now=now)
    except GiveUp:
        return True
    return False


def carry_out(request_id: UUID, *, house: House, now: datetime) -> RequestState | None:
    """Do what was decided, as far as no person is needed for it; the state afterwards.

    None when there is no such request. A correction and a package wait for whoever makes them.
    Raises GiveUp for an obstacle and TryAgain when it cannot be done now; then it is begun anew.
    """
    with transaction() as session:
        request = _locked(session, request_id)
        if request is None:
            return None
        if request.state is not RequestState.DECIDED or request.outcome not in _GIVEN:
            return request.state
        if request.kind not in ERASES:
            work = _WORK.get(request.kind)
            if work is not None:
                work(session, request, now)
                request_steps.finish(request, at=now)
            return request.state
        person = persons.of_request(session, request)
        person_erasure.look_for_obstacles(session, person, now=now)
        # Before anything goes: nobody contacts the person meanwhile, nor after a later import.
        objecting.note(session, request, now)
        _keep_the_address(session, request, person, house.keyring)
        errand = Errand(request.reference, _subject(session, request, person, house.keyring))
    person_erasure.erase(person, errand, hands=hands_of(house), now=now)
    with transaction() as session:
        request = _locked(session, request_id)
        if request is None:
            return None
        if request.state is RequestState.DECIDED:
            request_steps.finish(request, at=now)
    emptied_logs.empty(house, now=now)
    return request.state


def _locked(session: Session, request_id: UUID) -> RightsRequest | None:
    wanted = select(RightsRequest).where(RightsRequest.id == request_id)
    return session.scalars(wanted.with_for_update()).one_or_none()


def _subject(
    session: Session, request: RightsRequest, person: Person, keyring: Keyring
) -> bytes | None:
    """The keyed hash under which the receipts name the person; fits no column of any table."""
    customer = None if person.customer_id is None else session.get(Customer, person.customer_id)
    try:
        known = (
            keyring.open(request.id, requests.CONTACT, request.contact_sealed)
            if customer is None
            else keyring.open(customer.id, "customer.phone", customer.phone_sealed)
        )
    except KeyDestroyedError:  # a run that was cut off had come that far
        return None
    return (
        None if known is None else keyring.lookup_hash(person.organisation_id, SUBJECT_KIND, known)
    )


def _keep_the_address(
    session: Session, request: RightsRequest, person: Person, keyring: Keyring
) -> None:
    """Where the person is to be answered, when that is known only by what is erased now."""
    (given,) = keyring.open_many([(request.id, requests.CONTACT, request.contact_sealed)])
    customer = None if person.customer_id is None else session.get(Customer, person.customer_id)
    is_theirs = persons.given_since(session, request) is Given.SAME
    if customer is None or (given is not None and "@" in given and is_theirs):
        return
    # It may be another's by now. A run that was cut off had come further: then it stays.
    if not is_theirs and keyring.keys([customer.id]):
        request.contact_sealed = None
    (email,) = keyring.open_many([(customer.id, "customer.email", customer.email_sealed)])
    if email is not None:
        request.contact_sealed = keyring.seal_one(request.id, requests.CONTACT, email)


def _nothing(session: Session, request: RightsRequest, now: datetime) -> None:
    """The information is what the answer itself says."""


def _restrict(session: Session, request: RightsRequest, now: datetime) -> None:
    person = persons.of_request(session, request)
    frozen = freezing.freeze(
        session,
        person,
        cause=Cause.ACCURACY_DISPUTED,
        at=now,
        review_at=request.due_at,
        by=request.decided_by,
    )
    if not frozen:
        raise NobodyToFreezeError(_NOTHING_KEPT, code="nobody_to_freeze")


def _look_for_anything(session: Session, person: Person) -> None:
    if not freezing.is_anything_kept(session, person):
        raise NobodyToFreezeError(_NOTHING_KEPT, code="nobody_to_freeze")


_WORK: Final[dict[RequestKind, Callable[[Session, RightsRequest, datetime], None]]] = {
    RequestKind.INFORMATION: _nothing,
    RequestKind.OBJECTION: objecting.note,
    RequestKind.RESTRICTION: _restrict,
}
