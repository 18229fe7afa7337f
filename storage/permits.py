"""The paper without which nobody is contacted: made where an allowing decision is stored.

The provider's client and the mail to customers take a `Permit` and nothing else, so that no path
through the house reaches a person around the permission decision.
"""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from storage.request_states import RequestState
from storage.states import AttemptMethod
from storage.tables import IdentityCode, PermissionDecision, RightsRequest

_STORED: Final = object()
# The words of a decision for the way it is about, and the words of an attempt.
_METHOD: Final = {
    "calls": AttemptMethod.CALL,
    "sms": AttemptMethod.SMS,
    "email": AttemptMethod.EMAIL,
}


@dataclass(frozen=True, slots=True)
class Permit:
    """A stored decision that allows one attempt for one invitation by one method."""

    decision_id: UUID
    invitation_id: UUID
    method: AttemptMethod
    _made_by_store: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._made_by_store is not _STORED:
            raise TypeError("a Permit is made by permits.store() and by nothing else")


def store(session: Session, decision: PermissionDecision) -> Permit | None:
    """Write a decision down in the session's transaction; a Permit if it allows, else None.

    Each decision is a new row and allows one attempt at most: the database refuses a second
    attempt with the same decision.
    """
    session.add(decision)
    session.flush()
    if not decision.allowed:
        return None
    method = _METHOD[decision.method]
    return Permit(decision.id, decision.invitation_id, method, _STORED)


def require(permit: object, method: AttemptMethod) -> Permit:
    """The permit, if it is one for this method; raises TypeError for anything else."""
    if not isinstance(permit, Permit):
        raise TypeError(f"a Permit is needed to contact somebody, not {type(permit).__name__}")
    if permit.method is not method:
        raise TypeError(f"the permit is for {permit.method}, not for {method}")
    return permit


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A stored code, or a request that is decided: allows one message to the person who asked."""

    item_id: UUID
    method: AttemptMethod
    _made_by_store: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._made_by_store is not _STORED:
            raise TypeError(
                "an AskedFor is made by permits.store_code() and for_answer() and by nothing else"
            )


def store_code(session: Session, code: IdentityCode) -> AskedFor:
    """Write a code's hash down in the session's transaction; the paper to send the code with.

    No decision about contacting is asked: whoever asks about their data is answered, whatever they
    objected to.
    """
    session.add(code)
    session.flush()
    return AskedFor(code.id, AttemptMethod(code.method), _STORED)


def for_answer(request: RightsRequest, method: AttemptMethod) -> AskedFor:
    """The paper to answer a request with, or to say that the answer takes longer.

    Raises ValueError for a request that is neither decided nor extended.
    """
    decided = request.state in (RequestState.DECIDED, RequestState.DONE)
    if not decided and request.extended_at is None:
        raise ValueError(f"a request that is {request.state} has no answer yet")
    return AskedFor(request.id, method, _STORED)


def require_asked(paper: object, method: AttemptMethod) -> AskedFor:
    """The paper, if it is one for this method; raises TypeError for anything else."""
    if not isinstance(paper, AskedFor):
        raise TypeError(f"an AskedFor is needed to send a code, not {type(paper).__name__}")
    if paper.method is not method:
        raise TypeError(f"the code is for {paper.method}, not for {method}")
    return paper
