"""The usual end of a call that we placed: read in two statements, and written without the session.

Every attempt ends, and most bring nothing more than how. What follows is what `attempt_ends.settle`
would have made of it; whatever is not quite usual is left to that.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Text, bindparam, cast, exists, select, update
from sqlalchemy.orm import Session, aliased

from ivr.attempt_ends import CALL_RECORD_REST, read_off, talk_time
from ivr.conversations import CallId, note_event
from ivr.events import StatusTold, is_machine
from ivr.flow_state import Stage
from storage import provider_copies
from storage.prepared import Prepared
from storage.provider_copies import CopyKind
from storage.states import (
    CALL_FOLLOWS,
    AttemptState,
    Disposition,
    InvitationEventKind,
    ResponseState,
    Verdict,
    judge,
)
from storage.tables import (
    Answer,
    Attempt,
    Call,
    CallEvent,
    Campaign,
    Comment,
    Invitation,
    InvitationEvent,
    Organisation,
    Response,
)
from survey import history, invitations, responses, spending, throttling
from survey.history import Whose
from survey.permission_files import rules_in
from survey.retries import PastAttempt
from survey.standing import ResponseId

_CALL: Final = (
    Call.id,
    Call.organisation_id,
    Call.state,
    Call.provider_sid,
    Call.survey_version_id,
    Call.flow,
    Call.started_at,
    Call.answered_at,
)
_ATTEMPT: Final = (
    Attempt.id.label("attempt_id"),
    Attempt.state.label("attempt_state"),
    Attempt.answered_by,
    Attempt.placing_at,
    Attempt.cost_micros,
)
_INVITATION: Final = (
    Invitation.id.label("invitation_id"),
    Invitation.state.label("invitation_state"),
    Invitation.expires_at,
    Invitation.campaign_id,
)
_LOCK: Final = Prepared(
    select(
        *_CALL,
        *_ATTEMPT,
        *_INVITATION,
        cast(Campaign.rules, Text).label("rules"),
        Organisation.timezone,
    )
    .join(Attempt, Attempt.id == Call.attempt_id)
    .join(Invitation, Invitation.id == Attempt.invitation_id)
    .join(Campaign, Campaign.id == Invitation.campaign_id)
    .join(Organisation, Organisation.id == Call.organisation_id)
    .where(
        Call.token == bindparam("token"),
        Call.mailbox_id.is_(None),
        Call.code_id.is_(None),
        Attempt.disposition.is_(None),
    )
    # In the order in which everybody locks them.
    .with_for_update(of=(Call, Attempt, Invitation))
)
_tried = aliased(Attempt)
_theirs = (
    Response.organisation_id == bindparam("owner"),
    Response.invitation_id == bindparam("of"),
)
# Asked once the rows are ours: what a turn that was quicker wrote is seen.
_LOOK: Final = Prepared(
    select(
        _tried.id,
        _tried.state,
        _tried.disposition,
        _tried.ended_at,
        select(Response.id).where(*_theirs).scalar_subquery().label("response_id"),
        exists()
        .where(*_theirs, Answer.response_id == Response.id)
        .where(Answer.answered_at >= bindparam("since"))
        .label("answered"),
        exists()
        .where(*_theirs, Comment.response_id == Response.id)
        .where(Comment.made_at >= bindparam("since"))
        .label("commented"),
        exists()
        .where(CallEvent.call_id == bindparam("call"), CallEvent.kind == "keys")
        .label("pressed"),
        exists()
        .where(
            InvitationEvent.invitation_id == bindparam("of"),
            InvitationEvent.attempt_id == bindparam("attempt"),
            InvitationEvent.kind == InvitationEventKind.REACHED,
        )
        .label("reached"),
    )
    .where(_tried.organisation_id == bindparam("owner"), _tried.invitation_id == bindparam("of"))
    .order_by(_tried.number)
)
_CALL_OVER: Final = update(Call).where(Call.id == bindparam("item"))
_END_CALL: Final = Prepared(_CALL_OVER, sets=("state", "ended_at", "seconds"))
_END_TALK: Final = Prepared(_CALL_OVER, sets=("state", "ended_at", "seconds", "flow"))
_END_ATTEMPT: Final = Prepared(
    update(Attempt).where(Attempt.id == bindparam("item")),
    sets=("state", "ended_at", "disposition", "answered_by", "cost_micros"),
)


def take_usual(
    session: Session, token: str, told: StatusTold, *, facts: dict[str, Any], at: datetime
) -> bool:
    """Take the end of a call that was placed, of an invitation that is open, and settle it; False,
    and nothing is changed, when anything about it is not so.

    The rows of the call, its attempt and its invitation are locked then.
    """
    lines = _LOCK.rows(session, {"token": token})
    if not lines:
        return False
    call = _Ending(*lines[0])
    if (
        call.sid != told.call_sid
        or call.attempt_state is not AttemptState.PLACED
        or call.invitation_state not in invitations.OPEN
        or judge(call.state, told.state, CALL_FOLLOWS) is not Verdict.APPLIED
        or not _leaves_as_it_is(call.version_id, call.flow)
    ):
        return False
    answered_by = call.answered_by or told.answered_by
    seen = _look(session, call)
    disposition = read_off(
        told.state,
        call.flow,
        answered_by,
        brought=lambda: seen.brought,
        pressed=lambda: seen.pressed,
    )
    if disposition in throttling.NOBODY:
        return False  # then it may be that nobody was asked after all
    sets = {"item": call.id, "state": told.state, "ended_at": at, "seconds": told.seconds}
    if call.flow is None:
        _END_CALL.write(session, sets)
    else:
        _END_TALK.write(session, sets | {"flow": {**call.flow, "left": True}})
    rest = at + CALL_RECORD_REST
    provider_copies.let_go(session, CopyKind.CALL, told.call_sid, at=rest, now=at)
    _settle(session, call, told, seen, disposition, answered_by, at=at)
    note_event(
        session,
        CallId(call.id, call.owner),
        "status",
        dedup_key=told.dedup_key,
        facts=facts,
        verdict=Verdict.APPLIED,
        at=at,
    )
    return True


@dataclass(frozen=True, slots=True)
class _Ending:
    """A call, its attempt and its invitation, as `_LOCK` reads them."""

    id: UUID
    owner: UUID
    state: Any
    sid: str | None
    version_id: UUID | None
    flow: dict[str, Any] | None
    started_at: datetime
    answered_at: datetime | None
    attempt_id: UUID
    attempt_state: AttemptState
    answered_by: str | None
    placing_at: datetime
    cost_micros: int
    invitation_id: UUID
    invitation_state: Any
    expires_at: datetime
    campaign_id: UUID
    rules: str
    zone: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """What came back, in this call and before it."""

    # Each attempt, and how it ended if it did.
    tried: tuple[tuple[UUID, PastAttempt | None], ...]
    response_id: UUID | None
    brought: bool
    pressed: bool
    reached: bool


def _leaves_as_it_is(version_id: UUID | None, flow: Mapping[str, Any] | None) -> bool:
    """Whether a hang-up changes nothing of the conversation but that the caller is gone."""
    if flow is None:
        return True
    busy = flow["recording"] is not None or flow["stage"] == Stage.RECORDING
    return version_id is not None and not busy


def _look(session: Session, call: _Ending) -> _Seen:
    names = {
        "owner": call.owner,
        "of": call.invitation_id,
        "attempt": call.attempt_id,
        "call": call.id,
        "since": call.started_at,
    }
    lines = _LOOK.rows(session, names)
    tried = tuple((line[0], _past(*line[1:4])) for line in lines)
    response_id, answered, commented, pressed, reached = lines[0][4:]
    return _Seen(tried, response_id, answered or commented, pressed, reached)


def _past(
    state: AttemptState, disposition: Disposition | None, ended_at: datetime | None
) -> PastAttempt | None:
    if state is not AttemptState.ENDED or disposition is None or ended_at is None:
        return None
    return None if disposition is Disposition.GIVEN_BACK else PastAttempt(disposition, ended_at)


def _settle(
    session: Session,
    call: _Ending,
    told: StatusTold,
    seen: _Seen,
    disposition: Disposition,
    answered_by: str | None,
    *,
    at: datetime,
) -> None:
    """What the end of the call is to its attempt, its money and its invitation."""
    rules = rules_in(call.campaign_id, call.rules)
    cost = call.cost_micros
    if cost != 0 and rules.price is not None:
        cost = rules.price.micros(talk_time(call.answered_at, at, told.seconds))
    _END_ATTEMPT.write(
        session,
        {
            "item": call.attempt_id,
            "state": AttemptState.ENDED,
            "ended_at": at,
            "disposition": disposition,
            "answered_by": answered_by,
            "cost_micros": cost,
        },
    )
    whose = Whose(call.owner, call.invitation_id, call.attempt_id)
    if is_machine(answered_by) and seen.pressed:
        history.mistaken(session, whose, at=at)
    history.end(
        session, whose, disposition, reached=seen.reached, answered_at=call.answered_at, at=at
    )
    if cost != call.cost_micros:
        day = call.placing_at.astimezone(ZoneInfo(call.zone)).date()
        spending.count(session, call.owner, call.campaign_id, cost - call.cost_micros, day=day)
    if seen.response_id is not None:
        response = ResponseId(call.owner, seen.response_id)
        responses.conclude(session, response, ResponseState.PARTIAL, at=at)
    this = PastAttempt(disposition, at)
    found = (this if item == call.attempt_id else one for item, one in seen.tried)
    past = [one for one in found if one is not None]
    then = invitations.follows(disposition, past, rules, expires_at=call.expires_at, now=at)
    invitations.follow(session, whose, then, now=at)
