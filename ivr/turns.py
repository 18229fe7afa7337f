"""One turn: a webhook of a conversation, in one short transaction that its caller opens.

Find the call by its token, lock it, apply the event to the pure flow, store the facts, and say what
is heard next. No network, no file, no model. A repeat changes nothing and hears the same document.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ivr import attempt_ends, callbacks, openings, usual_answers
from ivr.addresses import CallAddresses
from ivr.conversations import Conversation, lock_by_token, note_event
from ivr.events import DocumentAsked, KeysPressed, RecordingEnded
from ivr.flow_events import AudioLooked, Event, Keys, Recorded, Silence, Unrecorded
from ivr.live_calls import LiveCall, lock_for_turn
from ivr.steps import Hangup, Step, Waiting
from storage import provider_copies, recordings
from storage.provider_copies import CopyKind
from storage.states import (
    CALL_FOLLOWS,
    CallState,
    Verdict,
    judge,
)
from storage.tables import Attempt, Call
from survey import attempts

Told = DocumentAsked | KeysPressed | RecordingEnded

# What was on its way when the line broke arrives within seconds. A signature has no date, so what
# claims to be later is a replay; only a recording is always taken, because somebody spoke.
LATEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the caller hears next, and under which addresses the call goes on."""

    steps: tuple[Step, ...]
    urls: CallAddresses


def answer(
    session: Session, token: str, asked: DocumentAsked, *, base_url: str, at: datetime
) -> Spoken | None:
    """The first document of a call that we placed; None for a token that nobody knows.

    That it is asked for proves that the call was placed and answered, whatever else we have heard.
    """
    urls = CallAddresses(base_url, token)
    usual = usual_answers.take(session, token, asked, at=at)
    if usual is not None:
        return Spoken(usual, urls)
    call = lock_by_token(session, token)
    if call is None or (call.attempt_id is None and call.code_id is None):
        return None
    if call.attempt_id is None:
        return _with_code(session, call, asked, urls=urls, at=at)
    over = attempt_ends.is_written_off(session, call) and not attempt_ends.revive(session, call)
    attempt = session.get_one(Attempt, call.attempt_id)
    attempts.made(session, attempt)
    name_call(session, call, asked.call_sid, at=at)
    if judge(call.state, CallState.IN_PROGRESS, CALL_FOLLOWS) is Verdict.APPLIED:
        call.state, call.answered_at = CallState.IN_PROGRESS, at
    if asked.by_machine and call.flow is None:
        attempt.answered_by = asked.answered_by
        return Spoken((Hangup(),), urls)
    conversation: Conversation | None = openings.reopen(session, call)
    if conversation is None:
        conversation = openings.begin_outbound(session, call, at=at, over=over)
    return Spoken(conversation.steps(), urls)


def _with_code(
    session: Session, call: Call, asked: DocumentAsked, *, urls: CallAddresses, at: datetime
) -> Spoken:
    """The first document of a call that is to speak a code."""
    name_call(session, call, asked.call_sid, at=at)
    if judge(call.state, CallState.IN_PROGRESS, CALL_FOLLOWS) is Verdict.APPLIED:
        call.state, call.answered_at = CallState.IN_PROGRESS, at
    conversation: Conversation | None = openings.reopen(session, call)
    if conversation is None:
        conversation = openings.begin_code(session, call)
    return Spoken(conversation.steps(), urls)


