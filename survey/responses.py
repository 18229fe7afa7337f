"""What came back, as rows: one response per invitation, one answer per question, idempotent.

None of these commits. Telling the same thing twice changes nothing, so a doubled webhook and a
second call find the rows as the first one left them. Each write names what it may replace and is
one statement on the connection: the session would read the row first and compare it, in every turn.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, false, or_, select, update
from sqlalchemy.orm import Session

from storage.insertion import insert_later, insert_missing, insert_new
from storage.prepared import Prepared
from storage.states import CommentKind, CommentState, FollowUp, ResponseState
from storage.tables import Answer, Comment, Response
from survey import quotas
from survey.script import Direction, QuestionKind
from survey.standing import ResponseId, Standing

# What may still become of a response: a started or half one can grow, the others are final.
_GROWS: Final[Mapping[ResponseState, frozenset[ResponseState]]] = {
    ResponseState.STARTED: frozenset(
        {ResponseState.PARTIAL, ResponseState.COMPLETED, ResponseState.REFUSED}
    ),
    ResponseState.PARTIAL: frozenset({ResponseState.COMPLETED, ResponseState.REFUSED}),
    ResponseState.COMPLETED: frozenset(),
    ResponseState.REFUSED: frozenset(),
}

# Made once, like all statements of a turn.
_THIS: Final = update(Response).where(
    Response.organisation_id == bindparam("owner"), Response.id == bindparam("item")
)
_FIRST_PERMISSION: Final = Prepared(
    _THIS.where(Response.follow_up == FollowUp.NOT_ASKED),
    sets=("follow_up", "follow_up_wording", "follow_up_at"),
)
_GROW: Final = {
    state: Prepared(
        _THIS.where(
            or_(false(), *(Response.state == was for was, then in _GROWS.items() if state in then))
        ),
        sets=("state", "completed_at") if state is ResponseState.COMPLETED else ("state",),
    )
    for state in ResponseState
}
_OBJECT: Final = Prepared(_THIS, sets=("objected",))
_SPEAK: Final = Prepared(_THIS, sets=("language",))


def begin(
    session: Session, standing: Standing, *, version_id: UUID, language: str, at: datetime
) -> ResponseId:
    """The response of that invitation, made once; `version_id` is what the person hears."""
    made = insert_new(
        session,
        Response,
        {
            "organisation_id": standing.organisation_id,
            "campaign_id": standing.campaign_id,
            "invitation_id": standing.invitation_id,
            "survey_version_id": version_id,
            "language": language,
            "started_at": at,
        },
    )
    if made is None:
        there = select(Response.id).where(
            Response.organisation_id == standing.organisation_id,
            Response.invitation_id == standing.invitation_id,
        )
        made = session.scalars(there.with_for_update()).one()
    return ResponseId(standing.organisation_id, made)


def give_answer(
    session: Session,
    response: ResponseId,
    question_key: str,
    *,
    kind: QuestionKind,
    value: int | str,
    direction: Direction | None,
    at: datetime,
) -> None:
    """Store one score (int) or choice (str); the first answer to a question stands."""
    insert_later(
        session,
        Answer,
        {
            "organisation_id": response.organisation_id,
            "response_id": response.id,
            "question_key": question_key,
            "kind": kind.value,
            "number": value if isinstance(value, int) else None,
            "choice": value if isinstance(value, str) else None,
            "direction": direction.value if direction else None,
            "answered_at": at,
        },
        apart="question_key",
    )


def give_comment(
    session: Session, response: ResponseId, question_key: str, *, kind: CommentKind, at: datetime
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


def answer_follow_up(
    session: Session, response: ResponseId, *, yes: bool, wording: str, at: datetime
) -> None:
    """Store whether we may get in touch, with the words heard; the first answer stands."""
    _change(
        session,
        _FIRST_PERMISSION,
        response,
        follow_up=FollowUp.YES if yes else FollowUp.NO,
        follow_up_wording=wording,
        follow_up_at=at,
    )


def change_follow_up(
    session: Session, response: Response, said: FollowUp, *, wording: str, at: datetime
) -> bool:
    """Store that the person changed their mind; False where they did not, or were never asked.

    A yes that is taken back holds at once, because each contact is decided anew.
    """
    if response.follow_up in (said, FollowUp.NOT_ASKED):
        return False
    response.follow_up, response.follow_up_wording, response.follow_up_at = said, wording, at
    session.flush()
    return True


def conclude(session: Session, response: ResponseId, state: ResponseState, *, at: datetime) -> None:
    """Move a response on to that state, unless it is there or further already.

    One that becomes complete counts in the quotas of its segments, for good.
    """
    columns: dict[str, Any] = {"state": state}
    if state is ResponseState.COMPLETED:
        quotas.count_completed(session, response)
        columns["completed_at"] = at
    _change(session, _GROW[state], response, **columns)


def refuse(session: Session, response: ResponseId, *, at: datetime) -> None:
    """The person objected: what is complete stays so, anything less ends as refused."""
    _change(session, _OBJECT, response, objected=True)
    conclude(session, response, ResponseState.REFUSED, at=at)


def speak(session: Session, response: ResponseId, language: str) -> None:
    """Store the language that the person chose in the middle of a call."""
    _change(session, _SPEAK, response, language=language)


def _change(session: Session, statement: Prepared, response: ResponseId, **columns: Any) -> None:
    named = {"owner": response.organisation_id, "item": response.id, **columns}
    statement.write(session, named)
