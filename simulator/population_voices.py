"""The recordings that the people of the simulator speak with."""

import json
import wave
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from simulator.handset import SAMPLE_BYTES, SAMPLE_RATE

_FOLDER: Final = Path(__file__).parent / "voices"
_BORROWED: Final = "sv"  # what somebody speaks for whose language there is no recording


class Tone(StrEnum):
    """How a recording sounds to somebody who works with the customers."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    MIXED = "mixed"
    NEUTRAL = "neutral"
    SILENT = "silent"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Voice:
    """One recording: its file, its words (empty when there are none), its tone."""

    path: Path
    language: str
    text: str
    tone: Tone
    seconds: float

    def pcm(self) -> bytes:
        """The samples: mono, 8000 a second, signed 16 bit little endian."""
        return _samples(self.path)


def voices(language: str, *tones: Tone) -> tuple[Voice, ...]:
    """The recordings of those tones in `language` (sv or en; others borrow the Swedish ones)."""
    known = _all()
    return tuple(v for v in known.get(language, known[_BORROWED]) if v.tone in tones)


@cache
def _all() -> dict[str, tuple[Voice, ...]]:
    listed = json.loads((_FOLDER / "voices.json").read_text(encoding="utf-8"))
    return {
        language: tuple(
            Voice(
                path=_FOLDER / language / each["file"],
                language=language,
                text=each["text"],
                tone=Tone(each["tone"]),
                seconds=each["seconds"],
            )
            for each in entries
        )
        for language, entries in listed.items()
    }


@cache  # twenty files, 1.4 MB: one copy for thousands of people
def _samples(path: Path) -> bytes:
    with wave.open(str(path), "rb") as file:
        form = (file.getnchannels(), file.getframerate(), file.getsampwidth())
        if form != (1, SAMPLE_RATE, SAMPLE_BYTES):
            raise ValueError(f"{path.name} must be mono, 8000 Hz, 16 bit, and is {form}.")
        return file.readframes(file.getnframes())
