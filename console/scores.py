"""Answers in words: what was asked, what the number means, and which end of the scale is good."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from storage.tables import Answer, Response, SurveyVersion
from survey.asked_as import asked_as, by_question
from survey.script import Direction, Question, QuestionKind, SurveyScript
from survey.script_document import from_document

SCORES: Final = (QuestionKind.CSAT, QuestionKind.NPS, QuestionKind.CES)
_PAGE_LANGUAGE: Final = "en"


class Band(StrEnum):
    """Where on its scale a score lies, turned so that high is good."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


_MEANING: Final[Mapping[QuestionKind, Mapping[Band, str]]] = {
    QuestionKind.NPS: {Band.LOW: "Detractor", Band.MIDDLE: "Passive", Band.HIGH: "Promoter"},
    QuestionKind.CSAT: {
        Band.LOW: "Dissatisfied",
        Band.MIDDLE: "Neither satisfied nor dissatisfied",
        Band.HIGH: "Satisfied",
    },
    QuestionKind.CES: {Band.LOW: "Hard", Band.MIDDLE: "Neither easy nor hard", Band.HIGH: "Easy"},
}
_NAME: Final = {
    QuestionKind.NPS: "Recommend",
    QuestionKind.CSAT: "Satisfaction",
    QuestionKind.CES: "Ease",
}


@dataclass(frozen=True, slots=True)
class Score:
    """One score beside a comment or in a list."""

    name: str
    number: int
    highest: int
    band: Band
    meaning: str


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """A question as it was heard, and its answer in words; `text` is None when unanswered."""

    question: str
    language: str
    text: str | None
    remark: str | None = None
    scale: str | None = None
    score: Score | None = None
    steps: tuple[int, ...] = ()


def scripts(session: Session, versions: Iterable[UUID]) -> dict[UUID, SurveyScript]:
    """The scripts of these survey versions."""
    found = session.scalars(select(SurveyVersion).where(SurveyVersion.id.in_(set(versions))))
    return {version.id: from_document(version.document) for version in found}


def band(question: Question, number: int) -> Band:
    """Which band a score of that question falls into."""
    if question.kind is QuestionKind.NPS:
        return Band.LOW if number <= 6 else Band.MIDDLE if number <= 8 else Band.HIGH
    lowest, highest = ends(question)
    part = (number - lowest) / (highest - lowest)
    if question.direction is Direction.LOW_IS_GOOD:
        part = 1 - part
    return Band.LOW if part < 0.4 else Band.HIGH if part > 0.6 else Band.MIDDLE


def score(question: Question, number: int) -> Score:
    """The score of a question with its meaning."""
    found = band(question, number)
    return Score(
        name=_NAME[question.kind],
        number=number,
        highest=ends(question)[1],
        band=found,
        meaning=_MEANING[question.kind][found],
    )


def scores(script: SurveyScript, answers: Sequence[Answer]) -> tuple[Score, ...]:
    """The scores among the answers of one response, in the order they were asked."""
    given = {answer.question_key: answer for answer in answers}
    return tuple(
        score(question, given[question.key].number or 0)
        for question in script.questions
        if question.kind in SCORES
        and question.key in given
        and given[question.key].number is not None
    )


def in_words(
    script: SurveyScript, answers: Sequence[Answer], *, language: str
) -> tuple[ShownAnswer, ...]:
    """Every scored or chosen question of the script with its answer, in the order it was asked."""
    given = {answer.question_key: answer for answer in answers}
    asked = (q for q in script.questions if q.kind in SCORES or q.kind in _CHOSEN)
    heard = by_question(answers)
    return tuple(
        _in_words(q, given.get(q.key), prompt(q, language, heard), language) for q in asked
    )


def ends(question: Question) -> tuple[int, int]:
    """The lowest and the highest number of the question's scale."""
    lowest = 0 if question.lowest is None else question.lowest
    highest = 10 if question.highest is None else question.highest
    return lowest, max(highest, lowest + 1)


def prompt(question: Question, language: str, answered: Mapping[str, int | str]) -> tuple[str, str]:
    """The question as it was put to somebody with these answers, and in which language that is.

    In the page's language if it has it, else as it was heard.
    """
    texts = asked_as(question, answered)
    for tag in (_PAGE_LANGUAGE, language, *texts):
        if tag in texts:
            return texts[tag], tag
    return question.key, _PAGE_LANGUAGE


def scored(versions: Mapping[UUID, SurveyScript], wanted: Band) -> ColumnElement[bool]:
    """The condition that a response has a score in the wanted band, and none in a lower one.

    A response counts by its worst score, because that is the one somebody should look at.
    """
    worse = {Band.LOW: (), Band.MIDDLE: (Band.LOW,), Band.HIGH: (Band.LOW, Band.MIDDLE)}[wanted]
    return and_(_has(versions, (wanted,)), ~_has(versions, worse) if worse else ~false())


_CHOSEN: Final = (QuestionKind.CHOICE, QuestionKind.YES_NO)


def _has(versions: Mapping[UUID, SurveyScript], bands: Sequence[Band]) -> ColumnElement[bool]:
    clauses = []
    for version, script in versions.items():
        for question in script.questions:
            if question.kind not in SCORES:
                continue
            lowest, highest = ends(question)
            numbers = [n for n in range(lowest, highest + 1) if band(question, n) in bands]
            clauses.append(
                and_(
                    Response.survey_version_id == version,
                    Answer.question_key == question.key,
                    Answer.number.in_(numbers),
                )
            )
    return exists().where(Answer.response_id == Response.id, or_(false(), *clauses))


def _in_words(
    question: Question, answer: Answer | None, put: tuple[str, str], language: str
) -> ShownAnswer:
    asked, tag = put
    if question.kind in SCORES:
        lowest, highest = ends(question)
        best = lowest if question.direction is Direction.LOW_IS_GOOD else highest
        scale = f"Scale {lowest} to {highest}, {best} is best"
        steps = tuple(range(lowest, highest + 1))
        if answer is None or answer.number is None:
            return ShownAnswer(asked, tag, None, scale=scale, steps=steps)
        shown = score(question, answer.number)
        text = f"{shown.number} of {highest}"
        return ShownAnswer(asked, tag, text, shown.meaning, scale, shown, steps)
    if answer is None or answer.choice is None:
        return ShownAnswer(asked, tag, None)
    return ShownAnswer(asked, tag, _label(question, answer.choice, language))


def _label(question: Question, value: str, language: str) -> str:
    for choice in question.choices:
        if choice.value == value:
            for tag in (_PAGE_LANGUAGE, language, *choice.label):
                if tag in choice.label:
                    return choice.label[tag]
    return {"yes": "Yes", "no": "No"}.get(value, value)
