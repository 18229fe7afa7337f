"""Which columns an export has: a question keeps its own for as long as any version asked it."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.tables import Organisation, SurveyVersion

_SPOKEN_KINDS: Final = ("comment",)
UNASKED_KINDS: Final = ("follow_up",)
"""Questions whose answers have a column of their own anyway."""


@dataclass(frozen=True, slots=True)
class QuestionColumns:
    """The question keys of an organisation's surveys, in the order of their first asking."""

    answers: tuple[str, ...]
    comments: tuple[str, ...]


def question_columns(session: Session, organisation: Organisation) -> QuestionColumns:
    """Every question any version of the organisation's surveys ever asked."""
    documents = session.scalars(
        select(SurveyVersion.document)
        .where(SurveyVersion.organisation_id == organisation.id)
        .order_by(SurveyVersion.survey_key, SurveyVersion.number)
    )
    answers: dict[str, None] = {}
    comments: dict[str, None] = {}
    for document in documents:
        for question in document["questions"]:
            if question["kind"] in _SPOKEN_KINDS:
                comments[question["key"]] = None
            elif question["kind"] not in UNASKED_KINDS:
                answers[question["key"]] = None
    return QuestionColumns(tuple(answers), tuple(comments))
