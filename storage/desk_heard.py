"""What somebody heard at the desk before the questions took its place in the same call.

The call's row tells where it stands now, and of which version the questions are; what the desk said
for whom and why may have stood in another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.insertion import insert_missing
from storage.many_ids import among
from storage.tables import Call, CallEvent

_KIND: Final = "desk"


@dataclass(frozen=True, slots=True)
class Heard:
    """The survey version that the desk spoke from, and the language it ended in."""

    version_id: UUID
    language: str


def note(session: Session, call: Call, heard: Heard, *, at: datetime) -> None:
    """Keep what the desk said, as a step of the call; the caller holds the call's row."""
    row: dict[str, Any] = {
        "organisation_id": call.organisation_id,
        "call_id": call.id,
        "kind": _KIND,
        "dedup_key": _KIND,
        "facts": {"version": str(heard.version_id), "language": heard.language},
        "happened_at": at,
    }
    insert_missing(session, CallEvent, [row])


def of_calls(session: Session, organisation_id: UUID, calls: Sequence[UUID]) -> dict[UUID, Heard]:
    """What the desk said in those of the calls that went on from it."""
    mine = CallEvent.organisation_id == organisation_id, CallEvent.kind == _KIND
    theirs = among(session, CallEvent.call_id, calls)
    rows = session.scalars(select(CallEvent).where(*mine, theirs))
    return {one.call_id: Heard(UUID(one.facts["version"]), one.facts["language"]) for one in rows}
