"""Sound at 8000 samples a second: reading, making, trimming and writing it."""

from __future__ import annotations

import io
import wave
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

from simulator.handset import SAMPLE_BYTES, SAMPLE_RATE

_FRAME: Final = SAMPLE_RATE // 50
_QUIET: Final = 300  # below this nobody is speaking on a telephone line


def load(path: Path) -> bytes:
    """The file as PCM of the telephone: mono, 8 kHz, signed 16 bit little endian."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate != SAMPLE_RATE:
        mono = soxr.resample(mono, rate, SAMPLE_RATE)
    return bytes((np.clip(mono, -1.0, 1.0) * 32767).astype("<i2").tobytes())


@lru_cache(maxsize=16)
def tones(seconds: float) -> bytes:
    """Somebody humming: a tone that swells three times a second, for when words do not matter."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    swell = 0.55 + 0.45 * np.sin(2 * np.pi * 3 * time)
    hum = np.sin(2 * np.pi * 180 * time) + 0.4 * np.sin(2 * np.pi * 720 * time)
    return bytes((6000 * swell * hum).astype("<i2").tobytes())


def silence(seconds: float) -> bytes:
    """An open line with nobody speaking."""
    return bytes(round(seconds * SAMPLE_RATE) * SAMPLE_BYTES)


def cut(pcm: bytes, seconds: float) -> bytes:
    return pcm[: round(seconds * SAMPLE_RATE) * SAMPLE_BYTES]


def trimmed(pcm: bytes) -> bytes:
    """Without the silence before the first and after the last sound."""
    samples = np.frombuffer(pcm, dtype="<i2")
    frames = len(samples) // _FRAME
    loud = np.abs(samples[: frames * _FRAME].reshape(frames, _FRAME).astype(np.int32)).max(axis=1)
    heard = np.flatnonzero(loud > _QUIET)
    if not len(heard):
        return b""
    kept = samples[heard[0] * _FRAME : (heard[-1] + 1) * _FRAME]
    return bytes(kept.tobytes())


def as_wav(pcm: bytes) -> bytes:
    """A RIFF file of the samples."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm)
    return target.getvalue()
