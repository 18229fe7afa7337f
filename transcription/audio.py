"""Recordings made fit for the recogniser."""

from collections.abc import Iterator

import numpy as np
import soxr

from storage.audio import LONGEST_SECONDS, LOWEST_RATE, Mono, WrongRate, blocks


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
