"""Whether what the provider sent is the recording that was announced, judged by its bytes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from storage import audio
from storage.faults import GiveUp

MOST_SECONDS: Final = 1_800.0
"""No prompt of ours records longer; anything beyond was not made by one."""

MOST_BYTES: Final = 64 * 1024 * 1024
"""Half an hour of the widest telephone sound, and a download never takes more memory than this."""

SHORTEST_SECONDS: Final = 0.5
"""Less than this holds the click of the hang-up and no word."""

PEAKS: Final = 240

# Object stores behind a provider often do not say what they keep, so the bytes decide then.
_SOUND_TYPES: Final = frozenset(
    {"audio/x-wav", "audio/wav", "audio/wave", "audio/vnd.wave", "audio/basic", "audio/l16"}
    | {"application/octet-stream", "binary/octet-stream", ""}
)


class WrongContent(GiveUp):
    """What was sent is no sound; an error page, most likely."""


class Emptiness(StrEnum):
    """Why a recording that is sound holds nothing to listen to."""

    SILENT = "silent"
    TOO_SHORT = "too_short"


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording that passed: its length, its rate in Hz, its wave's heights from 0 to 1.

    `emptiness` is set when nobody can have said anything in it.
    """

    seconds: float
    sample_rate: int
    peaks: tuple[float, ...]
    emptiness: Emptiness | None


def inspect(media: bytes, *, content_type: str, announced_seconds: int | None) -> Sound:
    """Judge downloaded media; raises WrongContent or a storage.audio.BadAudio.

    The announced figure is whole seconds, so one second or two in a hundred either way is the same
    length. Beyond that the file is cut short, or its header's rate is not the one it was made at.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in _SOUND_TYPES:
        raise WrongContent(f"{kind or 'nothing'} was sent in place of sound", code="wrong_type")
    facts = audio.probe(media, announced_seconds=announced_seconds, max_seconds=MOST_SECONDS)
    if facts.container not in ("WAV", "WAVEX", "AU"):
        raise WrongContent(f"{facts.container} was sent, WAV was asked for", code="wrong_type")
    emptiness = None
    if facts.seconds < SHORTEST_SECONDS:
        emptiness = Emptiness.TOO_SHORT
    elif audio.is_silent(media):
        emptiness = Emptiness.SILENT
    return Sound(
        seconds=round(facts.seconds, 3),
        sample_rate=facts.sample_rate,
        peaks=audio.peaks(media, count=PEAKS),
        emptiness=emptiness,
    )
