"""The usual call of a turn, found, locked and looked at in one statement, as plain values.

To load its row, to watch it and to let go of it takes the session as long as the database takes for
two statements. A call that is anything but usual is read as its row, where all the rest reads it.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session, aliased

from storage.prepared import Prepared
from storage.states import CALL_OVER
from storage.tables import Answer, Attempt, Call, Comment, Invitation, Response
from survey import standing
from survey.standing import Standing


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call about an invitation that is named, has begun and is not over: what a turn needs."""

    id: UUID
    organisation_id: UUID
    attempt_id: UUID
    survey_version_id: UUID
    provider_sid: str
    flow: dict[str, Any]
    caller_hash: bytes | None
    standing: Standing


_seen = aliased(Call)
_LOCK = Prepared(
    select(
        Call.id,
        Call.organisation_id,
        Call.state,
        Call.attempt_id,
        Call.survey_version_id,
        Call.provider_sid,
        Call.flow,
        Call.caller_hash,
        Call.flow.is_distinct_from(_seen.flow).label("overtaken"),
        Invitation.id.label("invitation_id"),
        Invitation.campaign_id,
        Invitation.customer_id,
        Response.id.label("response_id"),
        Response.follow_up,
        Answer.question_key,
        Answer.number,
        Answer.choice,
        Comment.question_key.label("comment_key"),
        Comment.kind,
    )
    .select_from(Call)
    .join(_seen, _seen.id == Call.id)
    .outerjoin(Attempt, Attempt.id == Call.attempt_id)
    .outerjoin(
        Invitation,
        and_(
            Invitation.id == Attempt.invitation_id,
            Invitation.organisation_id == Call.organisation_id,
        ),
    )
    .outerjoin(Response, Response.invitation_id == Invitation.id)
    .outerjoin(Answer, Answer.response_id == Response.id)
    .outerjoin(Comment, Comment.response_id == Response.id)
    .where(Call.token == bindparam("token"))
    .with_for_update(of=Call)
)


def lock_for_turn(session: Session, token: str) -> LiveCall | Call | None:
    """The call with that webhook token, locked until the transaction ends; None for no call.

    The usual call comes as plain values, any other as its row.
    """
    lines = _LOCK.rows(session, {"token": token})
    if not lines:
        return None
    call_id, owner, state, attempt_id, version_id, sid, flow, caller_hash, overtaken = lines[0][:9]
    invitation_id, campaign_id, customer_id, response_id, follow_up = lines[0][9:14]
    if state in CALL_OVER or None in (attempt_id, version_id, sid, flow, invitation_id):
        return session.get_one(Call, call_id)
    ids = (owner, invitation_id, campaign_id, customer_id)
    if overtaken:
        # Whoever held the lock before us wrote to more rows than this one, and what we saw of those
        # is as old as our question.
        stands = standing.of_ids(session, *ids)
    else:
        told = (pair for line in lines for pair in _told(*line[14:]))
        stands = standing.of_lines(*ids, response_id, follow_up, told)
    return LiveCall(call_id, owner, attempt_id, version_id, sid, flow, caller_hash, stands)


def _told(
    key: str | None, number: int | None, choice: str | None, comment_key: str | None, kind: Any
) -> tuple[tuple[str | None, int | str | None], ...]:
    """An answer and a comment of one line; either may be missing, and both are in several lines."""
    return (key, choice if number is None else number), (comment_key, kind and kind.value)
