"""The recordings are telephone audio with the words and tones that the list claims."""

import wave
from pathlib import Path

import pytest

from simulator.population_voices import Tone, voices


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_recording_is_there_and_as_long_as_listed(language: str) -> None:
    recordings = voices(language, *Tone)

    assert len(recordings) == 10
    for voice in recordings:
        assert voice.pcm(), voice.path.name
        assert len(voice.pcm()) / 16000 == pytest.approx(voice.seconds, abs=0.02)
        assert bool(voice.text) == (voice.tone not in (Tone.SILENT, Tone.NOISE))


def test_no_recording_lies_about_unlisted() -> None:
    folder = Path(voices("sv", *Tone)[0].path).parent.parent

    listed = {voice.path for language in ("sv", "en") for voice in voices(language, *Tone)}

    assert listed == set(folder.glob("*/*.wav"))
    for path in listed:
        with wave.open(str(path), "rb") as file:
            assert (file.getnchannels(), file.getframerate()) == (1, 8000)


def test_who_has_no_recording_in_their_language_borrows_a_swedish_one() -> None:
    assert voices("fi", Tone.POSITIVE) == voices("sv", Tone.POSITIVE)
