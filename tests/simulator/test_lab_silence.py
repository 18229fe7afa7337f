"""From sound alone the lab tells when somebody has stopped speaking."""

import numpy as np
import pytest

from simulator.lab_silence import SilenceDetector
from simulator.population_voices import Tone, Voice, voices
from simulator.speech import silence

SPOKEN = [*voices("sv", *Tone), *voices("en", *Tone)]
WORDS = [voice for voice in SPOKEN if voice.text]


def heard(pcm: bytes, *, piece: int = 1000) -> SilenceDetector:
    detector = SilenceDetector()
    for start in range(0, len(pcm), piece):
        detector.listen(pcm[start : start + piece])
    return detector


def room(seconds: float, loudness: float) -> bytes:
    samples = np.random.default_rng(1).normal(0, loudness, int(seconds * 8000))
    return bytes(samples.astype("<i2").tobytes())


@pytest.mark.parametrize("voice", WORDS, ids=lambda voice: voice.path.stem)
def test_a_sentence_is_speech_without_a_long_silence_in_it(voice: Voice) -> None:
    detector = SilenceDetector()
    longest = 0.0
    pcm = voice.pcm()
    for start in range(0, len(pcm), 800):
        detector.listen(pcm[start : start + 800])
        longest = max(longest, detector.quiet_seconds)

    assert detector.spoke
    assert longest < 1.5


@pytest.mark.parametrize("voice", WORDS, ids=lambda voice: voice.path.stem)
def test_the_silence_after_a_sentence_is_measured(voice: Voice) -> None:
    detector = heard(voice.pcm() + silence(3.0))

    assert 3.0 <= detector.quiet_seconds < 4.5


def test_the_hum_of_a_room_is_silence() -> None:
    detector = heard(room(5.0, loudness=120))

    assert not detector.spoke
    assert detector.quiet_seconds == pytest.approx(5.0, abs=0.1)


def test_speech_in_a_noisy_room_is_still_speech() -> None:
    voice = np.frombuffer(WORDS[0].pcm(), dtype="<i2").astype(np.int32)
    noise = np.frombuffer(room(len(voice) / 8000, loudness=150), dtype="<i2")
    length = min(len(voice), len(noise))
    mixed = np.clip(voice[:length] + noise[:length], -32768, 32767).astype("<i2").tobytes()

    detector = heard(room(1.0, 150) + mixed + room(3.0, 150))

    assert detector.spoke
    assert detector.quiet_seconds >= 2.5


def test_the_size_of_the_pieces_makes_no_difference() -> None:
    pcm = WORDS[0].pcm() + silence(1.0)

    small, large = heard(pcm, piece=2), heard(pcm, piece=100_000)

    assert small.quiet_seconds == large.quiet_seconds


def test_nothing_heard_is_not_silence_yet() -> None:
    assert SilenceDetector().quiet_seconds == 0
    assert not SilenceDetector().spoke
