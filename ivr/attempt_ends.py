"""How an attempt ended, read from its call: one verdict, whatever order things were told in."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from ivr.conversations import pressed_keys
from ivr.events import is_machine
from ivr.flow_state import Ending
from storage import provider_copies
from storage.provider_copies import CopyKind
from storage.states import (
    CALL_OVER,
    NOBODY_RANG,
    AttemptState,
    CallState,
    Disposition,
    InvitationState,
    ResponseState,
)
from storage.tables import (
    Answer,
    Attempt,
    Call,
    Campaign,
    Comment,
    Customer,
    Invitation,
    Response,
)
from survey import attempts, history, invitations, responses, spending, standing, throttling
from survey.history import Whose
from survey.permission_facts import rules_of

# The provider refuses to delete a call that it is still writing down.
CALL_RECORD_REST = timedelta(minutes=2)

_BY_STATE = {
    CallState.BUSY: Disposition.BUSY,
    CallState.NO_ANSWER: Disposition.NO_ANSWER,
    CallState.FAILED: Disposition.FAILED,
    CallState.CANCELED: Disposition.CANCELED,
}
# How an invitation ends when its attempts bring no last word; such an end can be taken back.
_WITHOUT_LAST_WORD = frozenset({InvitationState.PARTIAL, InvitationState.UNREACHED})


# Made once: every call ends.
_LOCK_ATTEMPT = select(Attempt).where(Attempt.id == bindparam("item")).with_for_update()
_LOCK_INVITATION = select(Invitation).where(Invitation.id == bindparam("item")).with_for_update()


def settle(session: Session, call: Call, *, at: datetime) -> None:
    """End the attempt of a call that is over, or correct how it ended by what came late.

    The caller holds the call's row. A recording told after the end of the call can still complete
    what looked cut off.
    """
    if call.state not in CALL_OVER:
        return
    if call.provider_sid is not None:
        rest = (call.ended_at or at) + CALL_RECORD_REST
        provider_copies.let_go(session, CopyKind.CALL, call.provider_sid, at=rest, now=at)
    if call.attempt_id is None:
        return
    attempt = session.scalars(_LOCK_ATTEMPT, {"item": call.attempt_id}).one()
    disposition = disposition_of(session, call, attempt)
    if is_machine(attempt.answered_by) and pressed_keys(session, call):
        # Also when the provider says so after the end.
        whose = Whose(attempt.organisation_id, attempt.invitation_id, attempt.id)
        history.mistaken(session, whose, at=call.ended_at or at)
    if attempt.state is AttemptState.ENDED and attempt.disposition is disposition:
        return
    corrected = attempt.state is AttemptState.ENDED
    if not corrected:
        attempt.state, attempt.ended_at = AttemptState.ENDED, call.ended_at or at
    attempt.disposition = disposition
    session.flush()
    invitation = session.scalars(_LOCK_INVITATION, {"item": attempt.invitation_id}).one()
    history.ended(session, attempt, disposition, answered_at=call.answered_at)
    talk = talk_time(call.answered_at, call.ended_at, call.seconds)
    spending.settle(session, attempt, talk=talk)
    stands = standing.of_invitation(session, invitation)
    if stands.response is not None:
        responses.conclude(session, stands.response, ResponseState.PARTIAL, at=at)
    if corrected and invitation.state in _WITHOUT_LAST_WORD:
        # It may have ended because of what we thought then: judge it again by what we know now.
        invitation.state, invitation.ended_at = InvitationState.TRYING, None
    invitations.after_attempt(session, invitation, disposition, now=at)


def write_off(
    session: Session,
    call: Call,
    attempt: Attempt,
    why: Disposition,
    *,
    code: str | None,
    at: datetime,
) -> None:
    """End an attempt of which we know that nobody's telephone rang; `why` says how we know."""
    attempt.state, attempt.ended_at = AttemptState.ENDED, at
    attempt.disposition, attempt.error_code = why, code
    history.ended(session, attempt, why, answered_at=None)
    spending.refund(session, attempt)
    call.state, call.ended_at = CallState.CANCELED, at
    session.flush()
    locked = select(Invitation).where(Invitation.id == attempt.invitation_id).with_for_update()
    invitation = session.scalars(locked).one()
    invitations.after_attempt(session, invitation, why, now=at)


