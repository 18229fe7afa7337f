"""A person's request in a line or a few, for whoever deals with it; it names nobody."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from config import spans
from privacy import parts
from privacy.persons import Given
from storage.request_states import Outcome, PartKind, RequestKind
from storage.tables import Organisation, RightsRequest

PART: Final[Mapping[PartKind, str]] = {
    PartKind.CONTACT: "contact with its answers",
    PartKind.CALL: "call to us",
    PartKind.MATTER: "matter",
}
GIVEN: Final[Mapping[Given, str]] = {
    Given.SAME: "",
    Given.NOT_THEIRS: "The number or address was the customer's when it was proven who asks, and "
    "was corrected since. If it was wrong even then, whoever asks is somebody else: refuse the "
    "request.",
    Given.ANOTHERS: "The number or address was the customer's when it was proven who asks, and is "
    "another customer's by now, of whom nothing is told or changed. If both are the same person, "
    "write a second request down for it once this one is answered.",
}
"""What is said where what the person gave is theirs no more."""


def line(request: RightsRequest, owner: Organisation, *, now: datetime) -> str:
    """One line: reference, what is asked, how far it is, and the time that is left."""
    offered = "" if is_offered(request, owner) else ", not among the rights offered"
    return (
        f"{request.reference} {request.kind} ({request.channel}), {request.state}, "
        f"due {_day(request.due_at, owner)}, {time_left(request, now=now)}{offered}"
    )


def page(request: RightsRequest, owner: Organisation, *, now: datetime) -> list[str]:
    """All that is known of the way the request has come."""
    said = [line(request, owner, now=now), f"received {_day(request.received_at, owner)}"]
    if request.repeats_id is not None:
        said.append("asked before; who asks is proven anew")
    if request.extended_at is not None:
        said.append(f"extended {_day(request.extended_at, owner)} ({request.extension})")
    if request.proven_at is not None:
        said.append(f"proven {_day(request.proven_at, owner)} ({request.proof})")
    if request.decided_at is not None:
        ground = "" if request.ground is None else f" ({request.ground})"
        said.append(f"{request.outcome} {_day(request.decided_at, owner)}{ground}")
    said += [f"left out: {one}" for one in left_out(request, owner)]
    if request.done_at is not None:
        said.append(f"done {_day(request.done_at, owner)}")
    said += receivers(request)
    if request.closed_at is not None:
        closed = request.outcome in (Outcome.WITHDRAWN, Outcome.LAPSED)
        said.append(f"{'closed' if closed else 'answered'} {_day(request.closed_at, owner)}")
    return said


def left_out(request: RightsRequest, owner: Organisation) -> list[str]:
    """What a request that was granted in part leaves out; the days only until it is answered."""
    return [
        PART[kind] if at is None else f"{PART[kind]} of {_day(at, owner)}"
        for kind, at in parts.left_out(request)
    ]


def receivers(request: RightsRequest) -> list[str]:
    """Who else is to hear of a correction: a line for each export that may hold what was wrong."""
    return [
        f"tell who has export {one['export']} ({one['kind']})" for one in request.passed_on or ()
    ]


def time_left(request: RightsRequest, *, now: datetime) -> str:
    """How long is left for the answer, or by how much it is late, to the moment it is due."""
    word = "left" if now <= request.due_at else "late"
    return f"{spans.age(abs(request.due_at - now))} {word}"


def is_offered(request: RightsRequest, owner: Organisation) -> bool:
    """Whether the organisation offers that right by itself; any other is judged singly."""
    offered = owner.document.get("rights")
    is_objection = request.kind is RequestKind.OBJECTION_TO_USE
    kind = RequestKind.OBJECTION if is_objection else request.kind
    return offered is None or kind.value in offered


def _day(at: datetime, owner: Organisation) -> str:
    return f"{at.astimezone(ZoneInfo(owner.timezone)):%Y-%m-%d}"