def turn(
    session: Session,
    token: str,
    visit: int,
    told: Told,
    waiting: Waiting,
    *,
    base_url: str,
    at: datetime,
) -> Spoken | None:
    """Any later document; None for a token that nobody knows or a call that never began."""
    call = lock_for_turn(session, token)
    if call is None:
        return None
    conversation = openings.reopen(session, call)
    if conversation is None:
        return None
    if isinstance(call, Call):
        late = call.ended_at is not None and at - call.ended_at > LATEST
        if late and not isinstance(told, RecordingEnded):
            return Spoken(conversation.steps(), CallAddresses(base_url, token))
        name_call(session, call, told.call_sid, at=at)
    event = _event(session, call, conversation, visit, told, waiting)
    applied = conversation.take(event, at=at)
    if isinstance(call, Call):
        conversation = callbacks.go_on(session, call, conversation, at=at)
    _note(session, call, visit, told, waiting, applied=applied, at=at)
    if applied:
        _look_at_once(session, call, conversation, at=at)
    elif isinstance(told, RecordingEnded):
        _late_recording(session, call, conversation, visit, told, at=at)
    if isinstance(call, Call):
        attempt_ends.settle(session, call, at=at)
    return Spoken(conversation.steps(), CallAddresses(base_url, token))


def name_call(session: Session, call: Call, provider_sid: str, *, at: datetime) -> None:
    """Remember what the provider calls this call, from whichever message came first."""
    if call.provider_sid is None:
        call.provider_sid = provider_sid
        session.flush()
        provider_copies.note(
            session, CopyKind.CALL, provider_sid, organisation_id=call.organisation_id, at=at
        )


def _event(
    session: Session,
    call: Call | LiveCall,
    conversation: Conversation,
    visit: int,
    told: Told,
    waiting: Waiting,
) -> Event:
    """The flow's event for a webhook; while the caller waits to hear, any of them is a look."""
    heard = conversation.listens_to
    if heard is not None and visit == conversation.visit:
        return AudioLooked(visit, home=recordings.is_home(session, call, visit=heard))
    if isinstance(told, KeysPressed):
        return Keys(visit, told.digits)
    if isinstance(told, RecordingEnded):
        return Recorded(
            visit,
            provider_sid=told.recording_sid,
            seconds=told.seconds,
            digits=told.digits,
            hung_up=told.hung_up,
        )
    return Unrecorded(visit) if waiting is Waiting.UNRECORDED else Silence(visit)


def _look_at_once(
    session: Session, call: Call | LiveCall, conversation: Conversation, *, at: datetime
) -> None:
    """Play at once what is home already; otherwise the present document asks for a moment."""
    heard = conversation.listens_to
    if heard is not None and recordings.is_home(session, call, visit=heard):
        conversation.take(AudioLooked(conversation.visit, home=True), at=at)


def _late_recording(
    session: Session,
    call: Call | LiveCall,
    conversation: Conversation,
    visit: int,
    told: RecordingEnded,
    *,
    at: datetime,
) -> None:
    """A repeat, or one that the flow has gone past: its file at the provider is never forgotten."""
    if recordings.of_visit(session, call, visit=visit) is not None:
        recordings.announce(
            session,
            call,
            visit=visit,
            language=conversation.language,
            at=at,
            provider_sid=told.recording_sid,
            seconds=told.seconds,
        )
    elif told.recording_sid is not None:
        provider_copies.note(
            session,
            CopyKind.RECORDING,
            told.recording_sid,
            organisation_id=call.organisation_id,
            call_sid=call.provider_sid,
            at=at,
        )
        provider_copies.let_go(session, CopyKind.RECORDING, told.recording_sid, at=at)


def _note(
    session: Session,
    call: Call | LiveCall,
    visit: int,
    told: Told,
    waiting: Waiting,
    *,
    applied: bool,
    at: datetime,
) -> None:
    """The raw event without what was pressed: how many keys, how many seconds."""
    facts: dict[str, Any] = {"visit": visit}
    kind = waiting.value
    if isinstance(told, KeysPressed):
        facts["keys"] = len(told.digits)
        kind = Waiting.KEYS.value if told.digits else Waiting.SILENCE.value
    elif isinstance(told, RecordingEnded):
        facts |= {"seconds": told.seconds, "hung_up": told.hung_up}
    note_event(
        session,
        call,
        kind,
        dedup_key=f"{waiting.value}:{visit}" if applied else f"{waiting.value}:{visit}:late",
        facts=facts,
        verdict=Verdict.APPLIED if applied else Verdict.REPEATED,
        at=at,
    )
