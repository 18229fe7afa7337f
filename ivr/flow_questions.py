"""Asking: scores, choices, yes or no, the permission to follow up, and the offer to comment."""

from dataclasses import replace
from typing import Final

from config.phrases import Phrase
from ivr.flow_events import (
    AnswerGiven,
    Event,
    FollowUpAnswered,
    QuestionPassed,
    TryLogged,
    WhyPassed,
)
from ivr.flow_moves import Turned, digits_of, finished, missed, moved, onward, repeated, to_menu
from ivr.flow_path import NO, YES, Key, keys_of, read, wording
from ivr.flow_state import Ending, FlowState, Stage
from survey.script import Question, QuestionKind, SurveyScript, WhenUnanswered

_MOST_SILENCES_AT_OFFER: Final = 2


def asked(state: FlowState, event: Event, script: SurveyScript, question: Question) -> Turned:
    """A question was answered, or not."""
    said = read(digits_of(event), keys_of(question))
    if said is Key.MENU:
        return to_menu(state)
    if said is Key.REPEAT:
        again = repeated(state)
        if again is not None:
            return again
        said = Key.NOTHING
    if isinstance(said, Key):
        return _without_answer(state, script, question, wrong=said is Key.WRONG)
    if question.kind is QuestionKind.FOLLOW_UP:
        return _permission(state, script, question, yes=said == YES, pressed=True)
    answered = replace(state, answered={**state.answered, question.key: said})
    fact = AnswerGiven(question.key, question.kind, said, question.direction)
    return onward(answered, script).preceded_by(fact)


def offered(state: FlowState, event: Event, script: SurveyScript, question: Question) -> Turned:
    """The caller was asked whether they want to leave a comment."""
    said = read(digits_of(event), keys_of(question))
    if said is Key.MENU:
        return to_menu(state)
    if said == YES:
        # Tries begin anew: from here they count recordings in which nothing was heard.
        return Turned(moved(state, stage=Stage.RECORDING, tries=0, repeats=0))
    if said == NO:
        return passed(state, script, question, why=WhyPassed.DECLINED)
    if said is Key.REPEAT:
        again = repeated(state)
        if again is not None:
            return again
    what, phrase = missed(wrong=said is Key.WRONG)
    tried = TryLogged(question.key, what, state.tries + 1)
    most = script.tries if said is Key.WRONG else min(_MOST_SILENCES_AT_OFFER, script.tries)
    if tried.n >= most:
        return passed(state, script, question, why=WhyPassed.UNANSWERED).preceded_by(tried)
    return Turned(moved(state, tries=tried.n, repeats=0, says=(phrase,)), (tried,))


def passed(
    state: FlowState,
    script: SurveyScript,
    question: Question,
    *,
    why: WhyPassed,
    says: tuple[Phrase, ...] = (),
) -> Turned:
    """Leave a question behind and go on."""
    left = replace(state, passed=(*state.passed, question.key))
    return onward(left, script, says=says).preceded_by(QuestionPassed(question.key, why))


def _without_answer(
    state: FlowState, script: SurveyScript, question: Question, *, wrong: bool
) -> Turned:
    what, phrase = missed(wrong=wrong)
    tried = TryLogged(question.key, what, state.tries + 1)
    if question.kind is QuestionKind.FOLLOW_UP and (not wrong or tried.n >= script.tries):
        return _permission(state, script, question, yes=False, pressed=False).preceded_by(tried)
    if tried.n < script.tries:
        return Turned(moved(state, tries=tried.n, repeats=0, says=(phrase,)), (tried,))
    if script.when_unanswered is WhenUnanswered.END:
        left = replace(state, passed=(*state.passed, question.key))
        why = QuestionPassed(question.key, WhyPassed.UNANSWERED)
        return finished(left, Ending.UNANSWERED).preceded_by(tried, why)
    says = (Phrase.SKIPPED,)
    turned = passed(state, script, question, why=WhyPassed.UNANSWERED, says=says)
    return turned.preceded_by(tried)


def _permission(
    state: FlowState, script: SurveyScript, question: Question, *, yes: bool, pressed: bool
) -> Turned:
    fact = FollowUpAnswered(
        question=question.key,
        yes=yes,
        pressed=pressed,
        wording=wording(question, state.language, state.answered),
    )
    answered = replace(state, answered={**state.answered, question.key: YES if yes else NO})
    says = (Phrase.FOLLOW_UP_YES if yes else Phrase.FOLLOW_UP_NO,)
    return onward(answered, script, says=says).preceded_by(fact)
