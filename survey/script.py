"""What a call says and asks, frozen: the survey version as the telephone hears it.

A script holds every sentence in every language already filled in, so a call needs nothing else,
and a stored script tells years later exactly which words were heard. Four phrases keep
placeholders, because the call itself fills them in: LANGUAGE_NAME_KEY its `{key}`, CHOICE_KEY
`{label}` and `{key}`, RECEIPT_CODE `{page}`, TEXT_RECEIPT_CODE `{code}` and `{page}`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from config.phrases import Phrase

Texts = Mapping[str, str]
"""Language tag (`sv`, `nb`, `da`, `fi`, `en`) to wording."""


class QuestionKind(StrEnum):
    """What is asked; the value is written in the survey files and stored with answers."""

    NPS = "nps"
    CSAT = "csat"
    CES = "ces"
    CHOICE = "choice"
    YES_NO = "yes_no"
    COMMENT = "comment"
    FOLLOW_UP = "follow_up"


class Direction(StrEnum):
    """Which end of the scale is the good one. Stored with every score."""

    HIGH_IS_GOOD = "high_is_good"
    LOW_IS_GOOD = "low_is_good"


class WhenUnanswered(StrEnum):
    """What happens after a question was left unanswered too often."""

    SKIP = "skip"
    END = "end"


@dataclass(frozen=True, slots=True)
class Condition:
    """True when the named earlier question has an answer within the bounds (both inclusive).

    For a choice or yes/no question `equals` names the stored value. An unanswered question never
    satisfies a condition.
    """

    question: str
    at_least: int | None = None
    at_most: int | None = None
    equals: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One alternative of a choice question: the key pressed and the value stored."""

    key: str
    value: str
    label: Texts


@dataclass(frozen=True, slots=True)
class Variant:
    """Another wording of a question, heard when its condition holds; the first match wins."""

    when: Condition
    prompt: Texts


@dataclass(frozen=True, slots=True)
class Question:
    """One question; `lowest` and `highest` are set for NPS (0, 10), CSAT and CES."""

    key: str
    kind: QuestionKind
    prompt: Texts
    lowest: int | None = None
    highest: int | None = None
    direction: Direction | None = None
    choices: tuple[Choice, ...] = ()
    ask_when: Condition | None = None
    variants: tuple[Variant, ...] = ()
    max_seconds: int = 120
    silence_seconds: int = 4


@dataclass(frozen=True, slots=True)
class SurveyScript:
    """A frozen survey version; `languages[0]` is the one used when nothing better is known."""

    survey: str
    organisation: str
    languages: tuple[str, ...]
    questions: tuple[Question, ...]
    phrases: Mapping[str, Mapping[Phrase, str]]
    tries: int = 3
    when_unanswered: WhenUnanswered = WhenUnanswered.SKIP
    gather_seconds: int = 5
    two_digit_seconds: int = 4
    # Whoever answered is told a code that opens their own answers: by text if that may be.
    receipt_code: bool = False
    receipt_by_text: bool = False

    def question(self, key: str) -> Question:
        """The question of that key; raises KeyError when the script has none."""
        for question in self.questions:
            if question.key == key:
                return question
        raise KeyError(key)
