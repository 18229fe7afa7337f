"""The way of a request from receipt to answer: proven, decided, done, told; and no other way.

Nothing is decided in a person's favour before it is proven who asks, except a no and the general
information, which harm nobody. A refusal names its ground.
"""

import logging
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from config.periods import Period, Unit
from config.retention_rules import DataClass
from privacy import request_codes, unproven_requests
from privacy.requests import REQUESTED
from storage import alarms, dropping
from storage.faults import GiveUp
from storage.keyring import Keyring
from storage.receipts import Erased, Receipt, Way, What
from storage.request_states import (
    DECISIONS,
    ERASES,
    NAMES_WHAT_KEEPS,
    NEEDS_NO_PROOF,
    PACKAGES,
    REQUEST_FOLLOWS,
    REQUEST_UNDONE,
    WEIGHED_ONLY,
    ExtensionReason,
    Ground,
    Outcome,
    ProofWay,
    RequestKind,
    RequestState,
)
from storage.states import Verdict, judge
from storage.tables import Organisation, RightsRequest

log = logging.getLogger(__name__)

EXTENDED_TO: Final = Period(3, Unit.MONTH)
LONGER: Final = REQUEST_UNDONE
"""States in which more time can be taken, and the person is told of it."""
DUE_SOON: Final = "rights.due_soon"
OVERDUE: Final = "rights.overdue"
ANSWER_NOT_TAKEN: Final = "rights.answer_not_taken"
LONGER_NOT_TOLD: Final = "rights.longer_not_told"


class WrongStepError(GiveUp):
    """The request cannot be moved that way; the text says what would be right."""


def prove(request: RightsRequest, *, way: ProofWay, at: datetime) -> None:
    """Note how it was made sure who asks. Raises WrongStepError when it is decided already."""
    if request.state is RequestState.PROVEN:
        return
    _move(request, RequestState.PROVEN)
    request.proof, request.proven_at = way, at


def extend(
    session: Session, request: RightsRequest, *, reason: ExtensionReason, at: datetime
) -> None:
    """Take two months more, once; the person is to be told, and why.

    Raises WrongStepError for what is done, and when the month is over: the person must hear of it
    within the month.
    """
    if request.state is RequestState.TOLD:
        raise WrongStepError("the request is answered already")
    if request.state is RequestState.DONE:
        raise WrongStepError(
            "what was decided is done, so no more time is needed; tell the person their answer"
        )
    if request.extended_at is not None:
        raise WrongStepError("the time was extended before, and can be only once")
    if at >= request.due_at:
        raise WrongStepError("the month is over; it can be extended only before its end")
    organisation = session.get_one(Organisation, request.organisation_id)
    request.due_at = EXTENDED_TO.after(request.received_at, ZoneInfo(organisation.timezone))
    request.extension, request.extended_at = reason, at
    for kind in (DUE_SOON, OVERDUE):
        alarms.clear(session, kind, subject=str(request.id), at=at)


def may_extend(request: RightsRequest, *, at: datetime) -> bool:
    """Whether `extend` would take the two months."""
    return request.state in LONGER and request.extended_at is None and at < request.due_at


def longer_is_untold(request: RightsRequest) -> bool:
    """Whether the person is still to hear that their answer takes longer."""
    extended = request.extended_at is not None and request.extension_told_at is None
    return extended and request.state in LONGER


def tell_longer(session: Session, request: RightsRequest, *, at: datetime) -> None:
    """Note that the person knows that their answer takes longer; repeating it changes nothing.

    Raises WrongStepError for a request that was not extended, or is done.
    """
    if request.extended_at is None or request.state not in LONGER:
        raise WrongStepError("no longer time runs for the request, so there is none to tell of")
    request.extension_told_at = request.extension_told_at or at
    alarms.clear(session, LONGER_NOT_TOLD, subject=str(request.id), at=at)


def decide(
    session: Session,
    request: RightsRequest,
    *,
    outcome: Outcome,
    ground: Ground | None = None,
    by: UUID | None = None,
    at: datetime,
) -> None:
    """Note what is to become of the request.

    Raises WrongStepError when it is not proven who asks, when a refusal has no ground, or when it
    is decided already.
    """
    if outcome not in DECISIONS:
        raise WrongStepError("nobody decides that a person takes a request back; withdraw it")
    if (outcome is Outcome.GRANTED) != (ground is None):
        raise WrongStepError(
            "what is refused, wholly or partly, needs a ground; what is granted has none"
        )
    unproven = request.state is RequestState.RECEIVED and request.kind not in NEEDS_NO_PROOF
    if unproven and (outcome is not Outcome.REFUSED or ground is not Ground.IDENTITY_NOT_PROVEN):
        raise WrongStepError(
            "it is not proven who asks; prove it first, or refuse for identity_not_proven"
        )
    if ground in WEIGHED_ONLY and request.kind is not RequestKind.OBJECTION_TO_USE:
        raise WrongStepError(f"{ground} is a ground only against an objection to a use of the data")
    partly_erased = request.kind in ERASES and outcome is Outcome.PARTLY
    if partly_erased and ground not in NAMES_WHAT_KEEPS:
        names = ", ".join(sorted(NAMES_WHAT_KEEPS))
        raise WrongStepError(
            f"an erasure is done in part only for what keeps the rest, and the person is told it: "
            f"{names}"
        )
    is_whole = request.kind in PACKAGES or request.kind is RequestKind.RESTRICTION
    if is_whole and outcome is Outcome.PARTLY and not request.left_out:
        raise WrongStepError("choose what is left out of it; the person is told it")
    _move(request, RequestState.DECIDED)
    request.outcome, request.ground = outcome, ground
    request.decided_by, request.decided_at = by, at
    alarms.clear(session, REQUESTED, subject=str(request.id), at=at)
    unproven_requests.look(session, request.organisation_id, at=at)
    was_begun = partly_erased and not request.left_out
    if outcome is Outcome.REFUSED or was_begun:  # nothing is to be done, or nothing more
        finish(request, at=at)


