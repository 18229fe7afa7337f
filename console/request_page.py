"""One person's request: who asks, how far the answer is, and the next step, for the officer."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from console import outdated_exports, request_obstacles, request_parts, request_words, wording
from console.blueprint import bp
from console.gate import GUARDIANS, only, visitor
from console.wording import Said
from messaging import carrying_out, request_lines, weighing
from privacy import persons, request_steps, requests
from privacy.person_erasure import FrozenError, NeededError
from privacy.persons import SeveralPeopleError
from storage.faults import GiveUp
from storage.house import house, reading, transaction, utc_now
from storage.queue import JobName
from storage.request_states import (
    ERASES,
    NEEDS_NO_PROOF,
    WEIGHED_ONLY,
    ExtensionReason,
    Ground,
    Outcome,
    ProofWay,
    RequestKind,
    RequestState,
)
from storage.tables import Customer, Organisation, RightsRequest
from survey.numbers import readable

log = logging.getLogger(__name__)

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class RequestPage:
    """A request as its page shows it; `next` is the step that the officer takes."""

    id: UUID
    organisation_key: str
    reference: str
    wish: str
    channel: str
    organisation: str
    authority: str
    zone: tzinfo
    state: Said
    next: RequestState
    who: str
    contact: str
    about: str
    given: str
    received_at: datetime
    due_at: datetime
    left: str
    offered: bool
    repeats: bool
    may_extend: bool
    longer_untold: bool
    may_grant: bool
    is_package: bool
    is_restriction: bool
    is_weighed: bool
    erases: bool
    facts: tuple[tuple[str, datetime | None, str], ...]
    left_out: tuple[str, ...]


@bp.get("/requests/<uuid:request_id>")
@only(GUARDIANS)
def one_request(request_id: UUID) -> ResponseReturnValue:
    """The request with what the person gave; opened here and nowhere in a list."""
    return _page(request_id)


@bp.post("/requests/<uuid:request_id>")
@only(GUARDIANS)
def move_request(request_id: UUID) -> ResponseReturnValue:
    """Take one step: prove, extend, decide or tell. What cannot be is said on the page."""
    step = _STEPS.get(request.form.get("step", ""))
    if step is None:
        abort(400)
    who = visitor()
    try:
        with transaction() as session:
            known = who.find(session, RightsRequest, request_id)
            found = requests.find(session, known.organisation_id, known.reference)
            if found is None:
                abort(404)
            step(session, found, who.user_id, utc_now())
    except (FrozenError, NeededError):
        return _page(request_id, fault="It cannot be granted while what is said here stands"), 409
    except GiveUp as obstacle:
        return _page(request_id, fault=str(obstacle)), 409
    log.info("rights.moved", extra={"request_id": request_id, "user_id": who.user_id})
    return redirect(url_for("console.one_request", request_id=request_id), 303)


def _prove(session: Session, found: RightsRequest, by: UUID, now: datetime) -> None:
    weighing.prove(session, found, way=_way_by_hand(), at=now, by=by)


def _way_by_hand() -> ProofWay:
    way = _chosen(ProofWay, "way")
    if way not in request_words.BY_HAND:
        abort(400)
    return way


def _extend(session: Session, found: RightsRequest, by: UUID, now: datetime) -> None:
    reason = _chosen(ExtensionReason, "reason")
    weighing.extend(session, found, reason=reason, at=now, by=by)
    house().bell.ring_after(session, JobName.CARRY_OUT_REQUEST, found.id)


def _tell_longer(session: Session, found: RightsRequest, by: UUID, now: datetime) -> None:
    request_steps.tell_longer(session, found, at=now)


def _decide(session: Session, found: RightsRequest, by: UUID, now: datetime) -> None:
    outcome = _chosen(Outcome, "outcome")
    ground = None
    if outcome is not Outcome.GRANTED:
        ground = _chosen(Ground, "ground")
    elif request.form.get("ground"):
        raise request_steps.WrongStepError(
            "a ground belongs to a refusal, whole or in part; choose none to grant the request"
        )
    left_out = request_parts.chosen() if outcome is Outcome.PARTLY else ()
    carrying_out.decide(
        session, found, outcome=outcome, ground=ground, left_out=left_out,
        house=house(), by=by, now=now,
    )  # fmt: skip
    house().bell.ring_after(session, JobName.CARRY_OUT_REQUEST, found.id)


def _reconsider(session: Session, found: RightsRequest, by: UUID, now: datetime) -> None:
    carrying_out.reconsider(session, found, by=by, now=now)


def _withdraw(session: Session, found: RightsRequest, by: UUID, now: datetime) -> None:
    way = _way_by_hand()
    carrying_out.withdraw(session, found, way=way, house=house(), by=by, now=now)


def _tell(session: Session, found: RightsRequest, by: UUID, now: datetime) -> None:
    weighing.tell(session, found, keyring=house().keyring, at=now)


_STEPS: Final[Mapping[str, Callable[[Session, RightsRequest, UUID, datetime], None]]] = {
    "prove": _prove,
    "extend": _extend,
    "tell_longer": _tell_longer,
    "decide": _decide,
    "reconsider": _reconsider,
    "withdraw": _withdraw,
    "tell": _tell,
}


def _chosen(kind: type[E], field: str) -> E:
    """The member that was chosen; nothing chosen is said as such."""
    try:
        return kind(request.form.get(field, ""))
    except ValueError:
        raise request_steps.WrongStepError(f"choose the {field} first") from None


def _page(request_id: UUID, *, fault: str = "") -> str:
    now, who = utc_now(), visitor()
    with reading() as session:
        found = who.find(session, RightsRequest, request_id)
        owner = session.get_one(Organisation, found.organisation_id)
        shown = _shown(session, found, owner, now=now)
        obstacle = request_obstacles.of_granted(session, found, now=now)
        in_the_way = request_obstacles.of_request(session, found, now=now)
        exports = outdated_exports.of_request(session, found)
        parts = request_parts.of_request(session, found)
    return render_template(
        "console/request.html",
        one=shown,
        exports=exports,
        parts=parts,
        fault=fault or obstacle,
        in_the_way=in_the_way,
        is_stopped=bool(obstacle),
        states=RequestState,
        **_choices(shown),
    )


def _choices(shown: RequestPage) -> dict[str, list[tuple[str, str]]]:
    """What the officer may choose from, as values and words."""
    words = request_words
    return {
        "ways": [(way.value, words.PROOF[way]) for way in words.BY_HAND],
        "outcomes": [
            (outcome.value, text)
            for outcome, text in words.OUTCOME.items()
            if shown.may_grant or outcome is Outcome.REFUSED
        ],
        "grounds": [
            (ground.value, text)
            for ground, text in words.GROUND.items()
            if (shown.may_grant or ground is Ground.IDENTITY_NOT_PROVEN)
            and (shown.is_weighed or ground not in WEIGHED_ONLY)
        ],
        "reasons": [(reason.value, text) for reason, text in words.EXTENSION.items()],
    }


def _shown(
    session: Session, found: RightsRequest, owner: Organisation, *, now: datetime
) -> RequestPage:
    who, contact = _who(session, found)
    unproven = found.state is RequestState.RECEIVED and found.kind not in NEEDS_NO_PROOF
    return RequestPage(
        id=found.id,
        organisation_key=owner.key,
        reference=found.reference,
        wish=wording.REQUEST[found.kind],
        channel=wording.REQUEST_CHANNEL[found.channel],
        organisation=owner.name,
        authority=owner.document.get("contact", {}).get("authority", ""),
        zone=ZoneInfo(owner.timezone),
        state=request_words.state_of(found),
        next=found.state,
        who=who,
        contact=contact,
        about=requests.about_of(found, keyring=house().keyring),
        given=request_lines.GIVEN[persons.given_since(session, found)],
        received_at=found.received_at,
        due_at=found.due_at,
        left=request_lines.time_left(found, now=now),
        offered=request_lines.is_offered(found, owner),
        repeats=found.repeats_id is not None,
        may_extend=request_steps.may_extend(found, at=now),
        longer_untold=request_steps.longer_is_untold(found),
        may_grant=not unproven,
        is_package=found.kind in (RequestKind.ACCESS, RequestKind.PORTABILITY),
        is_restriction=found.kind is RequestKind.RESTRICTION,
        is_weighed=found.kind is RequestKind.OBJECTION_TO_USE,
        erases=found.kind in ERASES,
        facts=_facts(found),
        left_out=tuple(request_lines.left_out(found, owner)),
    )


def _who(session: Session, found: RightsRequest) -> tuple[str, str]:
    """Whether anybody is known, and the number or address to answer at."""
    if found.state is RequestState.TOLD:
        return "Forgotten, as the request is answered", ""
    keyring = house().keyring
    (given,) = keyring.open_many([(found.id, requests.CONTACT, found.contact_sealed)])
    try:
        person = persons.of_request(session, found)
    except SeveralPeopleError:
        return "Several customers share this address", given or ""
    customer = None if person.customer_id is None else session.get(Customer, person.customer_id)
    if customer is None:
        return "No customer is known by this", _readable(given)
    fields = [(customer.id, "customer.phone", customer.phone_sealed)]
    (phone,) = keyring.open_many(fields)
    return "A customer", _readable(given or phone)


def _readable(contact: str | None) -> str:
    if contact is None:
        return ""
    return contact if "@" in contact else readable(contact)


def _facts(found: RightsRequest) -> tuple[tuple[str, datetime | None, str], ...]:
    """What happened, in order: what, when, and how."""
    words = request_words
    told = [("Received", found.received_at, "")]
    if found.extension is not None and found.extended_at is not None:
        told.append(("Extended", found.extended_at, words.EXTENSION[found.extension]))
    if found.proof is not None and found.proven_at is not None:
        told.append(("Proven", found.proven_at, words.PROOF[found.proof]))
    if found.outcome is not None and found.decided_at is not None:
        ground = "" if found.ground is None else words.GROUND[found.ground]
        told.append((words.DECIDED[found.outcome], found.decided_at, ground))
    if found.done_at is not None:
        told.append(("Done", found.done_at, ""))
    if found.closed_at is not None:
        is_answered = found.outcome not in request_words.CLOSED
        told.append(("Answered" if is_answered else "Closed", found.closed_at, ""))
    return tuple(told)