def is_written_off(session: Session, call: Call) -> bool:
    """Whether we took this call for never placed; a webhook that bears its token says otherwise."""
    if call.attempt_id is None or call.state is not CallState.CANCELED:
        return False
    attempt = session.get_one(Attempt, call.attempt_id)
    return attempt.disposition in NOBODY_RANG


def revive(session: Session, call: Call) -> bool:
    """Take back a written-off attempt whose telephone rings after all.

    False when the person has been rung again meanwhile, or has nothing left to answer: then this
    call says goodbye.
    """
    attempt = session.get_one(Attempt, call.attempt_id, with_for_update=True)
    locked = select(Invitation).where(Invitation.id == attempt.invitation_id).with_for_update()
    invitation = session.scalars(locked).one()
    another = exists().where(
        Attempt.invitation_id == invitation.id, Attempt.number > attempt.number
    )
    if invitation.state not in invitations.OPEN or session.scalar(select(another)):
        return False
    attempt.ended_at, attempt.disposition, attempt.error_code = None, None, None
    attempt.state = AttemptState.UNCERTAIN
    attempts.made(session, attempt)
    campaign = session.get_one(Campaign, invitation.campaign_id)
    spending.reserve(session, attempt, campaign, rules_of(campaign))
    invitation.state = InvitationState.TRYING
    call.state, call.ended_at = CallState.NEW, None
    session.flush()
    # It asks the person after all, which was forgotten when the attempt was written off.
    person = session.get_one(Customer, invitation.customer_id)
    throttling.take(session, person, invitation, at=attempt.placing_at)
    return True


def talk_time(
    answered_at: datetime | None, ended_at: datetime | None, seconds: int | None
) -> timedelta:
    """How long somebody was on the line, by the provider's count or else by our own."""
    if answered_at is None:
        return timedelta()
    if seconds is not None:
        return timedelta(seconds=seconds)
    return max(timedelta(), (ended_at or answered_at) - answered_at)


def disposition_of(session: Session, call: Call, attempt: Attempt) -> Disposition:
    """How a call that is over ended for its attempt."""
    if attempt.disposition is not None and attempt.disposition in NOBODY_RANG:
        return attempt.disposition
    return read_off(
        call.state,
        call.flow,
        attempt.answered_by,
        brought=lambda: _brought_something(session, call, attempt),
        pressed=lambda: pressed_keys(session, call),
    )


def read_off(
    state: CallState,
    flow: Mapping[str, Any] | None,
    answered_by: str | None,
    *,
    brought: Callable[[], bool],
    pressed: Callable[[], bool],
) -> Disposition:
    """How a call that is over in that state ended; `brought` is whether an answer or a comment came
    in it, `pressed` whether a key was."""
    if state in _BY_STATE:
        return _BY_STATE[state]
    ended = Ending(flow["ended"]) if flow and flow["ended"] else None
    if ended is Ending.OBJECTED:
        return Disposition.REFUSED
    if ended is Ending.COMPLETED:
        return Disposition.COMPLETED
    if brought():
        return Disposition.PARTIAL
    if is_machine(answered_by) and not pressed():
        return Disposition.MACHINE
    return Disposition.UNANSWERED


def _brought_something(session: Session, call: Call, attempt: Attempt) -> bool:
    """Whether an answer or a comment came in this very call; an earlier one's do not count."""
    theirs = select(Response.id).where(
        Response.organisation_id == call.organisation_id,
        Response.invitation_id == attempt.invitation_id,
    )
    response_id = session.scalars(theirs).one_or_none()
    if response_id is None:
        return False
    answers = exists().where(
        Answer.response_id == response_id, Answer.answered_at >= call.started_at
    )
    comments = exists().where(
        Comment.response_id == response_id, Comment.made_at >= call.started_at
    )
    return bool(session.scalar(select(answers | comments)))
