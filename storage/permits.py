"""The paper without which nobody is contacted: made where an allowing decision is stored.

The provider's client and the mail to customers take a `Permit` and nothing else, so that no path
through the house reaches a person around the permission decision. A permit is for one attempt, for
one purpose, by one way and to one number or address: the doors compare before they ask anybody.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from storage.asked_states import AskedPurpose
from storage.identity import new_id
from storage.insertion import insert_all
from storage.request_states import RequestState
from storage.states import AttemptMethod, ContactPurpose
from storage.tables import IdentityCode, LineProbe, PermissionDecision, RightsRequest

_STORED: Final = object()
# A permit never leaves the memory of its process, so what its number is known by need not either.
_MARKING_KEY: Final = secrets.token_bytes(32)
# The words of a decision for the way it is about, and the words of an attempt.
_METHOD: Final = {
    "calls": AttemptMethod.CALL,
    "sms": AttemptMethod.SMS,
    "email": AttemptMethod.EMAIL,
}


class WrongPermitError(TypeError):
    """The paper allows another contact than the one that somebody is about to make."""


class Contact(Protocol):
    """What a door is asked for, as far as a permit speaks of it."""

    @property
    def attempt_id(self) -> UUID:
        """The attempt that is being made."""
        ...

    @property
    def purpose(self) -> ContactPurpose:
        """What it is for."""
        ...

    @property
    def to(self) -> str:
        """The number in E.164, or the address in small letters."""
        ...


@dataclass(frozen=True, slots=True)
class Permit:
    """A stored decision that allows one attempt, for one purpose, to one number or address."""

    decision_id: UUID
    invitation_id: UUID
    # The attempt that is begun on this permit bears this id.
    attempt_id: UUID
    method: AttemptMethod
    purpose: ContactPurpose
    # A keyed hash; empty when the decision was about nobody's number, and then it opens no door.
    recipient: bytes = field(repr=False)
    _made_by_store: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._made_by_store is not _STORED:
            raise TypeError("a Permit is made by permits.store_all() and by nothing else")


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision about contacting somebody, as it is written down.

    `to` is the number (E.164) or address that was decided about, which is not written.
    """

    organisation_id: UUID
    invitation_id: UUID
    method: str
    purpose: ContactPurpose
    allowed: bool
    rule: str
    facts: Mapping[str, Any]
    next_allowed_at: datetime | None
    at: datetime
    to: str | None = field(repr=False)


def store(session: Session, decided: Decided) -> tuple[UUID, Permit | None]:
    """`store_all` of one decision."""
    return store_all(session, [decided])[0]


def store_all(session: Session, decided: Sequence[Decided]) -> list[tuple[UUID, Permit | None]]:
    """Write decisions down together in the session's transaction: in their order each one's id, and
    a Permit if it allows.

    Each decision is a new row and allows one attempt at most: the database refuses a second attempt
    with the same decision.
    """
    ids = [new_id() for _ in decided]
    rows = [
        {
            "id": item,
            "organisation_id": one.organisation_id,
            "invitation_id": one.invitation_id,
            "method": one.method,
            "allowed": one.allowed,
            "rule": one.rule,
            "facts": one.facts,
            "next_allowed_at": one.next_allowed_at,
            "decided_at": one.at,
        }
        for item, one in zip(ids, decided, strict=True)
    ]
    insert_all(session, PermissionDecision, rows)
    return [(item, _permit(one, item)) for item, one in zip(ids, decided, strict=True)]


def _permit(decided: Decided, decision_id: UUID) -> Permit | None:
    if not decided.allowed:
        return None
    return Permit(
        decision_id,
        decided.invitation_id,
        new_id(),
        _METHOD[decided.method],
        decided.purpose,
        b"" if decided.to is None else mark(decided.to),
        _STORED,
    )


def mark(to: str) -> bytes:
    """What a number or address is known by on a permit, within this process."""
    return hmac.digest(_MARKING_KEY, to.lower().encode(), "sha256")


