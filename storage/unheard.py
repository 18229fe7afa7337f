"""Calls that ended while they recorded, and of whose recording nobody has told us.

Both messages about a recording can be lost when the web is away at that moment. Until the provider
was asked, what somebody said may lie there: neither call nor recording is deleted meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session, aliased

from storage.insertion import insert_missing
from storage.tables import Call, CallEvent

_ENDED: Final = "unheard"
_ASKED: Final = "unheard-asked"


@dataclass(frozen=True, slots=True)
class Unheard:
    """The visit of a call that may have recorded something; `since` is when its end was noted."""

    call_id: UUID
    visit: int
    since: datetime


def note(session: Session, call: Call, *, visit: int, at: datetime) -> None:
    """Have the provider asked about that visit's recording; the caller holds the call's row."""
    _insert(session, call, _ENDED, visit=visit, at=at)


def asked(session: Session, call: Call, *, visit: int, at: datetime) -> None:
    """Note that it is known by now what that visit recorded, if anything."""
    _insert(session, call, _ASKED, visit=visit, at=at)


def pending(session: Session, *, noted_before: datetime, limit: int) -> list[Unheard]:
    """What the provider is still to be asked about, the oldest first."""
    wanted = _open().where(CallEvent.happened_at <= noted_before)
    rows = session.scalars(wanted.order_by(CallEvent.happened_at).limit(limit)).all()
    return [Unheard(row.call_id, row.facts["visit"], row.happened_at) for row in rows]


def concerns(session: Session, provider_sids: Sequence[str]) -> set[str]:
    """Those of the calls, by their names at the provider, that it is still to be asked about."""
    wanted = _open().join(Call, Call.id == CallEvent.call_id)
    wanted = wanted.where(Call.provider_sid.in_(provider_sids))
    return {sid for sid in session.scalars(wanted.with_only_columns(Call.provider_sid)) if sid}


def _open() -> Select[CallEvent]:
    answer = aliased(CallEvent)
    done = exists().where(answer.call_id == CallEvent.call_id, answer.kind == _ASKED)
    return select(CallEvent).where(CallEvent.kind == _ENDED, ~done)


def _insert(session: Session, call: Call, kind: str, *, visit: int, at: datetime) -> None:
    row: dict[str, Any] = {
        "organisation_id": call.organisation_id,
        "call_id": call.id,
        "kind": kind,
        "dedup_key": f"{kind}:{visit}",
        "facts": {"visit": visit},
        "happened_at": at,
    }
    insert_missing(session, CallEvent, [row])
