"""The return-call desk: pure functions from a moment and an event to the next moment and its facts.

The same machinery as the survey's flow: one visit per moment, repeats change nothing. Nothing is
known here of the caller but their kind, and what belongs to customers alone is reached by them
alone, whatever anybody presses.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from config.phrases import Phrase
from ivr.desk_state import CallerKind, DeskStage, DeskState
from ivr.flow_detours import language_keys
from ivr.flow_events import Event, HungUp, LanguageChanged, Objected, ObjectionMethod
from ivr.flow_moves import MOST_REPEATS, digits_of, missed
from ivr.flow_path import Key, read
from survey.numbers import BadNumberError, to_e164
from survey.script import SurveyScript

MOST_VISITS: Final = 30
_MOST_DETOUR_TRIES: Final = 3
_OBJECTION_KEYS: Final = {"1": "calls", "2": "all", "3": "language"}
_WHICH_KEYS: Final = {"1": "shown", "2": "other"}
_DELETION_KEYS: Final = {"1": "confirm"}
_CONFIRMATION: Final = {
    ObjectionMethod.CALLS: Phrase.OBJECTED_CALLS,
    ObjectionMethod.ALL: Phrase.OBJECTED_ALL,
}


@dataclass(frozen=True, slots=True)
class ObjectedFor:
    """Somebody said no for a number that they entered; whose it is, nobody knows."""

    number: str
    method: ObjectionMethod


@dataclass(frozen=True, slots=True)
class DeletionAsked:
    """A customer asked for deletion, and confirmed it by a second key."""


DeskFact = Objected | ObjectedFor | LanguageChanged | DeletionAsked


@dataclass(frozen=True, slots=True)
class DeskTurned:
    """The state after an event, and what became true; not `applied` when nothing was done."""

    state: DeskState
    facts: tuple[DeskFact, ...] = ()
    applied: bool = True


def apply_desk(
    state: DeskState, event: Event | HungUp, script: SurveyScript, *, country: str
) -> DeskTurned:
    """What an event makes of a moment; never raises for lateness, repeats or nonsense keys.

    Numbers that are entered are read as of `country`, two capitals such as SE.
    """
    if isinstance(event, HungUp):
        return DeskTurned(replace(state, left=True), applied=not state.left)
    if event.visit != state.visit:
        return DeskTurned(state, applied=False)
    if state.stage is DeskStage.NUMBER:
        turned = _entered(state, digits_of(event), country=country)
    else:
        turned = _STAGES[state.stage](state, digits_of(event), script)
    over = turned.state.stage in (DeskStage.OVER, DeskStage.QUESTIONS)
    if not over and state.visit + 1 >= MOST_VISITS:
        turned = replace(turned, state=_goodbye(turned.state))
    return replace(turned, state=replace(turned.state, visit=state.visit + 1))


def back_to_menu(state: DeskState, *, says: tuple[Phrase, ...] = ()) -> DeskState:
    """The menu once more, after these words."""
    return _moved(state, stage=DeskStage.MENU, detour_tries=0, method=None, says=says)


def menu_keys(state: DeskState) -> dict[str, str]:
    """Which key does what for this caller; star and hash are everybody's."""
    keys = {"1": "answer"} if state.may_answer else {}
    if state.caller is CallerKind.CUSTOMER:
        keys |= {"2": "kept", "3": "deletion"}
    return keys


def _at_menu(state: DeskState, digits: str, script: SurveyScript) -> DeskTurned:
    said = read(digits, menu_keys(state))
    if said is Key.MENU:
        return DeskTurned(_moved(state, stage=DeskStage.OBJECTION, detour_tries=0))
    if said == "answer":
        return DeskTurned(_moved(state, stage=DeskStage.QUESTIONS))
    if said == "deletion":
        return DeskTurned(_moved(state, stage=DeskStage.DELETION, detour_tries=0))
    # To hear the same again that often in a row counts as saying nothing.
    heard_enough = state.repeats >= MOST_REPEATS
    if said in ("kept", Key.REPEAT) and not heard_enough:
        again = said is Key.REPEAT
        repeats = state.repeats + 1
        return DeskTurned(_moved(state, opening=again, telling=not again, repeats=repeats, tries=0))
    tries = state.tries + 1
    if tries >= script.tries:
        return DeskTurned(_goodbye(state))
    return DeskTurned(_moved(state, tries=tries, says=(missed(wrong=said is Key.WRONG)[1],)))


def _objecting(state: DeskState, digits: str, script: SurveyScript) -> DeskTurned:
    """The star menu; the second key confirms the no, anything else leads back."""
    said = read(digits, _OBJECTION_KEYS)
    if said is Key.REPEAT and state.detour_tries < _MOST_DETOUR_TRIES:
        return DeskTurned(_moved(state, detour_tries=state.detour_tries + 1))
    if said == "language" and len(script.languages) > 1:
        return DeskTurned(_moved(state, stage=DeskStage.LANGUAGE, detour_tries=0))
    if said not in ("calls", "all"):
        return DeskTurned(back_to_menu(state, says=(Phrase.CONTINUE,)))
    method = ObjectionMethod(said)
    if state.caller is CallerKind.CUSTOMER:
        return _objected(state, method)
    shown = state.caller is CallerKind.STRANGER
    stage = DeskStage.WHICH_NUMBER if shown else DeskStage.NUMBER
    return DeskTurned(_moved(state, stage=stage, method=method, detour_tries=0))


