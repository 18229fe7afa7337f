"""Correcting a score on its person's request: the new one stands in its place, also in figures."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import statistic_cells
from storage.faults import GiveUp
from storage.tables import (
    Answer,
    Customer,
    Interaction,
    Invitation,
    Response,
    SurveyVersion,
)
from survey.script_document import from_document


class NoSuchScoreError(GiveUp):
    """The person gave no such score, or the new one is not on its scale; nothing was changed."""


def correct_score(
    session: Session, customer: Customer, *, case_reference: str, question: str, number: int
) -> None:
    """Write another score over what the customer answered about that case.

    The old one is not kept, and a figure that holds it holds the new one instead. Raises
    NoSuchScoreError.
    """
    found = session.execute(
        select(Answer, Response.survey_version_id)
        .join(Response, Response.id == Answer.response_id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Interaction, Interaction.id == Invitation.interaction_id)
        .where(
            Answer.organisation_id == customer.organisation_id,
            Invitation.customer_id == customer.id,
            Interaction.case_reference == case_reference,
            Answer.question_key == question,
            Answer.number.is_not(None),
        )
    ).all()
    if not found:
        raise NoSuchScoreError(f"there is no score of this person for {question!r} in that case")
    for answer, version_id in found:
        lowest, highest = _scale(session, version_id, question)
        if not lowest <= number <= highest:
            raise NoSuchScoreError(f"{question} has a scale from {lowest} to {highest}")
        statistic_cells.correct(session, answer, number=number)


def _scale(session: Session, version_id: UUID, question: str) -> tuple[int, int]:
    script = from_document(session.get_one(SurveyVersion, version_id).document)
    asked = next(one for one in script.questions if one.key == question)
    lowest = 0 if asked.lowest is None else asked.lowest
    return lowest, 10 if asked.highest is None else asked.highest
