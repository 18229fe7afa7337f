"""The call flow: pure functions from a moment and an event to the next moment and its facts.

A webhook for the present visit is applied and moves the visit on; a repeat, or one that comes too
late, changes nothing and gets the present prompt again, so a doubled webhook hears the same words.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from config.phrases import Phrase
from ivr.flow_comment import keep, kept_facts, listened, recorded, reviewed
from ivr.flow_detours import choosing_language, objecting
from ivr.flow_events import Event, HungUp
from ivr.flow_moves import Turned, finished, moved, told_code
from ivr.flow_path import language_for, next_open, stage_of
from ivr.flow_questions import asked, offered
from ivr.flow_state import Answers, Ending, FlowState, Stage
from survey.script import Question, SurveyScript

_ASKING: Final[dict[Stage, Callable[[FlowState, Event, SurveyScript, Question], Turned]]] = {
    Stage.QUESTION: asked,
    Stage.OFFER: offered,
    Stage.RECORDING: recorded,
    Stage.REVIEW: reviewed,
}
_DETOURS: Final[dict[Stage, Callable[[FlowState, Event, SurveyScript], Turned]]] = {
    Stage.OBJECTION: objecting,
    Stage.LANGUAGE: choosing_language,
}


def start(
    script: SurveyScript,
    *,
    answered: Answers,
    locale: str | None,
    resumed: bool,
    passed: tuple[str, ...] = (),
    called_us: bool = False,
    visit: int = 0,
) -> FlowState:
    """The first moment of a call to somebody with these answers, at the first open question.

    `locale` is what the customer's file says; unknown, and with several languages to choose from,
    the notice is followed by a language menu. `resumed` says that an earlier call was cut. For
    somebody who called us the visits go on from those at the desk.
    """
    question = next_open(script, answered, passed)
    known = language_for(script, locale)
    language = known or script.languages[0]
    if question is None:
        return FlowState(
            visit=visit,
            stage=Stage.OVER,
            language=language,
            question=None,
            answered=dict(answered),
            passed=passed,
            says=(Phrase.ALREADY_OVER,),
        )
    asks_language = known is None and len(script.languages) > 1
    return FlowState(
        visit=visit,
        stage=Stage.LANGUAGE if asks_language else stage_of(question),
        language=language,
        question=question.key,
        answered=dict(answered),
        passed=passed,
        opening=True,
        heard=(language,),
        resumed=resumed,
        called_us=called_us,
        back=stage_of(question) if asks_language else None,
    )


def apply(state: FlowState, event: Event | HungUp, script: SurveyScript) -> Turned:
    """What an event makes of a moment; never raises for lateness, repeats or nonsense keys."""
    if isinstance(event, HungUp):
        return _hung_up(state, script)
    if event.visit != state.visit:
        return Turned(state, applied=False)
    turned = _applied(state, event, script)
    return replace(turned, state=replace(turned.state, visit=state.visit + 1))


def visit_limit(script: SurveyScript) -> int:
    """The most visits a call may take; the bounds of each stage end it long before."""
    return 60 + 20 * len(script.questions)


def _applied(state: FlowState, event: Event, script: SurveyScript) -> Turned:
    if state.stage is Stage.OVER:
        return Turned(moved(state, says=(Phrase.ALREADY_OVER,)))
    if state.stage in _DETOURS:
        turned = _DETOURS[state.stage](state, event, script)
    elif state.stage is Stage.LISTENING:
        turned = listened(state, event)
    elif state.stage is Stage.RECEIPT:
        turned = told_code(state, event)
    else:
        # Outside a detour and the end, a question is always under way.
        question = script.question(state.question or "")
        turned = _ASKING[state.stage](state, event, script, question)
    if turned.state.stage is not Stage.OVER and state.visit + 1 >= visit_limit(script):
        how = Ending.COMPLETED if turned.state.answered else Ending.UNANSWERED
        ended = finished(turned.state, how)
        kept = kept_facts(turned.state)
        return ended.preceded_by(*turned.facts, *kept)
    return turned


def _hung_up(state: FlowState, script: SurveyScript) -> Turned:
    """The end of the line: a comment under review is kept, and nothing else is decided for anybody.

    A recording that is still on its way counts when it comes, so its visit stays open.
    """
    if state.left:
        return Turned(state, applied=False)
    gone = replace(state, left=True)
    if state.recording is None or state.question is None or state.stage is Stage.OVER:
        return Turned(gone)
    kept = keep(gone, script, script.question(state.question), heard=False)
    if state.stage is not Stage.RECORDING:
        return replace(kept, state=replace(kept.state, visit=state.visit + 1))
    ended = kept.state.ended
    return Turned(replace(gone, ended=ended), kept.facts)
