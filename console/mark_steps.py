"""Who marked something as sensitive and who took that back: lines of the listening log, and shown.

The lines go with the log, by age; what is marked stays so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.visitor import Visitor
from storage import sign_in_names
from storage.house import house
from storage.identity import new_id
from storage.listening_words import MARKS, Act, Purpose
from storage.tables import Comment, Listening, Message, Role, User

_ROLE: Final[Mapping[Role, str]] = {
    Role.STAFF: "staff",
    Role.SUPERVISOR: "a supervisor",
    Role.OFFICER: "a privacy officer",
    Role.CLIENT: "the client company",
    Role.OPERATOR: "who runs the machine",
}


@dataclass(frozen=True, slots=True)
class MarkStep:
    """One step in words, and when it was."""

    what: str
    at: datetime


def note(
    session: Session, who: Visitor, row: Comment | Message, *, is_marked: bool, at: datetime
) -> None:
    """Put on record that the visitor marked it, or took the mark back."""
    session.add(
        Listening(
            organisation_id=row.organisation_id,
            user_id=who.user_id,
            item_id=row.id,
            act=Act.MARKED if is_marked else Act.UNMARKED,
            purpose=Purpose.OVERSIGHT if who.role is Role.OFFICER else None,
            sitting_id=new_id(),
            listened_at=at,
        )
    )


def of(session: Session, who: Visitor, items: Sequence[UUID]) -> dict[UUID, list[MarkStep]]:
    """The steps about each item, the oldest first; a client company is told roles, not names."""
    lines = session.execute(
        select(Listening, User)
        .outerjoin(User, User.id == Listening.user_id)
        .where(Listening.item_id.in_(items), Listening.act.in_(MARKS), who.sees(Listening))
        .order_by(Listening.listened_at, Listening.id)
    ).all()
    users = {user.id: user for _, user in lines if user is not None}
    names = sign_in_names.names_of(house().keyring, users.values())
    found: dict[UUID, list[MarkStep]] = {}
    for line, user in lines:
        what = "Marked by" if line.act is Act.MARKED else "Mark taken back by"
        step = MarkStep(f"{what} {_named(user, names, who)}", line.listened_at)
        found.setdefault(line.item_id, []).append(step)
    return found


def _named(user: User | None, names: Mapping[UUID, str], who: Visitor) -> str:
    if user is None:
        return "somebody"
    role = _ROLE.get(user.role, user.role.value)
    if who.role is Role.CLIENT or user.erased_at is not None:
        return role
    return f"{names[user.id]}, {role}"
