"""Twenty thousand turns of people who do anything at all, over all kinds of scripts."""

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest

from ivr.flow import apply, start, visit_limit
from ivr.flow_events import (
    AnswerGiven,
    AudioLooked,
    CommentDiscarded,
    CommentKept,
    CommentRecorded,
    Event,
    Fact,
    Finished,
    HungUp,
    Keys,
    Recorded,
    Silence,
    Unrecorded,
)
from ivr.flow_prompts import SpokenCode, prompt
from ivr.flow_state import FlowState, Stage
from ivr.steps import Gather, Hangup, Record, Redirect, Say
from survey.script import (
    Choice,
    Condition,
    Direction,
    Question,
    QuestionKind,
    SurveyScript,
    Variant,
    WhenUnanswered,
)

TURNS = 20_000
CODE = SpokenCode("genklang.example/mine", "123456789012345")
KEYS = [
    "",
    "1",
    "2",
    "3",
    "4",
    "5",
    "0",
    "10",
    "7#",
    "07",
    "#",
    "##",
    "*",
    "1*",
    "99",
    "A",
    "12345",
]


def any_script(rng: random.Random, phrases: Callable[..., Any]) -> SurveyScript:
    languages = tuple(rng.sample(["sv", "nb", "da", "fi", "en"], rng.randint(1, 5)))
    words = dict.fromkeys(languages, "?")
    questions: list[Question] = []
    for number in range(rng.randint(1, 6)):
        kind = rng.choice(list(QuestionKind))
        low, high = {
            QuestionKind.NPS: (0, 10),
            QuestionKind.CSAT: (1, 5),
            QuestionKind.CES: (1, 7),
        }.get(kind, (None, None))
        earlier = rng.choice(questions).key if questions and rng.random() < 0.5 else None
        condition = Condition(earlier, at_most=rng.randint(0, 9)) if earlier else None
        choices = (Choice("1", "a", words), Choice("2", "b", words), Choice("12", "c", words))
        questions.append(
            Question(
                key=f"q{number}",
                kind=kind,
                prompt=words,
                lowest=low,
                highest=high,
                direction=Direction.LOW_IS_GOOD if low is not None else None,
                choices=choices if kind is QuestionKind.CHOICE else (),
                ask_when=condition,
                variants=(Variant(condition, words),) if condition else (),
            )
        )
    return SurveyScript(
        survey="s",
        organisation="o",
        languages=languages,
        questions=tuple(questions),
        phrases=phrases(languages),
        tries=rng.randint(1, 4),
        when_unanswered=rng.choice(list(WhenUnanswered)),
        receipt_code=rng.random() < 0.5,
    )


def any_event(rng: random.Random, state: FlowState) -> Event | HungUp:
    visit = state.visit
    if rng.random() < 0.08:
        visit = max(0, visit + rng.choice([-3, -1, -1, 1, 5]))
    if state.stage is Stage.RECORDING and rng.random() < 0.8:
        return Recorded(
            visit,
            provider_sid=rng.choice([None, f"RE{rng.getrandbits(40)}"]),
            seconds=rng.choice([None, 0, 1, 40]),
            digits=rng.choice(["", "#", "*", "5"]),
            hung_up=rng.random() < 0.1,
        )
    kind = rng.random()
    if kind < 0.01:
        return HungUp()
    if kind < 0.15:
        return Silence(visit)
    if kind < 0.2:
        return Unrecorded(visit)
    if kind < 0.25 or state.wants_audio:
        return AudioLooked(visit, home=rng.random() < 0.5)
    return Keys(visit, rng.choice(KEYS))


def check_document(state: FlowState, script: SurveyScript) -> None:
    steps = prompt(state, script, code=CODE)
    assert prompt(state, script, code=CODE) == steps
    first = steps[0].children[0] if isinstance(steps[0], Gather) else steps[0]
    assert isinstance(first, Say) or state.playing  # speech first, or the caller's own words
    for step, after in itertools.pairwise(steps):
        if isinstance(step, Gather | Record):
            assert isinstance(after, Redirect)
            assert step.visit == after.visit == state.visit
    assert isinstance(steps[-1], Redirect | Hangup)
    assert not isinstance(steps[-1], Hangup) or state.stage is Stage.OVER


@pytest.mark.parametrize("seed", range(4))
def test_whatever_people_do_calls_end_and_nothing_said_is_lost(
    seed: int, all_phrases: Callable[..., Any]
) -> None:
    rng = random.Random(seed)
    turns = 0
    while turns < TURNS // 4:
        script = any_script(rng, all_phrases)
        begin = {"answered": {}, "locale": rng.choice(["sv", None]), "resumed": rng.random() < 0.3}
        state = start(script, called_us=rng.random() < 0.2, **begin)
        facts: list[Fact] = []
        moves = 0
        while state.stage is not Stage.OVER:
            event = any_event(rng, state)
            turned = apply(state, event, script)
            turns += 1
            moves += turned.applied
            assert moves <= visit_limit(script) + 1
            assert turned.applied or turned.facts == ()
            facts.extend(turned.facts)
            again = apply(turned.state, event, script)
            if not isinstance(event, HungUp) and turned.applied:
                assert (again.state, again.facts) == (turned.state, ())
            stored = FlowState.from_json(turned.state.to_json(), answered=turned.state.answered)
            assert stored == turned.state
            state = stored
            check_document(state, script)
            if state.left and rng.random() < 0.5:
                break
        check_facts(facts, state)


def check_facts(facts: list[Fact], state: FlowState) -> None:
    for fact in facts:
        if isinstance(fact, AnswerGiven):
            assert state.answered[fact.question] == fact.value
    given = [fact.question for fact in facts if isinstance(fact, AnswerGiven)]
    assert len(given) == len(set(given))
    assert sum(isinstance(fact, Finished) for fact in facts) <= 1
    recorded = {fact.visit for fact in facts if isinstance(fact, CommentRecorded)}
    dropped = {fact.visit for fact in facts if isinstance(fact, CommentDiscarded)}
    kept = {fact.visit for fact in facts if isinstance(fact, CommentKept)}
    assert dropped <= recorded
    assert kept <= recorded
    # Every spoken comment is either kept, dropped for a newer one, still under review, or so short
    # that it holds nothing but silence as far as we know.
    maybe_silent = {
        fact.visit
        for fact in facts
        if isinstance(fact, CommentRecorded) and fact.seconds is not None and fact.seconds <= 4
    }
    assert recorded - dropped - kept - maybe_silent <= {state.recording}


def test_somebody_who_presses_star_for_ever_is_let_go_in_the_end(
    lender: Callable[..., SurveyScript],
) -> None:
    script = lender()
    state = start(script, answered={}, locale="sv", resumed=False)

    for _ in range(visit_limit(script)):
        state = apply(state, Keys(state.visit, "*"), script).state

    assert state.stage is Stage.OVER
