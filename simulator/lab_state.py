"""What the phone lab's page shows of one telephone, as one frozen picture that JSON can carry."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class PhoneState(StrEnum):
    """The telephone as one looks at it; the value is `data-state` on the page's body."""

    IDLE = "idle"
    RINGING = "ringing"  # of itself, or at the other end when it is the one that calls
    IN_CALL = "in-call"
    RECORDING = "recording"
    ENDED = "ended"


class LineKind(StrEnum):
    """Who or what a line of the transcript is about."""

    SAID = "said"  # by the service
    KEYS = "keys"  # pressed here
    SPOKE = "spoke"  # recorded here
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One line; `language` is a BCP 47 tag, empty for what nobody said."""

    kind: LineKind
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class SoundShown:
    """The sound in the ear right now; the page reports `id` back when it has been heard."""

    id: int
    kind: str
    seconds: float
    text: str
    language: str
    interruptible: bool
    has_audio: bool


@dataclass(frozen=True, slots=True)
class KeysAwaited:
    """The service listens for keys; `until` is in seconds since 1970."""

    id: int
    until: float
    wanted: int | None


@dataclass(frozen=True, slots=True)
class SpeechAwaited:
    """The service records; `received` counts the pieces of sound that have come in so far."""

    id: int
    since: float
    longest_seconds: float
    silence_seconds: float
    finish_keys: str
    received: int = 0


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call in the log; `at` is in seconds since 1970."""

    other: str
    outgoing: bool
    at: float
    seconds: int
    ending: str


@dataclass(frozen=True, slots=True)
class TextShown:
    """A text message of this telephone; `sid` is the network's name for it."""

    sid: str
    other: str
    outgoing: bool
    at: float
    body: str


@dataclass(frozen=True, slots=True)
class PhonePicture:
    """All that the page needs; `version` grows with every change."""

    number: str
    version: int = 0
    state: PhoneState = PhoneState.IDLE
    call: int = 0
    other: str = ""
    outgoing: bool = False
    since: float | None = None
    """When the two sides were connected, in seconds since 1970."""
    ending: str = ""
    seconds: int = 0
    sound: SoundShown | None = None
    keys: KeysAwaited | None = None
    speech: SpeechAwaited | None = None
    transcript: tuple[TranscriptLine, ...] = ()
    log: tuple[PastCall, ...] = ()
    texts: tuple[TextShown, ...] = ()

    def as_json(self, *, now: float) -> dict[str, Any]:
        """The picture for the page; `now` lets it compare its own clock."""
        return {**asdict(self), "now": now}
