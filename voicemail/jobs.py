"""The jobs of this room: each hands the house to the function that does the work."""

import logging
import time
from typing import Final
from uuid import UUID

from storage.house import house, reading, transaction, utc_now
from storage.jobs import job
from storage.periodic import mark_done
from storage.queue import JobName
from storage.states import RecordingState
from storage.tables import Recording
from voicemail import deliveries, intake, provider_copies, reconcile, strangers, sweep

log = logging.getLogger(__name__)

# The provider often needs a moment after its callback, and a caller may wait to hear the comment:
# so long this job waits by itself, and then leaves the row to the sweep.
_SHORT_WAITS: Final = 3
_NOT_THERE_YET: Final = frozenset({"404", "not_listed", "not_finished"})


@job
def fetch_recording(recording_id: UUID) -> None:
    """Bring one recording home."""
    for _ in range(_SHORT_WAITS + 1):
        now = utc_now()
        state = intake.bring_home(
            recording_id,
            provider=house().provider,
            blobs=house().blobs,
            keyring=house().keyring,
            now=now,
        )
        if state not in (RecordingState.READY, RecordingState.ANNOUNCED):
            break
        with reading() as session:
            recording = session.get_one(Recording, recording_id)
        again = recording.next_try_at
        hopeful = recording.error_code in _NOT_THERE_YET and recording.tries <= _SHORT_WAITS
        if not hopeful or again is None or recording.lease_until is not None:
            break
        time.sleep(max(0.0, (again - utc_now()).total_seconds()))
    log.info("recording.tried", extra={"recording_id": str(recording_id), "state": state})


@job
def delete_at_provider(copy_id: UUID) -> None:
    """Delete one thing of ours at the provider."""
    provider_copies.delete_copy(copy_id, provider=house().provider, now=utc_now())


@job
def deliver(delivery_id: UUID) -> None:
    """Send one notice."""
    deliveries.deliver(
        delivery_id, settings=house().settings, keyring=house().keyring, now=utc_now()
    )


@job
def sweep_recordings() -> None:
    """Ring again for recordings and provider copies that nobody works on."""
    now = utc_now()
    sweep.sweep_recordings(now=now)
    with transaction() as session:
        mark_done(session, JobName.SWEEP_RECORDINGS, now=now)


@job
def sweep_deliveries() -> None:
    """Ring again for notices that nobody sends."""
    now = utc_now()
    sweep.sweep_deliveries(now=now)
    with transaction() as session:
        mark_done(session, JobName.SWEEP_DELIVERIES, now=now)


@job
def reconcile_storage() -> None:
    """Compare files, keys, rows and the provider with each other, and mend what is safe to mend."""
    now = utc_now()
    reconcile.reconcile(blobs=house().blobs, keyring=house().keyring, now=now, repair=True)
    strangers.remove_strangers(provider=house().provider, now=now)
    with transaction() as session:
        mark_done(session, JobName.RECONCILE_STORAGE, now=now)
