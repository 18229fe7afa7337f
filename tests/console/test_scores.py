"""Scores in words: which band, which end is good, and the filter that finds them."""

import pytest

from console.scores import Band, band, in_words
from storage.tables import Answer
from survey.script import Choice, Direction, Question, QuestionKind, SurveyScript
from tests.console.worlds import SCRIPT


def scale(kind: QuestionKind, lowest: int, highest: int, direction: Direction) -> Question:
    return Question("q", kind, {"en": "How?"}, lowest=lowest, highest=highest, direction=direction)


NPS = scale(QuestionKind.NPS, 0, 10, Direction.HIGH_IS_GOOD)
CSAT = scale(QuestionKind.CSAT, 1, 5, Direction.HIGH_IS_GOOD)
TURNED = scale(QuestionKind.CSAT, 1, 5, Direction.LOW_IS_GOOD)
CES = scale(QuestionKind.CES, 1, 7, Direction.HIGH_IS_GOOD)


@pytest.mark.parametrize(
    ("question", "low", "middle", "high"),
    [
        (NPS, range(7), (7, 8), (9, 10)),
        (CSAT, (1, 2), (3,), (4, 5)),
        (TURNED, (4, 5), (3,), (1, 2)),
        (CES, (1, 2, 3), (4,), (5, 6, 7)),
    ],
)
def test_every_score_lies_in_its_band(
    question: Question, low: range, middle: tuple[int, ...], high: tuple[int, ...]
) -> None:
    for wanted, numbers in ((Band.LOW, low), (Band.MIDDLE, middle), (Band.HIGH, high)):
        assert {band(question, number) for number in numbers} == {wanted}


def test_an_answer_is_told_with_its_scale_and_the_good_end() -> None:
    script = SurveyScript("s", "o", ("en",), (TURNED,), {})

    (answer,) = in_words(script, [Answer(question_key="q", number=1)], language="sv")

    assert (answer.text, answer.remark) == ("1 of 5", "Satisfied")
    assert answer.scale == "Scale 1 to 5, 1 is best"


def test_unanswered_questions_are_listed_as_such() -> None:
    answers = in_words(SCRIPT, [Answer(question_key="recommend", number=10)], language="sv")

    assert [(a.question, a.text) for a in answers] == [
        ("How satisfied?", None),
        ("Recommend us?", "10 of 10"),
    ]


def test_a_choice_is_told_by_its_label_and_a_yes_by_yes() -> None:
    choice = Question(
        "why", QuestionKind.CHOICE, {"sv": "Varför?"},
        choices=(Choice("1", "price", {"sv": "Priset"}),),
    )  # fmt: skip
    yes = Question("ok", QuestionKind.YES_NO, {"en": "Ok?"})
    script = SurveyScript("s", "o", ("sv",), (choice, yes), {})
    given = [Answer(question_key="why", choice="price"), Answer(question_key="ok", choice="yes")]

    answers = in_words(script, given, language="sv")

    assert [(a.question, a.language, a.text) for a in answers] == [
        ("Varför?", "sv", "Priset"),
        ("Ok?", "en", "Yes"),
    ]
