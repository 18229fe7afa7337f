"""Deleting what lies at the provider, and asking again until it says that it is gone."""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from storage import alarms, receipt_notes, unheard
from storage.faults import GiveUp, TryAgain
from storage.house import transaction
from storage.provider import Deletion, DeletionVerdict, Provider
from storage.provider_copies import CopyKind
from storage.receipts import Receipt, What
from storage.states import ProviderCopyState
from storage.tables import ProviderCopy
from voicemail import other_accounts

log = logging.getLogger(__name__)

ALARM: Final = "provider_copy.not_deleted"
# The provider may refuse for as long as this after a call, while it still writes its own records.
PATIENCE: Final = timedelta(days=14)
_LEASE: Final = timedelta(minutes=5)
_WAITS: Final = (60, 60, 120, 300, 900, 3_600)
_LONGEST_WAIT: Final = timedelta(hours=6)
_MOST_PROOF: Final = 60


def delete_copy(copy_id: UUID, *, provider: Provider, now: datetime) -> ProviderCopyState | None:
    """Delete one copy whose time has come; its state afterwards, None when there is no such row.

    Every request and its answer is kept as proof, with the time. Gone already is success. What the
    provider will not delete yet is asked for again, for good, with an alarm after 14 days; what it
    cannot delete at all is marked as such, so that the console says so. What lies in another
    account than the configured one is left as it is.
    """
    with transaction() as session:
        copy = _due(session, copy_id, now=now)
        if copy is None:
            return session.scalar(select(ProviderCopy.state).where(ProviderCopy.id == copy_id))
        copy.lease_until = now + _LEASE
        copy.tries += 1
        kind, sid = CopyKind(copy.kind), copy.provider_sid
    try:
        deletion = _delete(kind, sid, provider=provider)
    except TryAgain as fault:
        deletion = Deletion(DeletionVerdict.PENDING, (f"no answer {fault.code or ''}".strip(),))
    except GiveUp as fault:
        # Wrong credentials or a changed contract: mended by people, so it is asked for again.
        deletion = Deletion(DeletionVerdict.PENDING, (f"refused {fault.code or ''}".strip(),))
        _alarm(copy_id, now=now)
    return _note(copy_id, deletion, now=now)


def _due(session: Session, copy_id: UUID, *, now: datetime) -> ProviderCopy | None:
    wanted = select(ProviderCopy).where(ProviderCopy.id == copy_id).with_for_update()
    copy = session.scalars(wanted).one_or_none()
    if copy is None or copy.state is not ProviderCopyState.PRESENT or copy.delete_at is None:
        return None
    if other_accounts.is_elsewhere(copy):  # "not found" would be said, and mean nothing
        return None
    if copy.delete_at > now or (copy.lease_until is not None and copy.lease_until > now):
        return None
    if copy.kind == CopyKind.CALL.value and (
        _has_recordings(session, copy) or unheard.concerns(session, [copy.provider_sid])
    ):
        # Once the call is gone its recordings can no longer be found through it.
        copy.lease_until = now + timedelta(seconds=_WAITS[0])
        return None
    return copy


def _has_recordings(session: Session, call: ProviderCopy) -> bool:
    still_there = exists().where(
        ProviderCopy.kind == CopyKind.RECORDING.value,
        ProviderCopy.call_sid == call.provider_sid,
        ProviderCopy.state == ProviderCopyState.PRESENT,
    )
    return bool(session.scalar(select(still_there)))


def _delete(kind: CopyKind, sid: str, *, provider: Provider) -> Deletion:
    if kind is CopyKind.RECORDING:
        return provider.delete_recording(sid)
    if kind is CopyKind.CALL:
        return provider.delete_call(sid)
    return provider.delete_message(sid)


def _note(copy_id: UUID, deletion: Deletion, *, now: datetime) -> ProviderCopyState | None:
    with transaction() as session:
        wanted = select(ProviderCopy).where(ProviderCopy.id == copy_id).with_for_update()
        copy = session.scalars(wanted).one_or_none()
        if copy is None:
            return None
        steps = [{"at": now.isoformat(), "step": step} for step in deletion.proof]
        copy.proof = [*copy.proof, *steps][-_MOST_PROOF:]
        copy.lease_until = None
        if deletion.verdict is DeletionVerdict.CONFIRMED:
            copy.state, copy.gone_at = ProviderCopyState.GONE, now
            alarms.clear(session, ALARM, subject=str(copy.id), at=now)
            receipt_notes.note(
                session,
                Receipt(
                    what=What.PROVIDER_CONFIRMED,
                    happened_at=now,
                    organisation_id=copy.organisation_id,
                    kind=f"{copy.kind}s",
                    count=1,
                    proofs=deletion.proof,
                ),
            )
        elif deletion.verdict is DeletionVerdict.UNSUPPORTED:
            copy.state = ProviderCopyState.UNSUPPORTED
            alarms.clear(session, ALARM, subject=str(copy.id), at=now)
        else:
            copy.first_refused_at = copy.first_refused_at or now
            copy.lease_until = now + _wait(copy.tries)
            if now - copy.first_refused_at > PATIENCE:
                _sound(session, copy, now=now)
        log.info(
            "provider_copy.asked",
            extra={"copy_id": str(copy.id), "kind": copy.kind, "verdict": deletion.verdict},
        )
        return copy.state


def _wait(tries: int) -> timedelta:
    return _LONGEST_WAIT if tries > len(_WAITS) else timedelta(seconds=_WAITS[tries - 1])


def _alarm(copy_id: UUID, *, now: datetime) -> None:
    with transaction() as session:
        _sound(session, session.get_one(ProviderCopy, copy_id), now=now)


def _sound(session: Session, copy: ProviderCopy, *, now: datetime) -> None:
    alarms.sound(session, ALARM, subject=str(copy.id), organisation_id=copy.organisation_id, at=now)
