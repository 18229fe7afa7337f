"""Who heard and read what a person said and wrote, as the package tells it: by role, never by name.

Of what was opened about a case it tells when that case was opened, which leads to it among the
matters; of lines from before purposes were noted, none.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from privacy.access_moments import Document, among, at
from storage.listening_words import MARKS, Act
from storage.tables import Case, Listening, User

YOURSELF: Final = "yourself"
_SECTION: Final[Mapping[Act, str]] = {Act.HEARD: "listened_to", Act.READ: "read_by"}


def of(session: Session, organisation_id: UUID, items: Sequence[UUID]) -> dict[UUID, Document]:
    """The lines of the listening log about each item, oldest first: `listened_to` and `read_by`."""
    lines = among(session, Listening, Listening.item_id, items, organisation_id)
    rows = [one for one in lines if one.act in _SECTION]
    roles = _roles(session, (one.user_id for one in rows))
    cases = {
        one.id: one.opened_at
        for one in among(session, Case, Case.id, [one.case_id for one in rows], organisation_id)
    }
    found: dict[UUID, Document] = {item: {"listened_to": [], "read_by": []} for item in items}
    for one in sorted(rows, key=lambda row: (row.listened_at, row.id)):
        found[one.item_id][_SECTION[one.act]].append(
            {
                "by": YOURSELF if one.user_id is None else roles.get(one.user_id),
                "at": at(one.listened_at),
                "purpose": None if one.purpose is None else one.purpose.value,
                "case_opened_at": at(cases.get(one.case_id)),
            }
        )
    return found


def marks(
    session: Session, organisation_id: UUID, items: Sequence[UUID]
) -> dict[UUID, list[Document]]:
    """Who marked each item as sensitive and who took that back, by role, the oldest first."""
    lines = among(session, Listening, Listening.item_id, items, organisation_id)
    rows = [one for one in lines if one.act in MARKS]
    roles = _roles(session, (one.user_id for one in rows))
    found: dict[UUID, list[Document]] = {item: [] for item in items}
    for one in sorted(rows, key=lambda row: (row.listened_at, row.id)):
        role = None if one.user_id is None else roles.get(one.user_id)
        found[one.item_id].append({"by": role, "at": at(one.listened_at), "step": one.act.value})
    return found


def _roles(session: Session, users: Iterable[UUID | None]) -> dict[UUID, str]:
    known = {one for one in users if one is not None}
    rows = session.scalars(select(User).where(User.id.in_(known)))
    return {one.id: one.role.value for one in rows}
