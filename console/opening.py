"""The listening log: who heard or read what a person said or wrote, when, and what it was for.

A line for each user, item and stay, however often a page is opened or refreshes itself: a page of
words whose lines are all there costs one question, any other one insert.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.visitor import Visitor
from storage.house import reading, transaction
from storage.insertion import insert_missing
from storage.listening_words import Act, Purpose
from storage.tables import Case, Comment, Invitation, Listening, Recording, Response, Role


@dataclass(frozen=True, slots=True)
class Opened:
    """A recording or a typed comment, and to which response it belongs; a message to none."""

    item_id: UUID
    organisation_id: UUID
    response_id: UUID | None = None


def note_reading(who: Visitor, opened: Sequence[Opened | None], *, at: datetime) -> None:
    """Put on record that the visitor has these words before them; None stands for no words."""
    _note(who, [one for one in opened if one is not None], Act.READ, at=at)


def note_listening(who: Visitor, recording: Recording, *, at: datetime) -> None:
    """Put on record that the visitor hears the recording, however many parts the player asks."""
    with reading() as session:
        response = session.scalar(
            select(Comment.response_id).where(Comment.id == recording.comment_id)
        )
    _note(who, [Opened(recording.id, recording.organisation_id, response)], Act.HEARD, at=at)


def _note(who: Visitor, opened: Sequence[Opened], act: Act, *, at: datetime) -> None:
    with reading() as session:
        known = _noted(session, who, [one.item_id for one in opened], act) if opened else set()
        new = [one for one in opened if one.item_id not in known]
        cases = _open_cases(session, [one.response_id for one in new])
    if not new:
        return
    with transaction() as session:
        insert_missing(session, Listening, [_line(who, one, act, cases, at=at) for one in new])


def _line(
    who: Visitor, one: Opened, act: Act, cases: Mapping[UUID, UUID], *, at: datetime
) -> dict[str, object]:
    case = None if one.response_id is None else cases.get(one.response_id)
    if who.role is Role.OFFICER:
        purpose, case = Purpose.OVERSIGHT, None
    elif one.response_id is None:
        purpose = Purpose.MESSAGE
    else:
        purpose = Purpose.FEEDBACK if case is None else Purpose.CASE
    return {
        "organisation_id": one.organisation_id,
        "user_id": who.user_id,
        "item_id": one.item_id,
        "act": act,
        "purpose": purpose,
        "case_id": case,
        "sitting_id": who.sitting_id,
        "listened_at": at,
    }


def _noted(session: Session, who: Visitor, items: Sequence[UUID], act: Act) -> set[UUID]:
    return set(
        session.scalars(
            select(Listening.item_id).where(
                Listening.user_id == who.user_id,
                Listening.item_id.in_(items),
                Listening.sitting_id == who.sitting_id,
                Listening.act == act,
                who.sees(Listening),
            )
        )
    )


def _open_cases(session: Session, responses: Sequence[UUID | None]) -> dict[UUID, UUID]:
    """The newest open case about each response that has one."""
    wanted = [one for one in responses if one is not None]
    if not wanted:
        return {}
    rows = session.execute(
        select(Response.id, Case.id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Case, Case.interaction_id == Invitation.interaction_id)
        .where(
            Response.id.in_(wanted),
            Case.organisation_id == Response.organisation_id,
            Case.closed_at.is_(None),
        )
        .order_by(Case.opened_at, Case.id)
    )
    return dict(rows.all())
