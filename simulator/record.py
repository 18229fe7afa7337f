"""Record: lets the person speak, keeps the sound, and tells the service about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from simulator import parameters, speech
from simulator.courier import DeliveryError
from simulator.faults import Webhook
from simulator.handset import (
    SAMPLE_BYTES,
    SAMPLE_RATE,
    Ended,
    Sound,
    SpeakWindow,
    Spoken,
    Utterance,
)
from simulator.journal import Kind
from simulator.leg import Leg
from simulator.orders import HungUpError, OrderKind, Source
from simulator.records import Address, CallStatus, RecordingRecord, RecordingStatus
from simulator.settings import ClockKind, RecordEmpty
from simulator.sounds import absolute
from simulator.twiml import Verb

_FINISHING: Final = timedelta(seconds=1)  # from the last word to the file being there


def record(leg: Leg, verb: Verb, *, base: str | None, own: Address | None) -> Source | None:
    """The action to request; None when the document goes on. Raises `HungUpError` after having
    requested the action itself, because what it answers to a hang-up is not run."""
    action = verb.attributes.get("action", "")
    method = verb.attributes.get("method", "POST").upper()
    if action or own is None:
        address = Address(absolute(action, base=base, code=11100), method)
    else:
        address = Address(own.url, method)
    listener = _listener(leg, verb, base)
    if verb.truth("playBeep", True):
        leg.hear(Utterance(Sound.BEEP, 1.0))
    longest = verb.whole("maxLength", 3600)
    started = leg.now()
    recording = RecordingRecord(
        sid=leg.plant.sid("RE"),
        call_sid=leg.record.sid,
        status=RecordingStatus.IN_PROGRESS,
        started_at=started,
        created_at=started,
        updated_at=started,
    )
    spoken, taken = leg.speak(
        SpeakWindow(
            longest_seconds=longest,
            silence_seconds=verb.whole("timeout", 5),
            finish_keys=verb.attributes.get("finishOnKey", "1234567890*#"),
        )
    )
    if taken is not None and taken.order.kind is OrderKind.STOP:
        raise taken
    spoken = replace(spoken, pcm=speech.cut(spoken.pcm, longest))
    gone = spoken.ended is Ended.HANG_UP or (
        taken is not None and taken.order.kind is not OrderKind.REDIRECT
    )
    kept = _keep(leg, verb, recording, spoken, listener)
    source = None
    if kept is not None:
        source = _action(leg, address, kept, spoken, gone=gone)
    if taken is not None and taken.order.kind is OrderKind.REDIRECT:
        raise taken
    if gone:
        leg.move(CallStatus.COMPLETED)
        if source is not None and leg.profile.action_on_hang_up:
            _tell_of_hang_up(leg, source)
        raise HungUpError
    return source


def _keep(
    leg: Leg,
    verb: Verb,
    recording: RecordingRecord,
    spoken: Spoken,
    listener: tuple[Address, frozenset[str]] | None,
) -> RecordingRecord | None:
    """Store the sound and post the callbacks; None if there is no recording to speak of."""
    empty = RecordEmpty.CURRENT if spoken.spoke else leg.settings.record_empty
    leg.note(
        Kind.RECORDED,
        recording=recording.sid,
        seconds=round(spoken.seconds, 2),
        ended=spoken.ended.value,
        key=spoken.key,
        spoke=spoken.spoke,
    )
    if empty is RecordEmpty.LEGACY:
        return None
    faults = leg.plant.faults.now
    absent = empty is RecordEmpty.ABSENT or faults.recording_absent
    trims = verb.attributes.get("trim", "trim-silence") == "trim-silence"
    pcm = speech.trimmed(spoken.pcm) if trims and leg.profile.honours_trim else spoken.pcm
    claimed = faults.recording_seconds
    kept = replace(
        recording,
        status=RecordingStatus.PROCESSING,
        seconds=claimed if claimed is not None else _whole(len(pcm)),
    )
    leg.plant.store.recordings.put(kept)
    if not absent:
        leg.plant.store.save_media(kept.sid, speech.as_wav(pcm))
    done = RecordingStatus.ABSENT if absent else RecordingStatus.COMPLETED

    def finish() -> None:
        current = leg.plant.store.recordings.get(kept.sid)
        if current is not None and current.status is RecordingStatus.PROCESSING:
            leg.plant.store.recordings.put(
                replace(
                    current,
                    status=done,
                    updated_at=leg.now(),
                    seconds=0 if absent else current.seconds,
                    error_code=None,
                )
            )

    def patience() -> None:
        if leg.settings.clock is ClockKind.VIRTUAL and not leg.record.status.terminal:
            _let_fetch(leg, kept.sid)

    _post(leg, kept, RecordingStatus.IN_PROGRESS, listener, late=False)
    first = faults.recording_first
    told = replace(kept, seconds=0) if absent else kept
    _post(leg, told, done, listener, late=not first, happen=finish, afterwards=patience)
    if first:
        leg.pass_time(leg.now(), 0)
    return kept


def _post(
    leg: Leg,
    recording: RecordingRecord,
    status: RecordingStatus,
    listener: tuple[Address, frozenset[str]] | None,
    *,
    late: bool,
    happen: Callable[[], None] | None = None,
    afterwards: Callable[[], None] | None = None,
) -> None:
    wanted = listener is not None and status.value in listener[1]
    fields = parameters.recording_status(
        recording,
        account_sid=leg.plant.account.sid,
        url=leg.plant.media_url(recording.sid),
        status=status,
    )
    leg.postman.post(
        Webhook.RECORDING,
        listener[0] if wanted and listener is not None else None,
        lambda: fields,
        due=leg.now() + (_FINISHING if late else timedelta()),
        happen=happen,
        afterwards=afterwards,
    )


def _let_fetch(leg: Leg, sid: str) -> None:
    """Real time passes until the service has taken the recording home and deleted it here."""
    until = time.monotonic() + leg.settings.recording_patience
    while time.monotonic() < until and not leg.plant.stopping.is_set():
        current = leg.plant.store.recordings.get(sid)
        if current is None or current.status is RecordingStatus.DELETED:
            return
        time.sleep(0.02)


def _action(
    leg: Leg, address: Address, kept: RecordingRecord, spoken: Spoken, *, gone: bool
) -> Source:
    claimed = leg.plant.faults.now.recording_seconds
    fields = parameters.record_ended(
        kept,
        url=leg.plant.media_url(kept.sid),
        seconds=claimed if claimed is not None else _whole(len(spoken.pcm)),
        digits="hangup" if gone else spoken.key,
        profile=leg.profile,
    )
    return Source(address, kind=Webhook.ACTION, fields=fields)


def _tell_of_hang_up(leg: Leg, source: Source) -> None:
    """The action is requested though nobody is there any more; its answer is not run."""
    fields = parameters.call_document(
        leg.record,
        account_sid=leg.plant.account.sid,
        status=CallStatus.COMPLETED,
        profile=leg.profile,
    )
    assert source.address is not None
    try:
        leg.plant.dispatch.document(
            source.kind, source.address, fields | source.fields, leg.session, at=leg.now()
        )
    except DeliveryError as fault:
        leg.note(Kind.ERROR, code=fault.code, message=f"action after hang-up: {fault.reason}")


def _listener(leg: Leg, verb: Verb, base: str | None) -> tuple[Address, frozenset[str]] | None:
    url = verb.attributes.get("recordingStatusCallback", "")
    if not url:
        return None
    method = verb.attributes.get("recordingStatusCallbackMethod", "POST").upper()
    wanted = "completed"
    if leg.profile.recording_callback_events:
        wanted = verb.attributes.get("recordingStatusCallbackEvent", wanted)
    return Address(absolute(url, base=base, code=13621), method), frozenset(wanted.split())


def _whole(length: int) -> int:
    return int(length / (SAMPLE_RATE * SAMPLE_BYTES) + 0.5)
