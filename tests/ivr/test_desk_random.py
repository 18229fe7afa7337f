"""Callers who press anything at all: nothing raises, and nobody hears what is not theirs."""

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from config.phrases import Phrase
from ivr.desk_flow import MOST_VISITS, DeletionAsked, ObjectedFor, apply_desk
from ivr.desk_prompts import Known, desk_prompt
from ivr.desk_state import CallerKind, DeskStage, DeskState
from ivr.flow_events import AudioLooked, Event, HungUp, Keys, Objected, Recorded, Silence
from ivr.steps import Gather, Hangup, Redirect, Say, Step
from privacy.kept import Kept
from survey.script import SurveyScript

# Would be spoken if anything of a customer leaked into a stranger's prompt.
SECRETS = Known(
    last_tried=date(2026, 3, 9),
    kept=Kept(date(2027, 9, 10), date(2027, 9, 9), date(2027, 3, 9)),
    objected=True,
    frozen=True,
)
# Frozen is said before held, so that a person who is only held is another one.
ONLY_HELD = replace(SECRETS, frozen=False, held=True)
OF_CUSTOMERS = {
    Phrase.NUMBER_EXPLAINED, Phrase.LAST_TRIED, Phrase.DESK_ANSWER, Phrase.DESK_RESUME,
    Phrase.DESK_KEPT, Phrase.DESK_DELETION, Phrase.NOTHING_TO_ANSWER, Phrase.KEPT_INTRODUCED,
    Phrase.KEPT_CONTACT, Phrase.KEPT_ANSWERS, Phrase.KEPT_COMMENT, Phrase.KEPT_OBJECTION,
    Phrase.KEPT_FROZEN, Phrase.KEPT_HELD, Phrase.KEPT_NOTHING, Phrase.DELETION_CONFIRM,
    Phrase.DELETION_NOTED,
}  # fmt: skip
KEYS = [
    "", "1", "2", "3", "4", "9", "0", "#", "##", "*", "1*", "1#", "A", "12345", "0701740605",
    "0046701740605", "004740612345", "9" * 32, "hangup", "٣",
]  # fmt: skip


def any_event(rng: random.Random, visit: int) -> Event | HungUp:
    if rng.random() < 0.1:
        visit += rng.choice([-2, -1, 1, 4])
    kind = rng.random()
    if kind < 0.02:
        return HungUp()
    if kind < 0.15:
        return Silence(visit)
    if kind < 0.2:
        return rng.choice([AudioLooked(visit, home=True), Recorded(visit, seconds=3, digits="1")])
    return Keys(visit, rng.choice(KEYS))


def spoken(steps: tuple[Step, ...]) -> set[str]:
    """The names of the phrases in a document."""
    children = itertools.chain.from_iterable(
        step.children if isinstance(step, Gather) else (step,) for step in steps
    )
    return {part.text.split(":")[1].split(" ")[0] for part in children if isinstance(part, Say)}


@pytest.mark.parametrize("kind", list(CallerKind))
def test_random_keys_never_raise_never_go_on_for_ever_and_reveal_nothing_to_strangers(
    kind: CallerKind, lender: Callable[..., SurveyScript]
) -> None:
    rng = random.Random(kind.value)
    facts: list[Any] = []
    heard: set[str] = set()
    for known in itertools.islice(itertools.cycle([SECRETS, ONLY_HELD]), 1_500):
        script = lender(tries=rng.randint(1, 4))
        may_answer = kind is CallerKind.CUSTOMER and rng.random() < 0.5
        state = DeskState(
            stage=DeskStage.MENU, language=rng.choice(["sv", "en"]), caller=kind,
            may_answer=may_answer, resumes=rng.random() < 0.3,
        )  # fmt: skip
        moves = 0
        while state.stage not in (DeskStage.OVER, DeskStage.QUESTIONS) and not state.left:
            event = any_event(rng, state.visit)
            turned = apply_desk(state, event, script, country="SE")
            facts += turned.facts
            moves += turned.applied
            assert moves <= MOST_VISITS + 1
            assert turned.applied or turned.facts == ()
            state = DeskState.from_json(turned.state.to_json())
            assert state == turned.state
            steps = desk_prompt(state, script, known)
            heard |= spoken(steps)
            assert isinstance(steps[-1], Redirect | Hangup)
        assert state.stage is not DeskStage.QUESTIONS or may_answer

    ours = {phrase.value for phrase in OF_CUSTOMERS}
    if kind is CallerKind.CUSTOMER:
        # What strangers must never hear is what customers do hear: the guard guards something.
        assert ours - heard <= {Phrase.NOTHING_TO_ANSWER, Phrase.KEPT_NOTHING}
        assert DeletionAsked() in facts
        return
    assert heard & ours == set()
    assert DeletionAsked() not in facts
    assert any(isinstance(fact, ObjectedFor) for fact in facts)
    shown = [fact for fact in facts if isinstance(fact, Objected)]
    assert bool(shown) == (kind is CallerKind.STRANGER)
