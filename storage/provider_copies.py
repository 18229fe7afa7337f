"""What of ours lies at the provider: noted as soon as its sid is known, let go when not needed."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from storage.house import house
from storage.insertion import insert_missing
from storage.prepared import Prepared
from storage.provider import account_of
from storage.queue import JobName
from storage.states import ProviderCopyState
from storage.tables import ProviderCopy


class CopyKind(StrEnum):
    """What kind of thing lies there."""

    RECORDING = "recording"
    CALL = "call"
    MESSAGE = "message"


# Made once: every call asks.
_NOTED: Final = select(ProviderCopy).where(
    ProviderCopy.kind == bindparam("kind"), ProviderCopy.provider_sid == bindparam("sid")
)
_PRESENT: Final = _NOTED.where(ProviderCopy.state == ProviderCopyState.PRESENT).with_for_update()
_LATER: Final = Prepared(
    update(ProviderCopy).where(
        ProviderCopy.kind == bindparam("of"),
        ProviderCopy.provider_sid == bindparam("sid"),
        ProviderCopy.state == ProviderCopyState.PRESENT,
        or_(ProviderCopy.delete_at.is_(None), ProviderCopy.delete_at > bindparam("than")),
    ),
    sets=("delete_at",),
)


def note(
    session: Session,
    kind: CopyKind,
    provider_sid: str,
    *,
    organisation_id: UUID | None,
    at: datetime,
    call_sid: str | None = None,
) -> ProviderCopy:
    """The row of that thing, made once; still needed there until `let_go`.

    `call_sid` names the call that a recording hangs below, because it must go before its call.
    """
    row = {
        "organisation_id": organisation_id,
        "kind": kind.value,
        "provider_sid": provider_sid,
        "account": account_of(house().settings),
        "call_sid": call_sid,
        "created_at": at,
    }
    insert_missing(session, ProviderCopy, [row])
    copy = session.scalars(_NOTED, {"kind": kind.value, "sid": provider_sid}).one()
    if copy.call_sid is None:
        copy.call_sid = call_sid
    return copy


def note_all(
    session: Session, kind: CopyKind, things: Iterable[tuple[str, UUID]], *, at: datetime
) -> None:
    """`note` for many things, each with its organisation."""
    account = account_of(house().settings)
    rows = [
        {
            "organisation_id": owner,
            "kind": kind.value,
            "provider_sid": sid,
            "account": account,
            "call_sid": None,
            "created_at": at,
        }
        for sid, owner in things
    ]
    insert_missing(session, ProviderCopy, rows)


def let_go(
    session: Session,
    kind: CopyKind,
    provider_sid: str,
    *,
    at: datetime,
    now: datetime | None = None,
) -> None:
    """Have the noted thing deleted at the provider from `at` on; an earlier wish stays.

    What is to stay until later than `now` is rung for by the sweep when its time has come. Nothing
    happens for a sid that was never noted, or that is gone already.
    """
    if now is not None and at > now:
        _LATER.write(session, {"of": kind.value, "sid": provider_sid, "delete_at": at, "than": at})
        return
    copy = session.scalars(_PRESENT, {"kind": kind.value, "sid": provider_sid}).one_or_none()
    if copy is None or (copy.delete_at is not None and copy.delete_at <= at):
        return
    copy.delete_at = at
    session.flush()
    house().bell.ring_after(session, JobName.DELETE_AT_PROVIDER, copy.id)


def let_go_all(
    session: Session,
    things: Iterable[tuple[CopyKind, str]],
    *,
    organisation_id: UUID,
    at: datetime,
) -> None:
    """Have many things deleted at the provider, also those never noted; the next sweep rings."""
    account = account_of(house().settings)
    by_kind: dict[CopyKind, list[str]] = {}
    for kind, provider_sid in things:
        by_kind.setdefault(kind, []).append(provider_sid)
    for kind, sids in by_kind.items():
        rows = [
            {
                "organisation_id": organisation_id,
                "kind": kind.value,
                "provider_sid": sid,
                "account": account,
                "created_at": at,
            }
            for sid in sids
        ]
        insert_missing(session, ProviderCopy, rows)
        session.execute(
            update(ProviderCopy)
            .where(
                ProviderCopy.kind == kind.value,
                ProviderCopy.provider_sid.in_(sids),
                ProviderCopy.state == ProviderCopyState.PRESENT,
                or_(ProviderCopy.delete_at.is_(None), ProviderCopy.delete_at > at),
            )
            .values(delete_at=at)
        )
