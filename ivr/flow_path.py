"""The way through a script: which question comes next, how it is worded, which keys answer it."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from config.conditions import holds
from ivr.flow_state import Answers, Stage
from survey.asked_as import asked_as
from survey.script import Question, QuestionKind, SurveyScript

YES: Final = "yes"
NO: Final = "no"
_YES_NO: Final[Mapping[str, int | str]] = {"1": YES, "2": NO}
# What people and address books call a language that the scripts know under another tag.
_SAME_LANGUAGE: Final[Mapping[str, str]] = {"no": "nb", "nn": "nb"}


class Key(Enum):
    """What pressed keys mean when they are no answer."""

    NOTHING = "nothing"
    WRONG = "wrong"
    REPEAT = "repeat"
    MENU = "menu"


def language_for(script: SurveyScript, locale: str | None) -> str | None:
    """The script's language for a locale such as `sv` or `nb-NO`; None when it has none."""
    if not locale:
        return None
    tag = locale.replace("_", "-").split("-")[0].lower()
    tag = _SAME_LANGUAGE.get(tag, tag)
    return tag if tag in script.languages else None


def next_open(script: SurveyScript, answered: Answers, passed: tuple[str, ...]) -> Question | None:
    """The first question still to be asked; None when the way is walked to its end."""
    for question in script.questions:
        if question.key in answered or question.key in passed:
            continue
        if question.ask_when is None or holds(question.ask_when, answered):
            return question
    return None


def stage_of(question: Question) -> Stage:
    """Where a question begins: a comment is offered first, everything else is asked at once."""
    return Stage.OFFER if question.kind is QuestionKind.COMMENT else Stage.QUESTION


def wording(question: Question, language: str, answered: Answers) -> str:
    """The text of a question for somebody with these answers."""
    return asked_as(question, answered)[language]


def keys_of(question: Question) -> Mapping[str, int | str]:
    """Which keys answer a question, and the value each stands for."""
    if question.choices:
        return {choice.key: choice.value for choice in question.choices}
    if question.lowest is not None and question.highest is not None:
        return {str(score): score for score in range(question.lowest, question.highest + 1)}
    return _YES_NO


def read(digits: str, keys: Mapping[str, int | str]) -> Key | int | str:
    """What the pressed keys say: a value, or what else they mean.

    A star anywhere opens the menu. A hash alone repeats; around digits it only marks their end, so
    `7#` is 7 and `#7` (somebody who began to ask for a repeat) is 7 as well. `07` is a wrong key:
    it may be a seven, or a nought that was regretted, and a score is never guessed.
    """
    if not digits:
        return Key.NOTHING
    if "*" in digits:
        return Key.MENU
    pressed = digits.strip("#")
    if not pressed:
        return Key.REPEAT
    return keys.get(pressed, Key.WRONG)
