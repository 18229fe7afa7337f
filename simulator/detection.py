"""Answering-machine detection: what the network believes has answered, and how long it took."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.handset import Answer, MessageEnd, Pickup
from simulator.records import Address


@dataclass(frozen=True, slots=True)
class Detection:
    """What the service asked for when it made the call."""

    to_message_end: bool = False
    asynchronous: bool = False
    callback: Address | None = None
    timeout_seconds: float = 30.0
    speech_ms: int = 2400
    speech_end_ms: int = 1200
    silence_ms: int = 5000


@dataclass(frozen=True, slots=True)
class Verdict:
    """`answered_by` in the provider's words, and the milliseconds it took to decide."""

    answered_by: str
    milliseconds: int


_END: dict[MessageEnd, str] = {
    MessageEnd.BEEP: "machine_end_beep",
    MessageEnd.SILENCE: "machine_end_silence",
    MessageEnd.OTHER: "machine_end_other",
}


def judge(pickup: Pickup, detection: Detection) -> Verdict:
    """Fallible the way the real one is: a person with a long hello is taken for a machine."""
    spoken = round(pickup.greeting_seconds * 1000)
    limit = round(detection.timeout_seconds * 1000)
    match pickup.answer:
        case Answer.FAX:
            return Verdict("fax", min(3000, limit))
        case Answer.UNKNOWN:
            return Verdict("unknown", min(detection.silence_ms, limit))
        case Answer.MACHINE:
            return _machine(pickup, detection, spoken, limit)
    if spoken > detection.speech_ms:
        return _machine(pickup, detection, spoken, limit)
    return Verdict("human", min(spoken + 4000, limit))


def _machine(pickup: Pickup, detection: Detection, spoken: int, limit: int) -> Verdict:
    if not detection.to_message_end:
        return Verdict("machine_start", min(detection.speech_ms, limit))
    end = spoken + detection.speech_end_ms
    if end > limit:
        return Verdict("unknown", limit)
    return Verdict(_END[pickup.message_end], end)
