"""Asking the provider for recordings that nobody told us of, made when a call ended."""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from ivr import calls_status
from ivr.events import RecordingStatus, RecordingTold
from storage import recordings, unheard
from storage.faults import GiveUp, TryAgain
from storage.house import reading, transaction
from storage.provider import Provider, RecordingAtProvider
from storage.provider_copies import CopyKind
from storage.tables import Call, ProviderCopy
from storage.unheard import Unheard

log = logging.getLogger(__name__)

# The provider's own message usually comes within seconds.
PATIENCE: Final = timedelta(minutes=1)
# With nothing listed for so long after the call, nobody spoke.
NOTHING_AFTER: Final = timedelta(minutes=10)
_BATCH: Final = 100


def ask_for_unheard(*, provider: Provider, now: datetime) -> int:
    """Bring in what was recorded and never told; how many calls were asked about."""
    with reading() as session:
        due = unheard.pending(session, noted_before=now - PATIENCE, limit=_BATCH)
    for one in due:
        try:
            _ask(one, provider=provider, now=now)
        except (TryAgain, GiveUp) as fault:
            log.warning(
                "recording.not_asked", extra={"call_id": str(one.call_id), "code": fault.code}
            )
    return len(due)


def _ask(one: Unheard, *, provider: Provider, now: datetime) -> None:
    with reading() as session:
        call = session.get_one(Call, one.call_id)
        told = recordings.of_visit(session, call, visit=one.visit) is not None
        sid = call.provider_sid
    there = [] if told or sid is None else list(provider.list_recordings(call_sid=sid))
    with transaction() as session:
        call = session.scalars(select(Call).where(Call.id == one.call_id).with_for_update()).one()
        noted = select(ProviderCopy.provider_sid).where(
            ProviderCopy.kind == CopyKind.RECORDING.value,
            ProviderCopy.provider_sid.in_([found.sid for found in there]),
        )
        known = set(session.scalars(noted))
        strangers = [found for found in there if found.sid not in known]
        told = recordings.of_visit(session, call, visit=one.visit) is not None
        found = None if told else _newest(strangers)
        if found is not None and sid is not None:
            told_now = RecordingTold(sid, found.sid, found.seconds, RecordingStatus.COMPLETED)
            calls_status.recording_told(session, call, one.visit, told_now, at=now)
            log.warning("recording.found_unheard", extra={"call_id": str(call.id)})
        unfinished = any(other.status == "processing" for other in strangers)
        if told or found is not None or (not unfinished and now - one.since >= NOTHING_AFTER):
            unheard.asked(session, call, visit=one.visit, at=now)


def _newest(strangers: list[RecordingAtProvider]) -> RecordingAtProvider | None:
    """The last thing recorded in the call, which is what it ended with."""
    finished = [one for one in strangers if one.status == "completed"]
    dated = [one for one in finished if one.created_at is not None]
    return max(dated, key=lambda one: (one.created_at, one.sid), default=None)
