"""What staff did about a response: gone through, decided what follows, answered the person.

Where the retention schedule says "until handled", the last of the three steps ends the time of the
answers and of the comment. A step can be taken back as long as the response is still there.
"""

import contextlib
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from storage import case_references
from storage.faults import GiveUp
from storage.keyring import Keyring
from storage.restrictions import may_be_used
from storage.tables import Interaction, Invitation, Organisation, Response


class Step(StrEnum):
    """One step of dealing with a response, in the order in which they are taken."""

    REVIEWED = "reviewed"
    DECIDED = "decided"
    ANSWERED = "answered"


_ORDER: Final = tuple(Step)
_COLUMN: Final = {
    Step.REVIEWED: "reviewed_at",
    Step.DECIDED: "decided_at",
    Step.ANSWERED: "handled_at",
}


class NoSuchResponseError(GiveUp):
    """There is no such response, or several; the text says what would be right."""


def find_response(
    session: Session, organisation: Organisation, reference: str, *, keyring: Keyring
) -> Response:
    """The response of that id or case reference, locked; raises NoSuchResponseError.

    One of somebody whose data are frozen is not found.
    """
    named = [Interaction.case_hash == case_references.hash_of(keyring, organisation.id, reference)]
    with contextlib.suppress(ValueError):
        named.append(Response.id == UUID(reference))
    found = session.scalars(
        select(Response)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Interaction, Interaction.id == Invitation.interaction_id)
        .where(Response.organisation_id == organisation.id, may_be_used(Response), or_(*named))
        .order_by(Response.id)
        .with_for_update(of=Response)
    ).all()
    if not found:
        raise NoSuchResponseError(f"{organisation.key} has no response {reference[:80]!r}")
    if len(found) > 1:
        ids = ", ".join(str(one.id) for one in found)
        raise NoSuchResponseError(
            f"{reference[:80]!r} was asked about {len(found)} times; name one of them: {ids}"
        )
    return found[0]


def steps_of(response: Response) -> dict[Step, datetime]:
    """The steps that were taken, each with its moment."""
    moments = {step: getattr(response, column) for step, column in _COLUMN.items()}
    return {step: at for step, at in moments.items() if at is not None}


def next_step(response: Response) -> Step | None:
    """The first step that is still to be taken; None when the person has been answered."""
    taken = steps_of(response)
    return next((step for step in _ORDER if step not in taken), None)


def note(response: Response, step: Step, *, at: datetime) -> bool:
    """Note a step, and those before it that nobody noted; False when it was noted already."""
    if getattr(response, _COLUMN[step]) is not None:
        return False
    for one in _ORDER[: _ORDER.index(step) + 1]:
        if getattr(response, _COLUMN[one]) is None:
            setattr(response, _COLUMN[one], at)
    return True


def take_back(response: Response) -> Step | None:
    """Forget the last step that was noted, and say which it was; None when there is none."""
    taken = steps_of(response)
    for step in reversed(_ORDER):
        if step in taken:
            setattr(response, _COLUMN[step], None)
            return step
    return None
