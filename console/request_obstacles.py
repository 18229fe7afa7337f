"""What stands in the way of an erasure, said to the officer before they try to grant it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy.orm import Session

from console import dates, hold_words
from messaging import carrying_out
from privacy import conflicts, freezes, holds, persons
from privacy.person_erasure import FrozenError, NeededError
from privacy.persons import Person, SeveralPeopleError
from privacy.schedules import schedule_of
from storage import sign_in_names
from storage.faults import GiveUp
from storage.house import house
from storage.request_states import ERASES, RequestState
from storage.tables import Hold, Organisation, RightsRequest, User
from survey.restrictions import Cause

CAUSES: Final[Mapping[Cause, str]] = {
    Cause.ACCURACY_DISPUTED: "the person disputes that they are right",
    Cause.UNLAWFUL_BUT_KEPT: "the person wants them kept and not used",
    Cause.NEEDED_FOR_CLAIM: "the person needs them for a legal claim",
    Cause.OBJECTION_PENDING: "an objection of the person was weighed, and nobody ended the freeze",
}
_LOOKED_FOR: Final = (RequestState.PROVEN, RequestState.DECIDED)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in the way, and where it is ended; without a link whoever runs the machine does."""

    what: str
    link: str = ""
    link_words: str = ""


def of_request(session: Session, found: RightsRequest, *, now: datetime) -> list[Obstacle]:
    """What stands in the way of an erasure that is to be decided or done; nothing of the others."""
    if found.kind not in ERASES or found.state not in _LOOKED_FOR:
        return []
    try:
        person = persons.of_request(session, found)
    except SeveralPeopleError:
        return []
    owner = session.get_one(Organisation, found.organisation_id)
    return [
        *_freezes(session, found, person),
        *(_held(session, hold, owner) for hold in conflicts.holds_on(session, person, now=now)),
        *(
            Obstacle(
                "A case about the person is open, and what it needs is kept until it is closed. "
                "Whoever works on it closes it, or refuse the request with that ground."
            )
            for _ in conflicts.open_cases(session, schedule_of(owner), person)
        ),
    ]


def of_granted(session: Session, found: RightsRequest, *, now: datetime) -> str:
    """Why what was granted cannot be done as things stand; nothing when it can."""
    if found.state is not RequestState.DECIDED:
        return ""
    try:
        carrying_out.look_for_obstacles(session, found, now=now)
    except (FrozenError, NeededError):
        return "What was granted cannot be done while what is said here stands"
    except GiveUp as obstacle:
        return str(obstacle)
    return ""


def _freezes(session: Session, found: RightsRequest, person: Person) -> Iterator[Obstacle]:
    causes = dict.fromkeys(freezes.of_person(session, person))
    waiting = freezes.objections_of(session, person) if freezes.PENDING in causes else []
    for one in waiting:
        if one.id == found.id:
            continue
        first = "decide it" if one.state is RequestState.PROVEN else "tell them its answer"
        yield Obstacle(
            "The data are frozen, as the same person objects to their use: "
            f"{first} first, in objection",
            url_for("console.one_request", request_id=one.id),
            one.reference,
        )
    for cause in causes:
        if cause == freezes.PENDING and waiting:
            continue
        yield Obstacle(
            f"The data are frozen: {CAUSES[Cause(cause)]}. Whoever runs the machine ends that at "
            "your word; until then the request can only be refused, with its ground."
        )


def _held(session: Session, hold: Hold, owner: Organisation) -> Obstacle:
    keyring = house().keyring
    name = sign_in_names.name_of(keyring, session.get_one(User, hold.owner_id))
    day = dates.day(hold.review_at, ZoneInfo(owner.timezone), locale=dates.reader_locale())
    return Obstacle(
        f"A hold keeps {hold_words.kept_by(hold)}, for: {holds.reason_of(keyring, hold)}. {name} "
        f"answers for it and looks at it again on {day}; at their word whoever runs the machine "
        "releases it. Until then leave out what it keeps, or refuse the request, with its ground."
    )