def _which_number(state: DeskState, digits: str, script: SurveyScript) -> DeskTurned:
    said = read(digits, _WHICH_KEYS)
    if said == "shown":
        return _objected(state, state.method or ObjectionMethod.CALLS)
    if said == "other":
        return DeskTurned(_moved(state, stage=DeskStage.NUMBER, detour_tries=0))
    if said is Key.REPEAT and state.detour_tries < _MOST_DETOUR_TRIES:
        return DeskTurned(_moved(state, detour_tries=state.detour_tries + 1))
    return DeskTurned(back_to_menu(state, says=(Phrase.CONTINUE,)))


def _entered(state: DeskState, digits: str, *, country: str) -> DeskTurned:
    if "*" in digits:
        return DeskTurned(back_to_menu(state, says=(Phrase.CONTINUE,)))
    pressed = digits.strip("#")
    try:
        number = to_e164(pressed, country=country) if pressed else None
        says = Phrase.NOTHING_PRESSED
    except BadNumberError:
        number, says = None, Phrase.OBJECTION_NUMBER_WRONG
    if number is not None:
        over = _moved(state, stage=DeskStage.OVER, says=(Phrase.OBJECTED_NUMBER,))
        return DeskTurned(over, (ObjectedFor(number, state.method or ObjectionMethod.CALLS),))
    tries = state.detour_tries + 1
    if tries >= _MOST_DETOUR_TRIES:
        return DeskTurned(_goodbye(state))
    return DeskTurned(_moved(state, detour_tries=tries, says=(says,)))


def _deleting(state: DeskState, digits: str, script: SurveyScript) -> DeskTurned:
    """The second key confirms; anything else leads back, and silence is no wish."""
    said = read(digits, _DELETION_KEYS)
    if said is Key.REPEAT and state.detour_tries < _MOST_DETOUR_TRIES:
        return DeskTurned(_moved(state, detour_tries=state.detour_tries + 1))
    if said == "confirm" and state.caller is CallerKind.CUSTOMER:
        over = _moved(state, stage=DeskStage.OVER, says=(Phrase.DELETION_NOTED,))
        return DeskTurned(over, (DeletionAsked(),))
    return DeskTurned(back_to_menu(state, says=(Phrase.CONTINUE,)))


def _choosing_language(state: DeskState, digits: str, script: SurveyScript) -> DeskTurned:
    """The language menu; silence keeps the language that is spoken."""
    said = read(digits, language_keys(script))
    if said is Key.MENU:
        return DeskTurned(_moved(state, stage=DeskStage.OBJECTION, detour_tries=0))
    asks_again = said in (Key.REPEAT, Key.WRONG) and state.detour_tries < _MOST_DETOUR_TRIES
    if asks_again:
        says = (Phrase.WRONG_KEY,) if said is Key.WRONG else ()
        return DeskTurned(_moved(state, detour_tries=state.detour_tries + 1, says=says))
    if isinstance(said, Key):
        return DeskTurned(back_to_menu(state, says=(Phrase.CONTINUE,)))
    language = str(said)
    # Who called and why was perhaps not understood: it is said in the new language too.
    changed = replace(back_to_menu(state), language=language, opening=language != state.language)
    return DeskTurned(changed, (LanguageChanged(language),))


def _over(state: DeskState, digits: str, script: SurveyScript) -> DeskTurned:
    return DeskTurned(state)


def _objected(state: DeskState, method: ObjectionMethod) -> DeskTurned:
    over = _moved(state, stage=DeskStage.OVER, says=(_CONFIRMATION[method],))
    return DeskTurned(over, (Objected(method),))


def _goodbye(state: DeskState) -> DeskState:
    return _moved(state, stage=DeskStage.OVER, says=(Phrase.UNANSWERED_GOODBYE,))


def _moved(state: DeskState, **changes: Any) -> DeskState:
    """The next moment; what belonged to the last prompt alone is forgotten unless named again."""
    fresh: dict[str, Any] = {"says": (), "opening": False, "telling": False}
    return replace(state, **(fresh | changes))


_STAGES: Final[dict[DeskStage, Callable[[DeskState, str, SurveyScript], DeskTurned]]] = {
    DeskStage.MENU: _at_menu,
    DeskStage.OBJECTION: _objecting,
    DeskStage.WHICH_NUMBER: _which_number,
    DeskStage.DELETION: _deleting,
    DeskStage.LANGUAGE: _choosing_language,
    DeskStage.QUESTIONS: _over,
    DeskStage.OVER: _over,
}
