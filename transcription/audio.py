"""Recordings made fit for the recogniser, and for the ear of whoever listens in a browser."""

import io
import wave
from collections.abc import Iterator
from typing import Final

import numpy as np
import soxr

from storage.audio import LONGEST_SECONDS, LOWEST_RATE, Mono, WrongRate, blocks, probe

_WINDOW_SECONDS: Final = 0.05
_ABOVE_NOISE: Final = 4.0  # 12 dB: speech stands out by more, a swelling line hiss by less
_FAINTEST_RMS: Final = 104.0  # -50 dBFS, the level below which storage.audio speaks of silence


def pcm_at(
    data: bytes,
    *,
    rate: int,
    chunk_seconds: float = 0.5,
    max_seconds: float = LONGEST_SECONDS,
) -> Iterator[bytes]:
    """The recording as raw 16-bit little-endian mono at `rate` Hz, in chunks of `chunk_seconds`.

    Telephone audio at 8 kHz is raised to what a wideband model wants, and a browser's 48 kHz
    lowered, without aliasing. Ask `probe` first whether the header's rate can be believed.
    """
    if rate < LOWEST_RATE:
        raise WrongRate(f"no model hears {rate} Hz; the lowest rate is {LOWEST_RATE} Hz")
    size = max(1, int(rate * chunk_seconds)) * 2
    waiting = bytearray()
    for samples in _resampled(data, rate=rate, max_seconds=max_seconds):
        waiting += samples.astype("<i2", copy=False).tobytes()
        while len(waiting) >= size:
            yield bytes(waiting[:size])
            del waiting[:size]
    if waiting:
        yield bytes(waiting)


def _resampled(data: bytes, *, rate: int, max_seconds: float) -> Iterator[Mono]:
    stream: soxr.ResampleStream | None = None
    for heard_at, block in blocks(data, max_seconds=max_seconds):
        if heard_at == rate:
            yield block
            continue
        if stream is None:
            stream = soxr.ResampleStream(heard_at, rate, 1, dtype="int16", quality="HQ")
        yield stream.resample_chunk(block)
    if stream is not None:
        # The filter holds back its last milliseconds until it is told that nothing follows.
        yield stream.resample_chunk(np.zeros(0, dtype=np.int16), last=True)


def speech_ratio(data: bytes) -> float:
    """Share of the recording, 0 to 1, that stands out from its own background noise.

    Steady noise and silence give nearly 0, someone talking 0.3 to 0.9. It tells a person from a
    humming line and nothing more; music counts as speech.
    """
    levels: list[float] = []
    for rate, block in blocks(data):
        width = max(1, int(rate * _WINDOW_SECONDS))
        whole = block[: len(block) - len(block) % width].astype(np.float32)
        levels += np.sqrt((whole.reshape(-1, width) ** 2).mean(axis=1)).tolist()
    if not levels:
        return 0.0
    floor = float(np.percentile(levels, 10))
    threshold = max(floor * _ABOVE_NOISE, _FAINTEST_RMS)
    return sum(level > threshold for level in levels) / len(levels)


def to_browser_wav(data: bytes) -> bytes:
    """The recording as 16-bit mono PCM WAV at its own rate, which every browser plays and seeks."""
    out = io.BytesIO()
    facts = probe(data)
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(facts.sample_rate)
        for _rate, block in blocks(data):
            sound.writeframes(block.astype("<i2", copy=False).tobytes())
    return out.getvalue()
