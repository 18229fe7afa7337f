"""Detours from the questions: the star menu and the choice of language."""

from typing import Final

from config.phrases import Phrase
from ivr.flow_comment import kept_facts
from ivr.flow_events import Event, LanguageChanged, Objected, ObjectionMethod
from ivr.flow_moves import Turned, digits_of, finished, moved, to_menu
from ivr.flow_path import Key, read, stage_of
from ivr.flow_state import Ending, FlowState, Stage
from survey.script import SurveyScript

MOST_LANGUAGES: Final = 9  # one key each
_MOST_TRIES: Final = 2
_MOST_MENU_REPEATS: Final = 3
_OBJECTION_KEYS: Final = {"1": "calls", "2": "all", "3": "language"}
_CONFIRMATION: Final = {
    ObjectionMethod.CALLS: Phrase.OBJECTED_CALLS,
    ObjectionMethod.ALL: Phrase.OBJECTED_ALL,
}


def objecting(state: FlowState, event: Event, script: SurveyScript) -> Turned:
    """The star menu; the second key confirms the no, anything else leads back."""
    said = read(digits_of(event), _OBJECTION_KEYS)
    if said is Key.REPEAT and state.detour_tries < _MOST_MENU_REPEATS:
        return Turned(moved(state, detour_tries=state.detour_tries + 1))
    if said == "language" and len(script.languages) > 1:
        return Turned(moved(state, stage=Stage.LANGUAGE, detour_tries=0))
    if said in {"calls", "all"}:
        method = ObjectionMethod(said)
        turned = finished(state, Ending.OBJECTED, says=(_CONFIRMATION[method],))
        return turned.preceded_by(*kept_facts(state), Objected(method))
    return Turned(_back(state, script, says=(Phrase.CONTINUE,)))


def choosing_language(state: FlowState, event: Event, script: SurveyScript) -> Turned:
    """The language menu; silence keeps the language that is spoken."""
    said = read(digits_of(event), language_keys(script))
    if said is Key.MENU:
        return to_menu(state)
    if said is Key.REPEAT and state.detour_tries < _MOST_MENU_REPEATS:
        return Turned(moved(state, detour_tries=state.detour_tries + 1))
    if said is Key.WRONG and state.detour_tries + 1 < _MOST_TRIES:
        tries = state.detour_tries + 1
        return Turned(moved(state, detour_tries=tries, says=(Phrase.WRONG_KEY,)))
    if isinstance(said, Key):
        return Turned(_back(state, script))
    language = str(said)
    # A notice that was not understood is no notice: it is given in the new language too, as long
    # as there are questions.
    opening = language not in state.heard and state.back is not Stage.RECEIPT
    heard = (*state.heard, language) if opening else state.heard
    changed = _back(state, script, language=language, opening=opening, heard=heard)
    return Turned(changed, (LanguageChanged(language),))


def language_keys(script: SurveyScript) -> dict[str, int | str]:
    """Which key chooses which language: the first language has key 1."""
    return {str(n): tag for n, tag in enumerate(script.languages[:MOST_LANGUAGES], start=1)}


def _back(
    state: FlowState,
    script: SurveyScript,
    *,
    says: tuple[Phrase, ...] = (),
    language: str | None = None,
    opening: bool = False,
    heard: tuple[str, ...] | None = None,
) -> FlowState:
    stage = state.back or stage_of(script.question(state.question or ""))
    return moved(
        state,
        stage=stage,
        back=None,
        detour_tries=0,
        says=says,
        language=language or state.language,
        opening=opening,
        # For whom and why was said at the desk in a language they may not have understood.
        called_us=state.called_us and not opening,
        heard=state.heard if heard is None else heard,
    )
