"""The parts of what is kept of a person, so that a request can be granted for some and not others.

A part is a contact with all that was asked and answered about it, a call to us with its message, or
a matter that staff work on. What is left out is noted with the request by kind and id, and by kind
alone once the person has their answer.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy.persons import Person
from privacy.request_steps import WrongStepError
from storage.request_states import ERASES, PACKAGES, Outcome, PartKind, RequestKind
from storage.tables import (
    Attempt,
    Call,
    Case,
    Comment,
    Interaction,
    Invitation,
    Recording,
    Response,
    RightsRequest,
)


@dataclass(frozen=True, slots=True)
class Part:
    """Something of a person that goes or stays, is told or not, as a whole."""

    kind: PartKind
    id: UUID
    at: datetime


# Of one moment: what led to the other first.
_ORDER: Final = tuple(PartKind)
_IN_PARTS: Final = ERASES | PACKAGES | {RequestKind.RESTRICTION}


def may_be_granted_in_parts(kind: RequestKind) -> bool:
    """Whether parts can be left out of what is granted of such a request."""
    return kind in _IN_PARTS


def of_person(session: Session, person: Person) -> list[Part]:
    """Everything there is of the person, part by part, the oldest first, a contact before calls."""
    called = select(Call.id, Call.started_at).where(
        Call.organisation_id == person.organisation_id, Call.caller_hash.in_(person.hashes)
    )
    found = [Part(PartKind.CALL, item, at) for item, at in session.execute(called)]
    if person.customer_id is not None:
        contacts = select(Interaction.id, Interaction.happened_at).where(
            Interaction.organisation_id == person.organisation_id,
            Interaction.customer_id == person.customer_id,
        )
        matters = select(Case.id, Case.opened_at).where(
            Case.organisation_id == person.organisation_id, Case.customer_id == person.customer_id
        )
        found += [Part(PartKind.CONTACT, item, at) for item, at in session.execute(contacts)]
        found += [Part(PartKind.MATTER, item, at) for item, at in session.execute(matters)]
    return sorted(found, key=lambda one: (one.at, _ORDER.index(one.kind), one.id))


def leave_out(
    session: Session,
    request: RightsRequest,
    person: Person,
    chosen: Collection[UUID],
    *,
    outcome: Outcome,
) -> None:
    """Note what is left out of the request; a matter takes its contact along, that its calls.

    Raises WrongStepError for what leaves nothing out, for what is not the person's, and where
    nothing would be granted.
    """
    request.left_out = None
    if not chosen:
        return
    if outcome is not Outcome.PARTLY or not may_be_granted_in_parts(request.kind):
        raise WrongStepError(
            "something is left out only of an erasure, a restriction or a package that is granted "
            "in part"
        )
    there = {one.id: one for one in of_person(session, person)}
    if not there.keys() >= set(chosen):
        raise WrongStepError("what is to be left out is nothing of this person's; look again")
    kept = _with_what_belongs(session, person, chosen) & there.keys()
    if kept == there.keys():
        raise WrongStepError("everything is left out, so nothing is granted: refuse the request")
    if request.kind is RequestKind.RESTRICTION and not frozen_alone(there.values(), kept):
        raise WrongStepError(
            "only a call with its message is frozen alone: leave every contact and matter out, or "
            "grant the whole restriction"
        )
    request.left_out = [
        {"kind": one.kind.value, "id": str(one.id), "at": one.at.isoformat()}
        for one in there.values()
        if one.id in kept
    ]


def frozen_alone(there: Iterable[Part], left: Collection[UUID]) -> list[UUID]:
    """The calls to freeze where these parts are left out; none where more than calls is asked."""
    rest = [one for one in there if one.id not in left]
    only_calls = all(one.kind is PartKind.CALL for one in rest)
    return [one.id for one in rest] if only_calls else []


def left_out(request: RightsRequest) -> list[tuple[PartKind, datetime | None]]:
    """What is left out of the request: its kinds, and the moments until the person was told."""
    return [
        (PartKind(one["kind"]), datetime.fromisoformat(one["at"]) if "at" in one else None)
        for one in request.left_out or ()
    ]


def _with_what_belongs(session: Session, person: Person, chosen: Collection[UUID]) -> set[UUID]:
    """The chosen parts with those that they need: one call may have brought a contact's answer."""
    kept = set(chosen)
    matters = select(Case.interaction_id).where(
        Case.organisation_id == person.organisation_id, Case.id.in_(list(kept))
    )
    kept.update(session.scalars(matters))
    called = Call.organisation_id == person.organisation_id
    rung = (
        select(Invitation.interaction_id, Call.id)
        .join(Attempt, Attempt.invitation_id == Invitation.id)
        .join(Call, Call.attempt_id == Attempt.id)
        .where(called)
    )
    spoken = (
        select(Invitation.interaction_id, Call.id)
        .join(Response, Response.invitation_id == Invitation.id)
        .join(Comment, Comment.response_id == Response.id)
        .join(Recording, Recording.comment_id == Comment.id)
        .join(Call, Call.id == Recording.call_id)
        .where(called)
    )
    # From a call to its contact, and from that to the other calls of it.
    for column in (Call.id, Invitation.interaction_id):
        for pairs in (rung, spoken):
            found = session.execute(pairs.where(column.in_(list(kept)))).all()
            kept.update(item for pair in found for item in pair)
    return kept
