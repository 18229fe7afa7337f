"""What a caller hears at the desk: the steps of one document, the same for the same moment.

What is known of a customer is handed in and only spoken to a customer: days and kinds of data,
never a name, a case, an answer.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from config.phrases import Phrase
from config.wording import fill
from ivr.desk_flow import menu_keys
from ivr.desk_state import CallerKind, DeskStage, DeskState
from ivr.flow_detours import language_keys
from ivr.steps import Gather, Hangup, Redirect, Say, Step, Waiting
from privacy.kept import Kept
from survey.script import SurveyScript
from survey.spoken_days import day_in_words

# Two noughts and the fifteen digits of the longest number there is.
LONGEST_NUMBER: Final = 17
# Somebody who looks a number up needs longer than somebody who presses a key.
NUMBER_SECONDS: Final = 12


@dataclass(frozen=True, slots=True)
class Known:
    """What may be spoken to a customer on the strength of the shown number alone."""

    last_tried: date | None = None
    kept: Kept | None = None
    objected: bool = False
    # By a restriction, or by a hold or an open case whose end nobody knows.
    frozen: bool = False
    held: bool = False


def desk_prompt(state: DeskState, script: SurveyScript, known: Known) -> tuple[Step, ...]:
    """The document of this moment."""
    if state.stage in (DeskStage.OVER, DeskStage.QUESTIONS):
        return (*_said(state, script, state.says or (Phrase.ALREADY_OVER,)), Hangup())
    asks_number = state.stage is DeskStage.NUMBER
    gather = Gather(
        children=(*_said(state, script, state.says), *_asked(state, script, known)),
        num_digits=LONGEST_NUMBER if asks_number else 1,
        # Elsewhere nothing finishes the keys, so that hash and star arrive as keys of their own.
        finish_on_key="#" if asks_number else "",
        timeout_seconds=NUMBER_SECONDS if asks_number else script.gather_seconds,
        visit=state.visit,
    )
    opening = _opening(state, script, known) if state.opening else ()
    return (*opening, gather, Redirect(Waiting.SILENCE, state.visit))


def _opening(state: DeskState, script: SurveyScript, known: Known) -> tuple[Say, ...]:
    """For whom and why: outside any Gather, so that no key can cut it short."""
    if state.caller is not CallerKind.CUSTOMER:
        return _said(state, script, (Phrase.LINE_EXPLAINED,))
    who = _said(state, script, (Phrase.NUMBER_EXPLAINED,))
    if known.last_tried is None:
        return who
    return (*who, _dated(state, script, Phrase.LAST_TRIED, known.last_tried))


def _asked(state: DeskState, script: SurveyScript, known: Known) -> tuple[Say, ...]:
    if state.stage is DeskStage.LANGUAGE:
        return _languages(state, script)
    if state.stage is not DeskStage.MENU:
        return _said(state, script, (_QUESTIONS[state.stage],))
    tells = state.telling and state.caller is CallerKind.CUSTOMER
    return (*(_kept(state, script, known) if tells else ()), *_menu(state, script))


_QUESTIONS: Final = {
    DeskStage.OBJECTION: Phrase.OBJECT_MENU,
    DeskStage.WHICH_NUMBER: Phrase.OBJECTION_WHICH,
    DeskStage.NUMBER: Phrase.OBJECTION_NUMBER,
    DeskStage.DELETION: Phrase.DELETION_CONFIRM,
}


def _menu(state: DeskState, script: SurveyScript) -> tuple[Say, ...]:
    offers = {
        "answer": Phrase.DESK_RESUME if state.resumes else Phrase.DESK_ANSWER,
        "kept": Phrase.DESK_KEPT,
        "deletion": Phrase.DESK_DELETION,
    }
    offered = tuple(offers[what] for what in menu_keys(state).values())
    return _said(state, script, (*offered, Phrase.DESK_OBJECT, Phrase.DESK_HELP))


def _kept(state: DeskState, script: SurveyScript, known: Known) -> tuple[Say, ...]:
    """The kinds of what is kept, each with its last day; of what it says not a word."""
    kept = known.kept
    if kept is None:  # erased while they were on the telephone
        return _said(state, script, (Phrase.KEPT_NOTHING,))
    kinds = (
        (Phrase.KEPT_CONTACT, kept.contact),
        (Phrase.KEPT_ANSWERS, kept.answers),
        (Phrase.KEPT_COMMENT, kept.comment),
    )
    dated = tuple(_dated(state, script, phrase, day) for phrase, day in kinds if day is not None)
    rest = [Phrase.KEPT_OBJECTION] if known.objected else []
    if known.frozen:
        rest.append(Phrase.KEPT_FROZEN)
    elif known.held:
        # A script frozen before there was a phrase of its own has none.
        has_own = Phrase.KEPT_HELD in script.phrases[state.language]
        rest.append(Phrase.KEPT_HELD if has_own else Phrase.KEPT_FROZEN)
    introduced = _said(state, script, (Phrase.KEPT_INTRODUCED,))
    return (*introduced, *dated, *_said(state, script, tuple(rest)))


def _languages(state: DeskState, script: SurveyScript) -> tuple[Say, ...]:
    """The menu in the language that is spoken, then each language in its own words."""
    names = (
        Say(fill(script.phrases[str(tag)][Phrase.LANGUAGE_NAME_KEY], {"key": key}), str(tag))
        for key, tag in language_keys(script).items()
    )
    return (*_said(state, script, (Phrase.LANGUAGE_MENU,)), *names)


def _dated(state: DeskState, script: SurveyScript, phrase: Phrase, day: date) -> Say:
    text = script.phrases[state.language][phrase]
    return Say(fill(text, {"day": day_in_words(day, state.language)}), state.language)


def _said(state: DeskState, script: SurveyScript, phrases: tuple[Phrase, ...]) -> tuple[Say, ...]:
    spoken = {"reference": ", ".join(state.reference or "")}
    return tuple(
        Say(fill(script.phrases[state.language][phrase], spoken), state.language)
        for phrase in phrases
    )
