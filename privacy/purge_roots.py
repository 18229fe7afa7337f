"""With which rows what is due goes: an answer with its invitation, a message with its call.

Everything of an invitation or a call hangs on it, so nothing of it stays behind.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy.kinds import Kind
from storage.many_ids import among
from storage.tables import Answer, Call, Invitation, Message, Response, Row

ROOTS: Final[dict[type[Row], type[Row]]] = {
    Answer: Invitation,
    Response: Invitation,
    Message: Call,
}
"""The table whose rows go where those of another one are due: everything of theirs hangs there."""


def roots_of(
    session: Session, kind: Kind, items: Sequence[UUID]
) -> tuple[type[Row], Sequence[UUID]]:
    """The rows with which everything of these items goes."""
    of: dict[type[Row], Any] = {
        Answer: select(Response.invitation_id)
        .join(Answer, Answer.response_id == Response.id)
        .where(among(session, Answer.id, items)),
        Response: select(Response.invitation_id).where(among(session, Response.id, items)),
        Message: select(Message.call_id).where(among(session, Message.id, items)),
    }
    if kind.table not in of:
        return kind.table, list(items)
    return ROOTS[kind.table], session.scalars(of[kind.table]).all()
