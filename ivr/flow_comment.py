"""The spoken comment: recorded after its notice, then kept, heard again or recorded again."""

from dataclasses import replace
from typing import Final

from config.phrases import Phrase
from ivr.flow_events import (
    AudioLooked,
    CommentDiscarded,
    CommentKept,
    CommentRecorded,
    Event,
    Fact,
    Recorded,
    RecordingEmpty,
    TryLogged,
    Unanswered,
    WhyPassed,
)
from ivr.flow_moves import Turned, digits_of, moved, onward, repeated, to_menu
from ivr.flow_path import Key, read
from ivr.flow_questions import passed
from ivr.flow_state import FlowState, Stage
from survey.script import Question, SurveyScript

KEPT_VALUE: Final = "spoken"
"""The value under which a spoken comment counts as answered."""

MOST_RECORDINGS: Final = 4
MOST_LISTENS: Final = 4
MOST_WAITS: Final = 4
_MOST_REVIEW_TRIES: Final = 2
_REVIEW_KEYS: Final = {"1": "keep", "2": "hear", "3": "again"}


def recorded(state: FlowState, event: Event, script: SurveyScript, question: Question) -> Turned:
    """A recording ended, with something in it or not.

    An older comment is dropped only once a newer one exists: whoever asks to record again and then
    says nothing still has the first one.
    """
    if not isinstance(event, Recorded) or event.seconds == 0:
        return _nothing_heard(state, event, script, question)
    spoken = CommentRecorded(
        question=question.key,
        visit=state.visit,
        provider_sid=event.provider_sid,
        seconds=event.seconds,
        language=state.language,
    )
    hung_up = event.hung_up or state.left
    first = state.recording is None
    if silent_throughout(event, question.silence_seconds) and not (hung_up and first):
        # Kept all the same and listened to later: nothing that was said is thrown away on a guess,
        # and least of all an earlier comment for the moment in which somebody hangs up.
        return _nothing_heard(state, event, script, question, told=spoken)
    older = (*state.faint, *(() if state.recording is None else (state.recording,)))
    facts: list[Fact] = [spoken, *(CommentDiscarded(question.key, visit) for visit in older)]
    noted = replace(_noted(state, question), recording=state.visit, faint=(), stage=Stage.REVIEW)
    if hung_up:
        return keep(noted, script, question, heard=False).preceded_by(*facts)
    if "*" in event.digits:
        return to_menu(noted).preceded_by(*facts)
    return Turned(noted, tuple(facts))


def silent_throughout(event: Recorded, silence_seconds: int) -> bool:
    """Whether a recording cannot hold more than the silence that ended it.

    No key ended it, so silence did; and it lasted no longer than that silence had to.
    """
    return not event.digits and event.seconds is not None and event.seconds <= silence_seconds


def reviewed(state: FlowState, event: Event, script: SurveyScript, question: Question) -> Turned:
    """The caller chose what becomes of the comment; silence keeps it."""
    said = read(digits_of(event), _REVIEW_KEYS)
    if said is Key.MENU:
        return to_menu(state)
    if said is Key.REPEAT:
        return repeated(state) or keep(state, script, question)
    if said is Key.WRONG and state.tries + 1 < _MOST_REVIEW_TRIES:
        return Turned(moved(state, tries=state.tries + 1, says=(Phrase.WRONG_KEY,)))
    if said == "hear" and state.listens < MOST_LISTENS:
        listens = state.listens + 1
        return Turned(moved(state, stage=Stage.LISTENING, listens=listens, waits=0, repeats=0))
    if said == "again" and _recordings_of(state, question) < MOST_RECORDINGS:
        return Turned(moved(state, stage=Stage.RECORDING, tries=0, repeats=0))
    return keep(state, script, question)


def listened(state: FlowState, event: Event) -> Turned:
    """The caller waits to hear the recording; it is played as soon as it is home."""
    if isinstance(event, AudioLooked) and event.home:
        return Turned(moved(state, stage=Stage.REVIEW, playing=True, tries=0))
    if state.waits >= MOST_WAITS:
        says = (Phrase.COMMENT_CANNOT_BE_PLAYED,)
        return Turned(moved(state, stage=Stage.REVIEW, says=says, tries=0))
    return Turned(moved(state, waits=state.waits + 1))


def keep(
    state: FlowState, script: SurveyScript, question: Question, *, heard: bool = True
) -> Turned:
    """Keep the comment under review and go on, `heard` by somebody who is still on the line."""
    answered = replace(state, answered={**state.answered, question.key: KEPT_VALUE})
    turned = onward(answered, script, says=(Phrase.COMMENT_KEPT,), heard=heard)
    return turned.preceded_by(*kept_facts(state))


def kept_facts(state: FlowState) -> tuple[Fact, ...]:
    """That the comment under review is kept; nothing when none is."""
    if state.question is None or state.recording is None:
        return ()
    return (CommentKept(state.question, state.recording),)


def _recordings_of(state: FlowState, question: Question) -> int:
    return sum(1 for _, key in state.recorded_in if key == question.key)


def _noted(state: FlowState, question: Question) -> FlowState:
    """The state that remembers which question was recorded in this visit."""
    recorded_in = (*state.recorded_in, (state.visit, question.key))
    return moved(state, recorded_in=recorded_in, repeats=0)


def _nothing_heard(
    state: FlowState,
    event: Event,
    script: SurveyScript,
    question: Question,
    *,
    told: CommentRecorded | None = None,
) -> Turned:
    tried = TryLogged(question.key, Unanswered.SILENCE, state.tries + 1)
    facts: tuple[Fact, ...] = (tried,)
    hung_up, digits = state.left, ""
    if isinstance(event, Recorded):
        hung_up, digits = state.left or event.hung_up, event.digits
    if told is not None:
        facts = (told, tried)
        state = replace(state, faint=(*state.faint, state.visit))
    elif isinstance(event, Recorded):
        empty = RecordingEmpty(question.key, state.visit, event.provider_sid, state.language)
        facts = (empty, tried)
    noted = replace(_noted(state, question), tries=tried.n, says=(Phrase.COMMENT_NOTHING_HEARD,))
    if state.recording is not None:
        # The earlier comment is still there: back to it.
        noted = replace(noted, stage=Stage.REVIEW, tries=0)
        if hung_up:
            return keep(noted, script, question, heard=False).preceded_by(*facts)
    elif hung_up:
        return Turned(noted, facts)
    elif "*" in digits:
        # Back to the offer, not to the tone: the menu must never lead straight into a recording.
        noted = replace(noted, stage=Stage.OFFER)
    elif tried.n >= script.tries:
        return passed(noted, script, question, why=WhyPassed.UNANSWERED).preceded_by(*facts)
    if "*" in digits:
        return to_menu(noted).preceded_by(*facts)
    return Turned(noted, facts)
