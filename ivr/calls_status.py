"""Where a call stands: the provider's callbacks, in whatever order and however often they come.

A terminal state beats a passing one, and the first terminal one stands. The end of a call ends its
conversation: what was said is kept, the attempt gets its disposition, a message is closed.
"""

import logging
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ivr import attempt_ends, openings, passing_states, usual_ends
from ivr.conversations import Conversation, lock_by_token, note_event, pressed_keys
from ivr.events import AnswererDetected, RecordingStatus, RecordingTold, StatusTold
from ivr.flow_events import HungUp, Recorded
from ivr.turns import name_call
from storage import alarms, messages, recordings, unheard
from storage.house import house
from storage.queue import JobName
from storage.states import (
    CALL_FOLLOWS,
    CALL_OVER,
    CallState,
    RecordingState,
    Verdict,
    judge,
)
from storage.tables import Attempt, Call
from survey import attempts, unanswered_calls

log = logging.getLogger(__name__)


def told_by_token(
    session: Session, token: str, status: StatusTold, *, facts: dict[str, Any], at: datetime
) -> None:
    """Take a status callback of the call with that webhook token; a token that nobody knows is none
    of ours any more."""
    usual = usual_ends if status.state in CALL_OVER else passing_states
    if usual.take_usual(session, token, status, facts=facts, at=at):
        return
    call = lock_by_token(session, token)
    if call is not None:
        told(session, call, status, facts=facts, at=at)


def told(
    session: Session, call: Call, status: StatusTold, *, facts: dict[str, Any], at: datetime
) -> Verdict:
    """Take a status callback of a call whose row the caller holds."""
    if call.provider_sid not in (None, status.call_sid):
        # Two calls under one token would be two calls to one person: somebody must look.
        alarms.sound(
            session,
            "call.placed_twice",
            subject=str(call.id),
            organisation_id=call.organisation_id,
            at=at,
        )
        return Verdict.REFUSED
    if attempt_ends.is_written_off(session, call):
        attempt_ends.revive(session, call)
    name_call(session, call, status.call_sid, at=at)
    attempt = session.get(Attempt, call.attempt_id) if call.attempt_id else None
    if attempt is not None:
        attempts.made(session, attempt)
        if status.answered_by is not None:
            attempt.answered_by = attempt.answered_by or status.answered_by
    verdict = arrive(session, call, status.state, seconds=status.seconds, at=at)
    if unanswered_calls.is_unwanted(session, call, now=at):
        # The no came while the provider was being asked for the call.
        house().bell.ring_after(session, JobName.END_CALL, call.id)
    note_event(
        session,
        call,
        "status",
        dedup_key=status.dedup_key,
        facts=facts,
        verdict=verdict,
        at=at,
    )
    return verdict


def arrive(
    session: Session, call: Call, state: CallState, *, seconds: int | None, at: datetime
) -> Verdict:
    """Move the call to that state, and end what ends with it; the caller holds its row."""
    verdict = judge(call.state, state, CALL_FOLLOWS)
    if verdict is Verdict.APPLIED:
        call.state = state
        if state is CallState.IN_PROGRESS:
            call.answered_at = call.answered_at or at
        if state in CALL_OVER:
            call.ended_at, call.seconds = at, seconds
            session.flush()
            _hang_up(session, call, at=at)
    attempt_ends.settle(session, call, at=at)
    return verdict


def recording_told(
    session: Session, call: Call, visit: int, status: RecordingTold, *, at: datetime
) -> Verdict:
    """Take a recording callback of a call whose row the caller holds."""
    if status.status is RecordingStatus.IN_PROGRESS:
        return Verdict.REPEATED
    name_call(session, call, status.call_sid, at=at)
    conversation = openings.reopen(session, call)
    # A recording we know nothing of can only come from a flow that was lost with its database.
    language = conversation.language if conversation else "en"
    if status.status is RecordingStatus.COMPLETED and status.recording_sid is not None:
        verdict = recordings.ready(
            session,
            call,
            visit=visit,
            language=language,
            provider_sid=status.recording_sid,
            seconds=status.seconds,
            at=at,
        )
    else:
        verdict = recordings.absent(
            session,
            call,
            visit=visit,
            language=language,
            provider_sid=status.recording_sid,
            failed=status.status is RecordingStatus.FAILED,
            at=at,
        )
    if call.state in CALL_OVER and conversation is not None:
        _take_unannounced(session, call, conversation, at=at)
        attempt_ends.settle(session, call, at=at)
    return verdict


def detected(session: Session, call: Call, guess: AnswererDetected, *, at: datetime) -> Verdict:
    """Take the provider's guess at who answered: a machine is hung up on, by a job.

    A pressed key always means a person.
    """
    if call.attempt_id is None:
        return Verdict.REFUSED
    attempt = session.get_one(Attempt, call.attempt_id)
    verdict = Verdict.APPLIED if attempt.answered_by is None else Verdict.REPEATED
    attempt.answered_by = attempt.answered_by or guess.answered_by
    note_event(
        session,
        call,
        "detected",
        dedup_key="detected",
        facts={"answered_by": guess.answered_by},
        verdict=verdict,
        at=at,
    )
    over = call.state in CALL_OVER
    if guess.by_machine and not over and not pressed_keys(session, call):
        house().bell.ring_after(session, JobName.END_CALL, call.id)
    attempt_ends.settle(session, call, at=at)
    return verdict


def _hang_up(session: Session, call: Call, *, at: datetime) -> None:
    """The conversation learns that the caller is gone."""
    conversation = openings.reopen(session, call)
    if conversation is not None:
        conversation.take(HungUp(), at=at)
        if conversation.records_now:
            visit = conversation.visit
            if recordings.of_visit(session, call, visit=visit) is None:
                unheard.note(session, call, visit=visit, at=at)
        _take_unannounced(session, call, conversation, at=at)
    if call.mailbox_id is not None:
        messages.close(session, call, at=at)


def _take_unannounced(
    session: Session, call: Call, conversation: Conversation, *, at: datetime
) -> None:
    """Count a recording of which only its own callback tells.

    Some providers do not say that a recording ended when the caller hung up in it.
    """
    if not conversation.records_now:
        return
    visit = conversation.visit
    recording = recordings.of_visit(session, call, visit=visit)
    if recording is None or recording.state is RecordingState.DROPPED:
        return
    conversation.take(
        Recorded(
            visit,
            provider_sid=recording.provider_sid,
            seconds=recording.announced_seconds,
            hung_up=True,
        ),
        at=at,
    )
    if call.mailbox_id is not None:
        messages.close(session, call, at=at)
