"""The usual callback of a call on its way: it moves one row and leaves one event.

As with the usual turn, the session would take longer over it than the database. Whatever is not
quite usual is left to where all the rest is done.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from ivr.conversations import CallId, note_event
from ivr.events import StatusTold
from storage.prepared import Prepared
from storage.states import (
    CALL_FOLLOWS,
    CALL_OVER,
    AttemptState,
    CallState,
    Verdict,
    judge,
)
from storage.tables import Attempt, Call, Invitation
from survey import said_since

_LOCK: Final = Prepared(
    select(
        Call.id,
        Call.organisation_id,
        Call.state,
        Call.provider_sid,
        Call.answered_at,
        Attempt.id.label("attempt_id"),
        Attempt.state.label("attempt_state"),
        Attempt.answered_by,
        said_since.unwanted().label("unwanted"),
    )
    .join(Attempt, Attempt.id == Call.attempt_id)
    .join(Invitation, Invitation.id == Attempt.invitation_id)
    .where(Call.token == bindparam("token"))
    .with_for_update(of=Call)
)
_MOVE: Final = Prepared(
    update(Call).where(Call.id == bindparam("item")), sets=("state", "answered_at")
)
_GUESS: Final = Prepared(
    update(Attempt).where(Attempt.id == bindparam("item")), sets=("answered_by",)
)


def take_usual(
    session: Session, token: str, told: StatusTold, *, facts: dict[str, Any], at: datetime
) -> bool:
    """Take the status of a call that is placed, wanted and goes on; False, and nothing is changed,
    when anything about it is not so.

    The call's row is locked then. What was seen of its attempt and of what its person said may be
    older than the lock; that matters to none of what is decided here.
    """
    lines = _LOCK.rows(session, {"token": token, "now": at})
    if not lines:
        return False
    (item, owner, state, sid, answered_at, attempt_id, attempt, answered_by, unwanted) = lines[0]
    if sid != told.call_sid or state in CALL_OVER or attempt is not AttemptState.PLACED or unwanted:
        return False
    verdict = judge(state, told.state, CALL_FOLLOWS)
    if verdict is Verdict.APPLIED:
        if told.state is CallState.IN_PROGRESS:
            answered_at = answered_at or at
        _MOVE.write(session, {"item": item, "state": told.state, "answered_at": answered_at})
    if told.answered_by is not None and answered_by is None:
        _GUESS.write(session, {"item": attempt_id, "answered_by": told.answered_by})
    note_event(
        session,
        CallId(item, owner),
        "status",
        dedup_key=told.dedup_key,
        facts=facts,
        verdict=verdict,
        at=at,
    )
    return True
