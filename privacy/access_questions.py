"""What was asked and what the answer means, in the words of the survey version that was heard."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from config.conditions import Limits, holds
from privacy.access_moments import Document
from privacy.access_words import ACCESS
from storage.tables import Answer, Response

_YES_NO: Final = "yes_no"
_HIGH_IS_GOOD: Final = "high_is_good"
_DEFAULT: Final = "en"


class Questions:
    """The questions of one response; `language` is that of the person who asks."""

    def __init__(
        self,
        version: Mapping[str, Any],
        response: Response,
        answers: Sequence[Answer],
        language: str | None,
    ) -> None:
        self._questions = {one["key"]: one for one in version.get("questions", ())}
        self._spoken, self._language = response.language, language
        self._given = {one.question_key: one for one in answers}

    def asked(self, key: str) -> Document:
        """The question in the language in which it was asked, and which that is."""
        question = self._questions.get(key)
        text = None if question is None else self._prompt(question).get(self._spoken)
        return {"asked": text, "asked_language": None if text is None else self._spoken}

    def meaning(self, answer: Answer) -> Document:
        """The chosen label in the person's language if the survey has it, and the scale."""
        question = self._questions.get(answer.question_key, {})
        return {"label": self._label(question, answer), "scale": _scale(question)}

    def _label(self, question: Mapping[str, Any], answer: Answer) -> str | None:
        for choice in question.get("choices", ()):
            if choice["value"] == answer.choice:
                texts: Mapping[str, str] = choice["label"]
                return texts.get(self._language or "", texts.get(self._spoken))
        if answer.kind != _YES_NO:
            return None
        words = ACCESS.get(self._language or "", ACCESS[_DEFAULT])
        return {"yes": words.yes, "no": words.no}.get(answer.choice or "")

    def _prompt(self, question: Mapping[str, Any]) -> Mapping[str, str]:
        """The wording that the earlier answers led to; the first where one was put right since."""
        found: Mapping[str, str] = question["prompt"]
        for variant in question["variants"]:
            earlier = self._given.get(variant["when"]["question"])
            if earlier is None:
                continue
            if earlier.corrected_at is not None:
                return found
            value = earlier.choice if earlier.number is None else earlier.number
            if value is not None and holds(
                Limits(**variant["when"]), {earlier.question_key: value}
            ):
                return dict(variant["prompt"])
        return found


def _scale(question: Mapping[str, Any]) -> Document | None:
    lowest, highest = question.get("lowest"), question.get("highest")
    if lowest is None or highest is None:
        return None
    best = highest if question["direction"] == _HIGH_IS_GOOD else lowest
    return {"lowest": lowest, "highest": highest, "best": best}
