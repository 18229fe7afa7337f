"""Puts in order what was under way when the network stopped."""

from __future__ import annotations

from dataclasses import replace

from simulator.directory import NobodyHome
from simulator.leg import Leg
from simulator.plant import Plant
from simulator.records import CallStatus, RecordingStatus
from simulator.store import Store

_LIVE = (CallStatus.QUEUED, CallStatus.RINGING, CallStatus.IN_PROGRESS)


def unfinished_calls(plant: Plant) -> list[tuple[Leg, CallStatus]]:
    """Calls nobody is in any more, each with the state it ends in now."""
    return [
        (
            Leg(plant, record, NobodyHome(), ring_seconds=0),
            CallStatus.COMPLETED if record.answered_at else CallStatus.FAILED,
        )
        for status in _LIVE
        for record in list(plant.store.calls.newest_first(status=status))
    ]


def finish_recordings(store: Store) -> None:
    """What was said is there if its file was written, and absent otherwise."""
    for unfinished in (RecordingStatus.IN_PROGRESS, RecordingStatus.PROCESSING):
        for recording in list(store.recordings.newest_first(status=unfinished)):
            stored = store.media_path(recording.sid).exists()
            done = RecordingStatus.COMPLETED if stored else RecordingStatus.ABSENT
            store.recordings.put(replace(recording, status=done))
