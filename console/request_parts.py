"""The parts of what is kept of whoever asks, from which the officer chooses what is left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from flask import request
from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy import parts, persons
from privacy.persons import SeveralPeopleError
from privacy.request_steps import WrongStepError
from storage import case_references
from storage.house import house
from storage.request_states import PartKind, RequestState
from storage.tables import Interaction, RightsRequest

_WORDS: Final[Mapping[PartKind, str]] = {
    PartKind.CONTACT: "Contact and answers",
    PartKind.CALL: "Call to us, with its message",
    PartKind.MATTER: "Matter, with the contact it is about",
}


@dataclass(frozen=True, slots=True)
class PartChoice:
    """One part as the page offers it."""

    id: UUID
    what: str
    at: datetime


def of_request(session: Session, found: RightsRequest) -> list[PartChoice]:
    """What can be left out of the request; nothing where it is not to be decided now."""
    if found.state is not RequestState.PROVEN or not parts.may_be_granted_in_parts(found.kind):
        return []
    try:
        there = parts.of_person(session, persons.of_request(session, found))
    except SeveralPeopleError:
        return []
    mine = Interaction.organisation_id == found.organisation_id
    contacts = select(Interaction).where(mine, Interaction.id.in_([one.id for one in there]))
    named = {
        one.id: case_references.reference_of(house().keyring, one)
        for one in session.scalars(contacts)
    }
    return [
        PartChoice(one.id, f"{_WORDS[one.kind]} {named.get(one.id) or ''}".strip(), one.at)
        for one in there
    ]


def chosen() -> list[UUID]:
    """What the officer ticked. Raises WrongStepError for what is no id."""
    try:
        return [UUID(one) for one in request.form.getlist("left_out")]
    except ValueError:
        raise WrongStepError("choose what is left out from the list") from None
