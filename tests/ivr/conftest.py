"""A caller who presses, speaks and hangs up, against the pure flow."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from config.phrases import Phrase
from ivr.flow import apply, start
from ivr.flow_events import (
    AudioLooked,
    Event,
    Fact,
    HungUp,
    Keys,
    Recorded,
    Silence,
    Unrecorded,
)
from ivr.flow_prompts import prompt
from ivr.flow_state import FlowState
from ivr.steps import Gather, Play, Say, Step
from survey.script import Condition, Direction, Question, QuestionKind, SurveyScript

LANGUAGES = ("sv", "nb", "da", "fi", "en")


def phrases(languages: tuple[str, ...]) -> Mapping[str, Mapping[Phrase, str]]:
    """Every phrase in every language as `sv:opening`, so a test sees what was said."""
    kept = {Phrase.LANGUAGE_NAME_KEY: " {key}", Phrase.CHOICE_KEY: " {label} {key}"}
    return {
        language: {phrase: f"{language}:{phrase}{kept.get(phrase, '')}" for phrase in Phrase}
        for language in languages
    }


def texts(name: str, languages: tuple[str, ...] = LANGUAGES) -> Mapping[str, str]:
    return {language: f"{language}:{name}" for language in languages}


def consumer_credit(**changes: Any) -> SurveyScript:
    """The lender's script: two scores, a comment, and a follow-up for the dissatisfied."""
    options: dict[str, Any] = {
        "survey": "after-case",
        "organisation": "Lånebolaget",
        "languages": ("sv", "en"),
        "phrases": phrases(LANGUAGES),
        "questions": (
            Question(
                key="satisfaction",
                kind=QuestionKind.CSAT,
                prompt=texts("satisfaction"),
                lowest=1,
                highest=5,
                direction=Direction.HIGH_IS_GOOD,
            ),
            Question(
                key="recommend",
                kind=QuestionKind.NPS,
                prompt=texts("recommend"),
                lowest=0,
                highest=10,
                direction=Direction.HIGH_IS_GOOD,
            ),
            Question(key="comment", kind=QuestionKind.COMMENT, prompt=texts("comment")),
            Question(
                key="follow_up",
                kind=QuestionKind.FOLLOW_UP,
                prompt=texts("follow_up"),
                ask_when=Condition("recommend", at_most=6),
            ),
        ),
    }
    return SurveyScript(**(options | changes))


class Caller:
    """One call: what was heard last, and every fact so far."""

    def __init__(self, script: SurveyScript, state: FlowState) -> None:
        self.script = script
        self.state = state
        self.facts: list[Fact] = []
        self.last: tuple[Fact, ...] = ()

    def _give(self, event: Event | HungUp) -> "Caller":
        turned = apply(self.state, event, self.script)
        self.state, self.last = turned.state, turned.facts
        self.facts.extend(turned.facts)
        return self

    def press(self, digits: str) -> "Caller":
        return self._give(Keys(self.state.visit, digits))

    def silent(self) -> "Caller":
        return self._give(Silence(self.state.visit))

    def speak(self, seconds: int | None = 9, sid: str | None = "RE1", **how: Any) -> "Caller":
        return self._give(Recorded(self.state.visit, provider_sid=sid, seconds=seconds, **how))

    def say_nothing(self) -> "Caller":
        return self._give(Unrecorded(self.state.visit))

    def look(self, *, home: bool) -> "Caller":
        return self._give(AudioLooked(self.state.visit, home=home))

    def hang_up(self) -> "Caller":
        return self._give(HungUp())

    @property
    def steps(self) -> tuple[Step, ...]:
        return prompt(self.state, self.script)

    @property
    def hears(self) -> list[str]:
        """The texts of the present document in order; a played recording as `recording N`."""
        heard: list[str] = []
        for step in self.steps:
            inner = step.children if isinstance(step, Gather) else (step,)
            for part in inner:
                if isinstance(part, Say):
                    heard.append(part.text)
                elif isinstance(part, Play):
                    heard.append(f"recording {part.visit}")
        return heard


@pytest.fixture
def lender() -> Callable[..., SurveyScript]:
    """Makes the lender's script, with changes."""
    return consumer_credit


@pytest.fixture
def all_phrases() -> Callable[[tuple[str, ...]], Mapping[str, Mapping[Phrase, str]]]:
    """Every phrase in the given languages."""
    return phrases


@pytest.fixture
def call() -> Callable[..., Caller]:
    """Rings somebody; the lender's script in Swedish unless told otherwise."""

    def ring(script: SurveyScript | None = None, **how: Any) -> Caller:
        chosen = script or consumer_credit()
        options: dict[str, Any] = {"answered": {}, "locale": "sv", "resumed": False}
        return Caller(chosen, start(chosen, **(options | how)))

    return ring


@pytest.fixture
def caller_at() -> Callable[[SurveyScript, FlowState], Caller]:
    """Somebody in the middle of a call."""
    return Caller
