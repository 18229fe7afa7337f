"""Whose questions a call asks and what came back so far: what a turn needs to know, in one look.

Read as plain columns and not as rows of the session: nothing of it is changed, and a turn reads it
every time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, bindparam, null, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import String

from storage.states import FollowUp
from storage.tables import Answer, Attempt, Comment, Invitation, Response
from survey.script import QuestionKind, SurveyScript


@dataclass(frozen=True, slots=True)
class ResponseId:
    """Which response, and whose."""

    organisation_id: UUID
    id: UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """An invitation and what it brought; `response` is None until something came back."""

    organisation_id: UUID
    invitation_id: UUID
    campaign_id: UUID
    customer_id: UUID
    response: ResponseId | None = None
    follow_up: FollowUp = FollowUp.NOT_ASKED
    # Question key to score, choice, or kind of comment.
    values: Mapping[str, int | str] = field(default_factory=dict)

    def answered(self, script: SurveyScript) -> dict[str, int | str]:
        """Question key to stored value, for every question that need not be asked again.

        A comment counts as answered whatever became of its sound: nobody says it twice.
        """
        known = dict(self.values)
        if self.follow_up is not FollowUp.NOT_ASKED:
            asked = (one.key for one in script.questions if one.kind is QuestionKind.FOLLOW_UP)
            known |= dict.fromkeys(asked, self.follow_up.value)
        return known


def of_invitation(session: Session, invitation: Invitation) -> Standing:
    """How that invitation stands."""
    return _read(session, _OF_INVITATION, invitation.organisation_id, invitation.id)


def of_attempt(session: Session, organisation_id: UUID, attempt_id: UUID) -> Standing:
    """How the invitation of that attempt stands; raises LookupError when there is none."""
    return _read(session, _OF_ATTEMPT, organisation_id, attempt_id)


def _look(invitation_id: ColumnElement[UUID]) -> CompoundSelect[Any]:
    """A line for each answer, at least one, and a line for each comment."""
    invitation: tuple[InstrumentedAttribute[Any], ...] = (
        Invitation.organisation_id,
        Invitation.id,
        Invitation.campaign_id,
        Invitation.customer_id,
        Response.id,
        Response.follow_up,
    )
    this_one = (
        Invitation.organisation_id == bindparam("organisation_id"),
        Invitation.id == invitation_id,
    )
    theirs = Response.invitation_id == Invitation.id
    answers = (
        select(*invitation, Answer.question_key, Answer.number, Answer.choice)
        .outerjoin(Response, theirs)
        .outerjoin(Answer, Answer.response_id == Response.id)
        .where(*this_one)
    )
    comments = (
        select(*invitation, Comment.question_key, null(), type_coerce(Comment.kind, String))
        .join(Response, theirs)
        .join(Comment, Comment.response_id == Response.id)
        .where(*this_one)
    )
    return answers.union_all(comments)


# Made once: every turn asks.
_OF_INVITATION = _look(bindparam("item", type_=Invitation.id.type))
_OF_ATTEMPT = _look(
    select(Attempt.invitation_id).where(Attempt.id == bindparam("item")).scalar_subquery()
)


def _read(
    session: Session, look: CompoundSelect[Any], organisation_id: UUID, item: UUID
) -> Standing:
    # On the connection: the session's way of reading costs a turn as much again as the look itself.
    names = {"organisation_id": organisation_id, "item": item}
    lines = session.connection().execute(look, names).all()
    if not lines:
        raise LookupError(f"no invitation for {item}")
    owner, invitation_id, campaign_id, customer_id, response_id, follow_up, *_ = lines[0]
    values: dict[str, int | str] = {}
    for *_, key, number, text in lines:
        value = text if number is None else number
        if value is not None:
            values[key] = value
    return Standing(
        organisation_id=owner,
        invitation_id=invitation_id,
        campaign_id=campaign_id,
        customer_id=customer_id,
        response=None if response_id is None else ResponseId(owner, response_id),
        follow_up=follow_up or FollowUp.NOT_ASKED,
        values=values,
    )