def require(permit: object, method: AttemptMethod, wanted: Contact) -> Permit:
    """The permit, if it allows this very contact by this method.

    Raises TypeError for anything that is no permit, and WrongPermitError for one that was given
    for another way, purpose, attempt, number or address.
    """
    if not isinstance(permit, Permit):
        raise TypeError(f"a Permit is needed to contact somebody, not {type(permit).__name__}")
    if permit.method is not method:
        raise WrongPermitError(f"the permit is for {permit.method}, not for {method}")
    if permit.purpose is not wanted.purpose:
        raise WrongPermitError(f"the permit is for a {permit.purpose}, not for a {wanted.purpose}")
    if permit.attempt_id != wanted.attempt_id:
        raise WrongPermitError("the permit was given for another attempt")
    if not hmac.compare_digest(permit.recipient, mark(wanted.to)):
        raise WrongPermitError("the permit was given for another number or address")
    return permit


@dataclass(frozen=True, slots=True)
class AskedFor:
    """A stored code, a request that is decided, or a probe that an operator has ring themselves:
    allows one message or call to the person who asked, for that alone."""

    item_id: UUID
    method: AttemptMethod
    purpose: AskedPurpose
    # A keyed hash of the number that a code goes to; empty for a mail.
    recipient: bytes = field(repr=False)
    _made_by_store: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._made_by_store is not _STORED:
            raise TypeError(
                "an AskedFor is made by permits.store_code(), store_probe() and for_answer() and "
                "by nothing else"
            )


def store_code(session: Session, code: IdentityCode, *, to: str | None = None) -> AskedFor:
    """Write a code's hash down in the session's transaction; the paper to send the code with.

    `to` is the number it is for; without one no telephone is reached with it.

    No decision about contacting is asked: whoever asks about their data is answered, whatever they
    objected to.
    """
    session.add(code)
    session.flush()
    recipient = b"" if to is None else mark(to)
    return AskedFor(code.id, AttemptMethod(code.method), AskedPurpose.DATA, recipient, _STORED)


def store_probe(session: Session, probe: LineProbe, *, to: str) -> AskedFor | None:
    """Write the decision about a probe call down; the paper to ring `to` with, once, if it allows.

    Whoever starts it has their own telephone rung, and is named in it.
    """
    session.add(probe)
    session.flush()
    if not probe.allowed:
        return None
    return AskedFor(probe.id, AttemptMethod.CALL, AskedPurpose.PROBE, mark(to), _STORED)


def for_answer(request: RightsRequest, method: AttemptMethod) -> AskedFor:
    """The paper to answer a request with, or to say that the answer takes longer.

    Raises ValueError for a request that is neither decided nor extended.
    """
    decided = request.state in (RequestState.DECIDED, RequestState.DONE)
    if not decided and request.extended_at is None:
        raise ValueError(f"a request that is {request.state} has no answer yet")
    return AskedFor(request.id, method, AskedPurpose.DATA, b"", _STORED)


def require_asked(
    paper: object,
    method: AttemptMethod,
    to: str | None = None,
    *,
    purpose: AskedPurpose = AskedPurpose.DATA,
) -> AskedFor:
    """The paper, if it is one for this method and purpose and, if given, this number.

    Raises TypeError for anything else, and WrongPermitError for another purpose's or number's.
    """
    if not isinstance(paper, AskedFor):
        raise TypeError(f"an AskedFor is needed to send a code, not {type(paper).__name__}")
    if paper.method is not method:
        raise TypeError(f"the code is for {paper.method}, not for {method}")
    if paper.purpose is not purpose:
        raise WrongPermitError(f"the paper is for {paper.purpose}, not for {purpose}")
    if to is not None and not hmac.compare_digest(paper.recipient, mark(to)):
        raise WrongPermitError("the code is for another number")
    return paper
