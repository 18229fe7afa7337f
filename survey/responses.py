"""What came back, as rows: one response per invitation, one answer per question, idempotent.

None of these commits. Telling the same thing twice changes nothing, so a doubled webhook and a
second call find the rows as the first one left them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import String, bindparam, null, select, type_coerce
from sqlalchemy.orm import Session

from storage.insertion import insert_missing
from storage.states import CommentKind, CommentState, FollowUp, ResponseState
from storage.tables import Answer, Comment, Invitation, Response
from survey.script import Direction, QuestionKind, SurveyScript

# What may still become of a response: a started or half one can grow, the others are final.
_GROWS: Final[Mapping[ResponseState, frozenset[ResponseState]]] = {
    ResponseState.STARTED: frozenset(
        {ResponseState.PARTIAL, ResponseState.COMPLETED, ResponseState.REFUSED}
    ),
    ResponseState.PARTIAL: frozenset({ResponseState.COMPLETED, ResponseState.REFUSED}),
    ResponseState.COMPLETED: frozenset(),
    ResponseState.REFUSED: frozenset(),
}

# Answers and comments in one look, a comment by its kind; made once, because every turn asks.
_ANSWERED = (
    select(Answer.question_key, Answer.number, Answer.choice)
    .where(
        Answer.organisation_id == bindparam("organisation_id"),
        Answer.response_id == bindparam("response_id"),
    )
    .union_all(
        select(Comment.question_key, null(), type_coerce(Comment.kind, String)).where(
            Comment.organisation_id == bindparam("organisation_id"),
            Comment.response_id == bindparam("response_id"),
        )
    )
)


def of_invitation(session: Session, invitation: Invitation) -> Response | None:
    """The response of that invitation, if anything came back yet."""
    wanted = select(Response).where(
        Response.organisation_id == invitation.organisation_id,
        Response.invitation_id == invitation.id,
    )
    return session.scalars(wanted).one_or_none()


def begin(
    session: Session, invitation: Invitation, *, version_id: UUID, language: str, at: datetime
) -> Response:
    """The response of that invitation, made once; `version_id` is what the person hears."""
    insert_missing(
        session,
        Response,
        [
            {
                "organisation_id": invitation.organisation_id,
                "campaign_id": invitation.campaign_id,
                "invitation_id": invitation.id,
                "survey_version_id": version_id,
                "language": language,
                "started_at": at,
            }
        ],
    )
    wanted = select(Response).where(Response.invitation_id == invitation.id)
    return session.scalars(wanted.with_for_update()).one()


def answered(session: Session, response: Response, script: SurveyScript) -> dict[str, int | str]:
    """Question key to stored value, for every question that need not be asked again.

    A comment counts as answered whatever became of its sound: nobody is asked to say it twice.
    """
    values: dict[str, int | str] = {}
    of_response = {"organisation_id": response.organisation_id, "response_id": response.id}
    for key, number, text in session.execute(_ANSWERED, of_response):
        value = text if number is None else number
        if value is not None:
            values[key] = value
    if response.follow_up is not FollowUp.NOT_ASKED:
        asked = (one.key for one in script.questions if one.kind is QuestionKind.FOLLOW_UP)
        values |= dict.fromkeys(asked, response.follow_up.value)
    return values


def give_answer(
    session: Session,
    response: Response,
    question_key: str,
    *,
    kind: QuestionKind,
    value: int | str,
    direction: Direction | None,
    at: datetime,
) -> None:
    """Store one score (int) or choice (str); the first answer to a question stands."""
    insert_missing(
        session,
        Answer,
        [
            {
                "organisation_id": response.organisation_id,
                "response_id": response.id,
                "question_key": question_key,
                "kind": kind.value,
                "number": value if isinstance(value, int) else None,
                "choice": value if isinstance(value, str) else None,
                "direction": direction.value if direction else None,
                "answered_at": at,
            }
        ],
    )


def give_comment(
    session: Session, response: Response, question_key: str, *, kind: CommentKind, at: datetime
) -> Comment:
    """The comment of that question, made once; its recordings and text hang on it."""
    insert_missing(
        session,
        Comment,
        [
            {
                "organisation_id": response.organisation_id,
                "response_id": response.id,
                "question_key": question_key,
                "kind": kind,
                "state": CommentState.WRITTEN
                if kind is CommentKind.TYPED
                else CommentState.RECORDED,
                "made_at": at,
            }
        ],
    )
    wanted = select(Comment).where(
        Comment.organisation_id == response.organisation_id,
        Comment.response_id == response.id,
        Comment.question_key == question_key,
    )
    return session.scalars(wanted).one()


def answer_follow_up(response: Response, *, yes: bool, wording: str, at: datetime) -> None:
    """Store whether we may get in touch, with the words heard; the first answer stands."""
    if response.follow_up is not FollowUp.NOT_ASKED:
        return
    response.follow_up = FollowUp.YES if yes else FollowUp.NO
    response.follow_up_wording, response.follow_up_at = wording, at


def conclude(response: Response, state: ResponseState, *, at: datetime) -> bool:
    """Move a response on to that state; False when it is there or further already."""
    if state not in _GROWS[response.state]:
        return False
    response.state = state
    if state is ResponseState.COMPLETED:
        response.completed_at = at
    return True


def refuse(response: Response, *, at: datetime) -> None:
    """The person objected: what is complete stays so, anything less ends as refused."""
    response.objected = True
    conclude(response, ResponseState.REFUSED, at=at)
