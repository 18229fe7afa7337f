"""How a person at a telephone takes part in a call.

Everybody who can be rung implements `Handset`: a scripted person of a scenario, one of a
population, or a human at the phone lab page. The network asks one thing at a time and the
handset says what the person did and *after how many seconds* they did it.

A scripted person returns at once and leaves the waiting to the network's clock, so a call of ten
minutes takes milliseconds on a virtual clock. A real person is waited for inside the method: the
network then finds that the time has already passed and does not wait again. A handset never
needs to know which clock is running, but one that blocks must look at `Line.cut` at least every
quarter of a second and return as soon as it is true (the call was cancelled, redirected or ended
from the other side); what it returns then is ignored.

One handset serves one call. Its methods are called from that call's thread alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

SAMPLE_RATE: Final = 8000
SAMPLE_BYTES: Final = 2


class Direction(StrEnum):
    """Outbound: the service rings the person. Inbound: the person rings the service."""

    OUTBOUND = "outbound-api"
    INBOUND = "inbound"


@dataclass(frozen=True, slots=True)
class Line:
    """What a telephone can know about a call, and the one thing it must watch."""

    call_sid: str
    caller: str
    called: str
    direction: Direction
    ring_seconds: float
    """How long the network lets it ring before it gives up."""
    cut: Callable[[], bool]
    """True once the other side took the line away; a blocking handset returns promptly."""


class Answer(StrEnum):
    """What became of the ringing."""

    HUMAN = "human"
    MACHINE = "machine"
    FAX = "fax"
    UNKNOWN = "unknown"  # picked up and silent: nobody can say who it was
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    UNREACHABLE = "unreachable"


class MessageEnd(StrEnum):
    """How a machine ends its greeting, as answering-machine detection hears it."""

    BEEP = "beep"
    SILENCE = "silence"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Pickup:
    """What happened after `after_seconds` of ringing (0 for busy and unreachable is usual)."""

    answer: Answer
    after_seconds: float = 0.0
    greeting_seconds: float = 0.0
    """How long a machine talks before it records, or how long a person says hello."""
    message_end: MessageEnd = MessageEnd.BEEP


class Sound(StrEnum):
    """What kind of sound reaches the person's ear."""

    SAY = "say"
    PLAY = "play"
    PAUSE = "pause"
    BEEP = "beep"
    TONES = "tones"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One sound the person hears, once through (the network repeats a looped one)."""

    sound: Sound
    seconds: float
    """Length: measured for played audio, estimated for speech."""
    text: str = ""
    """Spoken words of SAY, the address of PLAY, the digits of TONES."""
    language: str = ""
    voice: str = ""
    audio: bytes = b""
    """The file that PLAY fetched, as served."""
    media_type: str = ""
    interruptible: bool = False
    """True inside a Gather: a key stops the sound. Elsewhere keys are not listened to."""


class Ended(StrEnum):
    """Why the network got its turn back."""

    PLAYED = "played"  # hear: the sound was heard to its end
    KEY = "key"
    SILENCE = "silence"  # press: no key in time; speak: silent for long enough
    LIMIT = "limit"  # speak: the longest allowed length was reached
    HANG_UP = "hang_up"


@dataclass(frozen=True, slots=True)
class Heard:
    """Ended is PLAYED, KEY (only when interruptible; `key` says which) or HANG_UP."""

    ended: Ended
    seconds: float
    key: str = ""


@dataclass(frozen=True, slots=True)
class KeyWindow:
    """The network listens for one key; it asks again for the next one."""

    timeout_seconds: float
    finish_keys: str = ""
    pressed: str = ""
    """Keys of this prompt pressed so far."""
    wanted: int | None = None
    """How many keys end the prompt, if a number ends it."""


@dataclass(frozen=True, slots=True)
class Pressed:
    """Ended is KEY (`key` is one of 0-9, A-D, * and #), SILENCE or HANG_UP."""

    ended: Ended
    seconds: float
    key: str = ""


@dataclass(frozen=True, slots=True)
class SpeakWindow:
    """The network records after the beep, for at most `longest_seconds`."""

    longest_seconds: float
    silence_seconds: float
    """Silence of this length ends the recording; 0 means silence never does."""
    finish_keys: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """The sound of the person: mono, 8000 samples a second, signed 16 bit little endian.

    Ended is KEY, SILENCE, LIMIT or HANG_UP. `pcm` holds all of the recording including the silence
    that ended it; `spoke` is False for one who said nothing, whatever noise there is in `pcm`.
    """

    ended: Ended
    pcm: bytes
    key: str = ""
    spoke: bool = True

    @property
    def seconds(self) -> float:
        return len(self.pcm) / (SAMPLE_RATE * SAMPLE_BYTES)


class Ending(StrEnum):
    """The state the call ended in, named as the provider names it."""

    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    FAILED = "failed"
    CANCELED = "canceled"


class Handset(Protocol):
    """A person at a telephone, for the length of one call."""

    def ring(self, line: Line) -> Pickup:
        """Outbound calls only. Say whether and when it is picked up; no later than `ring_seconds`
        counts (a later pickup is no answer)."""

    def connected(self, line: Line) -> None:
        """The two sides can hear each other from now on. First sign of life of an inbound call."""

    def hear(self, utterance: Utterance) -> Heard:
        """Let the person hear something; `seconds` is how much of it was heard."""

    def press(self, window: KeyWindow) -> Pressed:
        """Wait for one key; `seconds` counts from the start of this window."""

    def speak(self, window: SpeakWindow) -> Spoken:
        """Let the person speak; the length of `pcm` is the time it took."""

    def call_ended(self, ending: Ending) -> None:
        """The line is dead. Called exactly once, also for calls nobody answered."""
