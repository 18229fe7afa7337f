"""Recordings on their way to the recogniser and to the browser."""

import io

import numpy as np
import pytest
import soundfile

from storage.audio import NotAudio, TooLong, WrongRate
from transcription.audio import pcm_at


def wav(samples: np.ndarray, rate: int, coding: str = "PCM_16") -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples, rate, format="WAV", subtype=coding)
    return out.getvalue()


def tone(frequency: float, *, rate: int, seconds: float = 2.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(seconds * rate)) / rate)


def heard_at(data: bytes, rate: int) -> np.ndarray:
    return np.frombuffer(b"".join(pcm_at(data, rate=rate)), "<i2")


def energy_above(samples: np.ndarray, rate: int, frequency: float) -> float:
    """Decibels relative to the whole; the edges are left out."""
    inner = samples[rate // 10 : -rate // 10].astype(float)
    spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner)))) ** 2
    cut = int(frequency * len(inner) / rate)
    return 10 * np.log10(spectrum[cut:].sum() / spectrum.sum() + 1e-20)


@pytest.mark.parametrize("source", [8000, 11025, 16000, 22050, 44100, 48000])
@pytest.mark.parametrize("wanted", [8000, 16000])
def test_the_length_is_kept_to_the_sample_at_any_rate(source: int, wanted: int) -> None:
    samples = heard_at(wav(tone(440, rate=source), source), wanted)

    assert len(samples) == pytest.approx(2 * wanted, abs=2)


@pytest.mark.parametrize("source", [8000, 16000, 44100, 48000])
def test_a_tone_keeps_its_pitch_and_its_level(source: int) -> None:
    samples = heard_at(wav(tone(1000, rate=source), source), 16000).astype(float)

    loudest = np.argmax(np.abs(np.fft.rfft(samples))) * 16000 / len(samples)

    assert loudest == pytest.approx(1000, abs=2)
    assert np.abs(samples[1600:-1600]).max() / 32768 == pytest.approx(0.5, abs=0.01)


def test_raising_telephone_sound_adds_nothing_above_its_band() -> None:
    chance = np.random.default_rng(4)
    noise = wav(chance.uniform(-0.5, 0.5, 32_000), 8000)

    assert energy_above(heard_at(noise, 16000), 16000, 4200) < -60


def test_lowering_a_wideband_recording_folds_nothing_back() -> None:
    """A 6 kHz tone cannot exist at 8 kHz; sampled without a filter it would appear at 2 kHz."""
    samples = heard_at(wav(tone(6000, rate=48000), 48000), 8000)

    assert np.abs(samples[400:-400]).max() < 33  # -60 dB


def test_at_its_own_rate_a_recording_is_not_touched() -> None:
    samples = np.random.default_rng(5).integers(-20_000, 20_000, 12_345).astype(np.int16)

    assert (heard_at(wav(samples, 8000), 8000) == samples).all()


@pytest.mark.parametrize("chunk_seconds", [0.1, 0.25, 0.5])
def test_chunks_are_equally_long_but_for_the_last(chunk_seconds: float) -> None:
    data = wav(tone(440, rate=44100, seconds=3.3), 44100)

    chunks = list(pcm_at(data, rate=16000, chunk_seconds=chunk_seconds))

    sizes = {len(chunk) for chunk in chunks[:-1]}
    assert sizes == {int(16000 * chunk_seconds) * 2}
    assert 0 < len(chunks[-1]) <= max(sizes)


def test_chunk_length_changes_nothing_in_the_sound() -> None:
    data = wav(tone(440, rate=44100), 44100)

    joined = {b"".join(pcm_at(data, rate=16000, chunk_seconds=each)) for each in (0.05, 0.2, 5)}

    assert len(joined) == 1


def test_a_rate_no_model_has_is_refused() -> None:
    with pytest.raises(WrongRate, match="4000 Hz"):
        next(pcm_at(wav(tone(440, rate=8000), 8000), rate=4000))


def test_sound_beyond_the_limit_is_refused_and_text_is_no_sound() -> None:
    with pytest.raises(TooLong):
        list(pcm_at(wav(tone(440, rate=8000), 8000), rate=8000, max_seconds=1))
    with pytest.raises(NotAudio):
        list(pcm_at(b"message.wav", rate=8000))
