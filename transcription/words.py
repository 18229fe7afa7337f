"""One heard word, as the recogniser gives it and the page shows it."""

from dataclasses import dataclass
from typing import Final

UNKNOWN_WORD: Final = "…"
"""Stands for a word that was heard and is not in the model's vocabulary."""


@dataclass(frozen=True, slots=True)
class Word:
    """`start` and `end` in seconds of the recording, `confidence` 0 to 1."""

    text: str
    start: float
    end: float
    confidence: float
