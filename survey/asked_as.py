"""How a question was put to somebody: its own words, or a variant that their answers called for."""

from collections.abc import Iterable, Mapping

from config.conditions import holds
from storage.tables import Answer
from survey.script import Question, Texts


def asked_as(question: Question, answered: Mapping[str, int | str]) -> Texts:
    """The text by language, for somebody with these answers by question."""
    for variant in question.variants:
        if holds(variant.when, answered):
            return variant.prompt
    return question.prompt


def by_question(answers: Iterable[Answer]) -> dict[str, int | str]:
    """Stored answers as conditions read them; of one that was put right since, the right one."""
    return {
        one.question_key: value
        for one in answers
        if (value := one.choice if one.number is None else one.number) is not None
    }
