"""Asking the provider about a recording whose "ready" callback never came."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from storage import recordings
from storage.faults import GiveUp, TryAgain
from storage.house import reading, transaction
from storage.provider import Provider, RecordingAtProvider
from storage.states import CALL_OVER, RecordingState
from storage.tables import Call, Recording

# Once the call is over and the provider lists nothing for this long, there is nothing.
NOTHING_AFTER: Final = timedelta(hours=1)
# How far the end of an unknown recording may lie from the moment we heard of ours.
_SAME_MOMENT: Final = timedelta(minutes=2)


def ask(recording_id: UUID, *, provider: Provider, now: datetime) -> RecordingState:
    """What the provider has of an announced recording; the row's state afterwards.

    A recording without a sid is looked for among those of its call that no other row has: the one
    that ended nearest to the moment ours was announced. Raises TryAgain while the provider is not
    finished, GiveUp once it is sure that there is nothing.
    """
    with reading() as session:
        recording = session.get_one(Recording, recording_id)
        call = session.get_one(Call, recording.call_id)
        known = set(
            session.scalars(select(Recording.provider_sid).where(Recording.call_id == call.id))
        )
    if call.provider_sid is None:
        raise TryAgain("the call has no name at the provider yet", code="no_call_sid")
    there = list(provider.list_recordings(call_sid=call.provider_sid))
    if recording.provider_sid is not None:
        found = next((one for one in there if one.sid == recording.provider_sid), None)
    else:
        found = _nearest((one for one in there if one.sid not in known), recording.recorded_at)
    if found is None:
        if call.state in CALL_OVER and now - recording.recorded_at > NOTHING_AFTER:
            raise GiveUp("the provider has no such recording", code="not_at_provider")
        raise TryAgain("the provider does not list the recording yet", code="not_listed")
    return _noted(recording, found, now=now)


def _nearest(
    unknown: Iterable[RecordingAtProvider], announced_at: datetime
) -> RecordingAtProvider | None:
    near: list[tuple[timedelta, str, RecordingAtProvider]] = []
    for one in unknown:
        if one.created_at is None:
            continue
        ended_at = one.created_at + timedelta(seconds=one.seconds or 0)
        off = abs(ended_at - announced_at)
        if off <= _SAME_MOMENT:
            near.append((off, one.sid, one))
    return min(near)[2] if near else None


def _noted(asked: Recording, found: RecordingAtProvider, *, now: datetime) -> RecordingState:
    if found.status not in ("completed", "absent", "failed", "deleted"):
        raise TryAgain("the provider still works on the recording", code="not_finished")
    with transaction() as session:
        recording = recordings.lock(session, asked.id)
        if recording is None:
            return RecordingState.ERASED
        call = session.get_one(Call, recording.call_id)
        if found.status == "completed":
            recordings.ready(
                session,
                call,
                visit=recording.visit,
                language=recording.language,
                provider_sid=found.sid,
                seconds=found.seconds,
                at=now,
            )
        else:
            recording.lease_until = None
            recordings.absent(
                session,
                call,
                visit=recording.visit,
                language=recording.language,
                provider_sid=found.sid,
                at=now,
                failed=found.status != "absent",
            )
        return recording.state
