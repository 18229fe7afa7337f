"""Whose questions a call asks and what came back so far: what a turn needs to know, in one look.

Read as plain columns and not as rows of the session: nothing of it is changed, and a turn reads it
every time.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import CompoundSelect, bindparam, null, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import String

from storage.prepared import Prepared
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
    return of_ids(
        session,
        invitation.organisation_id,
        invitation.id,
        invitation.campaign_id,
        invitation.customer_id,
    )


def of_attempt(session: Session, organisation_id: UUID, attempt_id: UUID) -> Standing:
    """How the invitation of that attempt stands; raises NoResultFound when there is none."""
    theirs = (
        select(Invitation)
        .join(Attempt, Attempt.invitation_id == Invitation.id)
        .where(Invitation.organisation_id == organisation_id, Attempt.id == attempt_id)
    )
    return of_invitation(session, session.scalars(theirs).one())


def of_ids(
    session: Session,
    organisation_id: UUID,
    invitation_id: UUID,
    campaign_id: UUID,
    customer_id: UUID,
) -> Standing:
    """How an invitation stands whose reader knows already whom it is about."""
    lines = _LOOK.rows(session, {"owner": organisation_id, "item": invitation_id})
    response_id, follow_up = lines[0][:2] if lines else (None, None)
    return of_lines(
        organisation_id,
        invitation_id,
        campaign_id,
        customer_id,
        response_id,
        follow_up,
        ((key, text if number is None else number) for *_, key, number, text in lines),
    )


def of_lines(
    organisation_id: UUID,
    invitation_id: UUID,
    campaign_id: UUID,
    customer_id: UUID,
    response_id: UUID | None,
    follow_up: FollowUp | None,
    told: Iterable[tuple[str | None, int | str | None]],
) -> Standing:
    """How an invitation stands, from what was read of it: question keys and what was said, if any,
    in any order and more than once."""
    return Standing(
        organisation_id=organisation_id,
        invitation_id=invitation_id,
        campaign_id=campaign_id,
        customer_id=customer_id,
        response=None if response_id is None else ResponseId(organisation_id, response_id),
        follow_up=follow_up or FollowUp.NOT_ASKED,
        values={key: value for key, value in told if key is not None and value is not None},
    )


def _look() -> CompoundSelect[UUID, FollowUp, str, int | None, str | None]:
    """A line for each answer, at least one if there is a response, and a line for each comment."""
    theirs = (
        Response.organisation_id == bindparam("owner"),
        Response.invitation_id == bindparam("item"),
    )
    answers = (
        select(Response.id, Response.follow_up, Answer.question_key, Answer.number, Answer.choice)
        .outerjoin(Answer, Answer.response_id == Response.id)
        .where(*theirs)
    )
    comments = (
        select(
            Response.id,
            Response.follow_up,
            Comment.question_key,
            null(),
            type_coerce(Comment.kind, String),
        )
        .join(Comment, Comment.response_id == Response.id)
        .where(*theirs)
    )
    return answers.union_all(comments)


# Made once: every turn asks.
_LOOK = Prepared(_look())