def withdraw(
    session: Session,
    request: RightsRequest,
    *,
    way: ProofWay,
    keyring: Keyring,
    by: UUID | None = None,
    at: datetime,
) -> None:
    """Close what the person takes back, without an answer; that it was made stays in the log.

    `way` is how it was made sure that it is the person. Raises WrongStepError for what is done.
    """
    if request.state is RequestState.RECEIVED:
        prove(request, way=way, at=at)
    if request.state is not RequestState.DECIDED:
        _move(request, RequestState.DECIDED)
    request.outcome, request.ground, request.left_out = Outcome.WITHDRAWN, None, None
    request.decided_by, request.decided_at = by, at
    _move(request, RequestState.DONE)
    tell(session, request, keyring=keyring, at=at)


def lapse(session: Session, request: RightsRequest, *, keyring: Keyring, at: datetime) -> None:
    """Close what nobody answered until its ceiling; that it was asked and not answered is kept.

    What was done by then stays noted as that. Raises WrongStepError for one that is answered.
    """
    if request.state in REQUEST_UNDONE:
        if request.state is not RequestState.DECIDED:
            _move(request, RequestState.DECIDED)
        request.outcome, request.ground, request.left_out = Outcome.LAPSED, None, None
        request.decided_by, request.decided_at = None, at
        _move(request, RequestState.DONE)
    tell(session, request, keyring=keyring, at=at, rule="request_log: never answered")


def reconsider(session: Session, request: RightsRequest, *, at: datetime) -> None:
    """Take a decision back that cannot be carried out, so that another one can be made.

    Whoever calls has made sure that something is in the way. Raises WrongStepError for a request
    that is not decided, or already done.
    """
    if request.state is not RequestState.DECIDED:
        raise WrongStepError(
            f"the request is {request.state}, so there is no decision to take back"
        )
    _move(request, RequestState.PROVEN)
    request.outcome = request.ground = request.decided_by = request.decided_at = None
    request.left_out = None
    alarms.sound(
        session,
        REQUESTED,
        subject=str(request.id),
        organisation_id=request.organisation_id,
        at=at,
    )
    log.info("rights.reconsidered", extra={"request_id": request.id})


def finish(request: RightsRequest, *, at: datetime) -> None:
    """Note that what was decided is done; repeating it changes nothing."""
    if judge(request.state, RequestState.DONE, REQUEST_FOLLOWS) is Verdict.REPEATED:
        return
    _move(request, RequestState.DONE)
    request.done_at = at


def tell(
    session: Session,
    request: RightsRequest,
    *,
    keyring: Keyring,
    at: datetime,
    rule: str = "request_log: answered",
) -> None:
    """Note that the person has their answer, and forget what they gave and said.

    Its key is destroyed once that is committed; the ledger names it, so that no backup of the
    keyring brings it back.
    """
    _move(request, RequestState.TOLD)
    had_key = request.contact_sealed is not None or request.about_sealed is not None
    request.contact_sealed = request.about_sealed = request.subject_hash = None
    if request.left_out is not None:
        request.left_out = [{"kind": one["kind"]} for one in request.left_out]
    request_codes.forget(session, request, at=at)
    dropping.drop_key(
        session,
        _receipt(request, rule, keys=int(had_key), at=at),
        Erased(RightsRequest.__tablename__, (request.id,), Way.BLANK_REQUEST, (request.id,)),
        keyring=keyring,
    )
    request.closed_at = at
    for kind in (REQUESTED, DUE_SOON, OVERDUE, ANSWER_NOT_TAKEN, LONGER_NOT_TOLD):
        alarms.clear(session, kind, subject=str(request.id), at=at)
    unproven_requests.look(session, request.organisation_id, at=at)
    log.info("rights.answered", extra={"request_id": request.id, "outcome": request.outcome})


def _receipt(request: RightsRequest, rule: str, *, keys: int, at: datetime) -> Receipt:
    return Receipt(
        what=What.DROPPED,
        happened_at=at,
        organisation_id=request.organisation_id,
        data_class=DataClass.REQUEST_LOG,
        kind="request_contacts",
        rule=rule,
        count=1,
        keys=keys,
    )


def _move(request: RightsRequest, to: RequestState) -> None:
    if judge(request.state, to, REQUEST_FOLLOWS) is not Verdict.APPLIED:
        raise WrongStepError(f"the request is {request.state}, so it cannot become {to}")
    request.state = to
