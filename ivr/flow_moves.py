"""The moves that every stage of a conversation shares: stay, go on, open the menu, come to an end.

None of them counts the visit: `ivr.flow.apply` does, once per event, however many moves it took.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from config.phrases import Phrase
from ivr.flow_events import Event, Fact, Finished, Keys, ReceiptCodeDue, Unanswered
from ivr.flow_path import Key, next_open, read, stage_of
from ivr.flow_state import Ending, FlowState, Stage
from survey.script import SurveyScript

# Asking to hear the same thing again that often in a row counts as saying nothing.
MOST_REPEATS: Final = 5


@dataclass(frozen=True, slots=True)
class Turned:
    """The state after an event, and what became true; not `applied` when nothing was done."""

    state: FlowState
    facts: tuple[Fact, ...] = ()
    applied: bool = True

    def preceded_by(self, *facts: Fact) -> "Turned":
        """The same turn with these facts told first."""
        return replace(self, facts=(*facts, *self.facts))


def moved(state: FlowState, **changes: Any) -> FlowState:
    """The next moment; what belonged to the last prompt alone is forgotten unless named again."""
    fresh: dict[str, Any] = {"says": (), "opening": False, "playing": False}
    return replace(state, **(fresh | changes))


def digits_of(event: Event) -> str:
    """The pressed keys; empty for anything else."""
    return event.digits if isinstance(event, Keys) else ""


def repeated(state: FlowState) -> Turned | None:
    """The same prompt once more; None when it was asked for too often in a row."""
    if state.repeats >= MOST_REPEATS:
        return None
    return Turned(moved(state, repeats=state.repeats + 1))


def to_menu(state: FlowState) -> Turned:
    """Open the star menu; it leads back to where the caller was."""
    back = state.back if state.stage in {Stage.LANGUAGE, Stage.OBJECTION} else state.stage
    return Turned(moved(state, stage=Stage.OBJECTION, back=back, detour_tries=0))


def onward(
    state: FlowState, script: SurveyScript, *, says: tuple[Phrase, ...] = (), heard: bool = True
) -> Turned:
    """Go to the next open question, or to the end when none is left; `heard` by somebody who is
    still on the line."""
    arrived = moved(
        state,
        says=says,
        tries=0,
        repeats=0,
        recording=None,
        faint=(),
        listens=0,
        waits=0,
        back=None,
    )
    question = next_open(script, arrived.answered, arrived.passed)
    if question is not None:
        return Turned(replace(arrived, stage=stage_of(question), question=question.key))
    how = Ending.COMPLETED if arrived.answered else Ending.UNANSWERED
    ended = finished(arrived, how, says=says)
    if how is Ending.COMPLETED and script.receipt_code and heard:
        # Complete already: whoever hangs up while the code is spoken has answered.
        told = replace(arrived, stage=Stage.RECEIPT, question=None, ended=how)
        return Turned(told, ended.facts).preceded_by(ReceiptCodeDue())
    return ended


def finished(state: FlowState, how: Ending, *, says: tuple[Phrase, ...] = ()) -> Turned:
    """The goodbye that fits, after `says`; an end is told once."""
    goodbye = {
        Ending.COMPLETED: (Phrase.THANKS_GOODBYE,),
        Ending.UNANSWERED: (Phrase.UNANSWERED_GOODBYE,),
        Ending.OBJECTED: (),  # the confirmation of the objection is the last word
    }[how]
    # Who objects while the code is spoken has answered all the same.
    told = state.ended in (how, Ending.COMPLETED)
    ended = state.ended if told else how
    over = moved(
        state, stage=Stage.OVER, question=None, back=None, says=(*says, *goodbye), ended=ended
    )
    return Turned(over, () if told else (Finished(how=how),))


def told_code(state: FlowState, event: Event) -> Turned:
    """The code was heard: again at whatever key cuts it short, and goodbye when none does."""
    said = read(digits_of(event), {})
    if said is Key.MENU:
        return to_menu(state)
    if said is not Key.NOTHING and (again := repeated(state)) is not None:
        return again
    return finished(state, Ending.COMPLETED)


def missed(*, wrong: bool) -> tuple[Unanswered, Phrase]:
    """What is logged and what is said when a try brought nothing."""
    if wrong:
        return Unanswered.WRONG_KEY, Phrase.WRONG_KEY
    return Unanswered.SILENCE, Phrase.NOTHING_PRESSED
