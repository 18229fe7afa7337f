"""Real models and recordings whose words are known."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from transcription.catalogue import find_models
from transcription.recognition import Recogniser

VOICES = Path(__file__).parents[2] / "simulator/voices"


@dataclass(frozen=True, slots=True)
class Sample:
    """A telephone recording: its language, its bytes and the words spoken in it."""

    language: str
    name: str
    data: bytes
    text: str


@pytest.fixture(scope="session")
def samples() -> tuple[Sample, ...]:
    """Ten recordings per language; one of each ten is silent and one only noise."""
    listed = json.loads((VOICES / "voices.json").read_text(encoding="utf-8"))
    return tuple(
        Sample(
            language,
            voice["file"],
            (VOICES / language / voice["file"]).read_bytes(),
            voice["text"],
        )
        for language in ("en", "sv")
        for voice in listed[language]
    )


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    """The project's own models, loaded once."""
    return Recogniser.from_catalogue(find_models(None))
