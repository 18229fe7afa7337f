"""Bringing a recording home: asked for, fetched, checked, sealed, read back, then let go there.

The row is the queue of record. A run claims it by a lease, works without any transaction, and
settles it in one short second transaction; dying anywhere leaves a row that the sweep rings again.
The provider's copy is let go only in the transaction that says ours was read back.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from storage import recordings, sealing
from storage.audio import BadAudio, EmptyAudio
from storage.blobs import BlobStore, StorageFull, StorageUnreachable
from storage.faults import GiveUp, TryAgain
from storage.house import transaction
from storage.keyring import Keyring
from storage.provider import Provider
from storage.provider_faults import ProviderRefusesUs
from storage.states import RecordingState
from voicemail import claims, enquiry
from voicemail.claims import Claim
from voicemail.inspection import MOST_BYTES, MOST_SECONDS, WrongContent, inspect

# A page in place of sound, or half of it, is often mended by asking again; this often at most.
MOST_BAD_MEDIA: Final = 8
# The provider being away is no reason to lose what somebody said.
PATIENCE: Final = timedelta(days=3)
_KIND: Final = "recording.audio"


def bring_home(
    recording_id: UUID, *, provider: Provider, blobs: BlobStore, keyring: Keyring, now: datetime
) -> RecordingState | None:
    """Take one recording into our keeping; its state afterwards, None when there is no such row.

    Safe to run twice, at once or after a crash. What may mend itself is tried again by the sweep;
    what stays wrong ends as FAILED with an alarm, and then the provider's copy is kept.
    A recording that was dropped after it had come home is destroyed here.
    """
    with transaction() as session:
        recording = recordings.lock(session, recording_id)
        if recording is None:
            return None
        unwanted = recording.state is RecordingState.DROPPED and recording.sealed_sha256
        held = claims.claim(session, recording, now=now)
        state = recording.state
    if unwanted:
        _destroy(recording_id, blobs=blobs, keyring=keyring)
        return claims.cleared_away(recording_id, now=now)
    if held is None:
        return state
    try:
        if held.state is RecordingState.ANNOUNCED:
            state = enquiry.ask(recording_id, provider=provider, now=now)
            if state is not RecordingState.READY:
                return state
            held = claims.claimed(recording_id)
        return _fetch(held, provider=provider, blobs=blobs, keyring=keyring, now=now)
    except TryAgain as fault:
        ours = isinstance(fault, StorageFull | StorageUnreachable)
        if not ours and now - held.recorded_at > PATIENCE:
            return claims.failed(recording_id, code=fault.code or "unreachable", now=now)
        return claims.postponed(held, fault, ours=ours, now=now)
    except GiveUp as fault:
        if _may_mend(fault, held, now=now):
            again = TryAgain(str(fault), code=fault.code)
            return claims.postponed(held, again, ours=False, now=now)
        return claims.failed(recording_id, code=fault.code or type(fault).__name__, now=now)


def _may_mend(fault: GiveUp, held: Claim, *, now: datetime) -> bool:
    if isinstance(fault, ProviderRefusesUs):
        return now - held.recorded_at <= PATIENCE  # somebody mends the credentials
    bad_media = isinstance(fault, BadAudio | WrongContent) and fault.code != "too_long"
    return bad_media and held.tries < MOST_BAD_MEDIA


def _fetch(
    held: Claim, *, provider: Provider, blobs: BlobStore, keyring: Keyring, now: datetime
) -> RecordingState:
    if held.provider_sid is None:
        raise GiveUp("a recording is ready that the provider has no name for", code="no_sid")
    if held.announced_seconds is not None and held.announced_seconds > MOST_SECONDS:
        raise GiveUp("longer than any prompt of ours records", code="too_long")
    media = provider.download_recording(held.provider_sid, max_bytes=MOST_BYTES)
    try:
        sound = inspect(
            media.content,
            content_type=media.content_type,
            announced_seconds=held.announced_seconds,
        )
    except EmptyAudio:
        if (held.announced_seconds or 0) > 1:
            raise
        return claims.dropped(held.recording_id, code="too_short", now=now)
    if sound.emptiness is not None:
        return claims.dropped(held.recording_id, code=sound.emptiness.value, now=now)
    digest = _seal(held.recording_id, media.content, blobs=blobs, keyring=keyring)
    state = claims.stored(held.recording_id, sound, digest=digest, now=now)
    if state is not RecordingState.STORED:
        # Erased or recorded again while we were downloading: what we just wrote must not stay.
        _destroy(held.recording_id, blobs=blobs, keyring=keyring)
    return state


def _seal(item: UUID, plain: bytes, *, blobs: BlobStore, keyring: Keyring) -> str:
    """Write the sealed file and open it again as a listener would; SHA-256 of the sealed bytes."""
    key = keyring.make_keys([item])[item]
    sealed = sealing.seal_file(key, plain, item=item, kind=_KIND)
    blobs.put(item, sealed)
    try:
        back = sealing.unseal_file(keyring.key(item), blobs.get(item), item=item, kind=_KIND)
    except (LookupError, FileNotFoundError, sealing.BrokenSealError) as error:
        raise StorageUnreachable("a sealed file did not open", code="read_back_fails") from error
    if back != plain:
        raise StorageUnreachable("a sealed file opened differently", code="read_back_differs")
    return hashlib.sha256(sealed).hexdigest()


def _destroy(recording_id: UUID, *, blobs: BlobStore, keyring: Keyring) -> None:
    blobs.delete(recording_id)
    keyring.destroy([recording_id, *claims.transcript_ids(recording_id)])
