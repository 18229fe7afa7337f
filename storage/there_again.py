"""What the provider said was gone and lists all the same: taken back, reported, deleted again."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from storage import alarms, receipt_notes
from storage.house import house
from storage.provider_copies import CopyKind
from storage.queue import JobName
from storage.receipts import Receipt, What
from storage.states import ProviderCopyState
from storage.tables import Alarm, ProviderCopy

log = logging.getLogger(__name__)

ALARM: Final = "provider_copy.there_again"
STRANGER: Final = "recording.stranger_at_provider"
# What went a moment ago may still be on a list that was made before.
_SETTLED: Final = timedelta(hours=1)
_SID: Final = ProviderCopy.provider_sid


def among(session: Session, kind: CopyKind, listed: Collection[str], *, now: datetime) -> set[str]:
    """Those of what is listed that were called gone."""
    return set(session.scalars(_gone(kind, listed, now=now).with_only_columns(_SID)))


def take_back(session: Session, kind: CopyKind, listed: Collection[str], *, now: datetime) -> int:
    """Have what is listed and was called gone deleted again, each with an alarm; how many.

    The chain gets a line that takes back what its earlier one said.
    """
    gone = _gone(kind, listed, now=now)
    found = session.scalars(gone.order_by(ProviderCopy.id).with_for_update()).all()
    for copy in found:
        _take_back(session, copy, now=now)
    return len(found)


def reported(session: Session, kind: CopyKind, *, since: datetime, now: datetime) -> set[str]:
    """The sids of open alarms about what is called gone again, and that a list since then holds.

    Those that such a list does not name are settled: see `settle`.
    """
    wanted = (
        select(ProviderCopy.provider_sid)
        .join(Alarm, Alarm.subject == ProviderCopy.provider_sid)
        .where(
            Alarm.kind.in_([ALARM, STRANGER]),
            Alarm.cleared_at.is_(None),
            ProviderCopy.kind == kind.value,
            ProviderCopy.state == ProviderCopyState.GONE,
            ProviderCopy.gone_at <= now - _SETTLED,
            ProviderCopy.created_at >= since,
        )
    )
    return set(session.scalars(wanted))


def settle(session: Session, sids: Collection[str], *, at: datetime) -> None:
    """End the alarms about what is not listed any more."""
    for sid in sorted(sids):
        alarms.clear(session, ALARM, subject=sid, at=at)
        alarms.clear(session, STRANGER, subject=sid, at=at)


def _gone(kind: CopyKind, listed: Collection[str], *, now: datetime) -> Select[ProviderCopy]:
    return select(ProviderCopy).where(
        ProviderCopy.kind == kind.value,
        _SID.in_(listed),
        ProviderCopy.state == ProviderCopyState.GONE,
        ProviderCopy.gone_at <= now - _SETTLED,
    )


def _take_back(session: Session, copy: ProviderCopy, *, now: datetime) -> None:
    copy.state, copy.gone_at, copy.delete_at = ProviderCopyState.PRESENT, None, now
    copy.tries, copy.lease_until, copy.first_refused_at = 0, None, None
    copy.proof = [*copy.proof, {"at": now.isoformat(), "step": "listed again"}]
    receipt_notes.note(
        session,
        Receipt(
            what=What.STILL_AT_PROVIDER,
            happened_at=now,
            organisation_id=copy.organisation_id,
            kind=f"{copy.kind}s",
            count=1,
            proofs=("GET 200",),
        ),
    )
    alarms.sound(
        session, ALARM, subject=copy.provider_sid, organisation_id=copy.organisation_id, at=now
    )
    log.warning("provider_copy.there_again", extra={"copy_id": str(copy.id), "kind": copy.kind})
    house().bell.ring_after(session, JobName.DELETE_AT_PROVIDER, copy.id)
