"""What a recording is, said by its bytes and not by its label: facts, loudness, silence, peaks.

Everything reads in blocks of a second, so that a recording of hours costs no more memory than a
short one. Decoding needs no outside program: WAV (PCM, mu-law, A-law), AU, FLAC, OGG and MP3.
"""

import io
import math
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

from storage.faults import GiveUp

with warnings.catch_warnings():
    # pydub looks for ffmpeg when imported and warns; we hand it samples, so it never needs one.
    warnings.simplefilter("ignore")
    from pydub import AudioSegment

Mono = npt.NDArray[np.int16]
"""Samples of one channel, -32768 to 32767."""

LOWEST_RATE: Final = 8_000
HIGHEST_RATE: Final = 192_000
MOST_CHANNELS: Final = 2
LONGEST_SECONDS: Final = 3_600.0
SILENT_BELOW_DBFS: Final = -50.0
"""Speech on a telephone line lies at -30 to -15 dBFS; below -50 nobody can follow it."""

_PCM: Final = {"PCM_U8", "PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"}
_ACCEPTED: Final = {
    "WAV": _PCM | {"ULAW", "ALAW"},
    "WAVEX": _PCM | {"ULAW", "ALAW"},
    "AU": _PCM | {"ULAW", "ALAW"},
    "FLAC": _PCM,
    "OGG": {"VORBIS", "OPUS"},
    "MP3": {"MPEG_LAYER_III", "MPEG_LAYER_II"},
}
_USUAL_RATES: Final = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
_OPEN_ENDED: Final = {0xFFFFFFFF, 0x7FFFFFFF}  # what a recorder writes that cannot seek back


class BadAudio(GiveUp):
    """The bytes are not a recording we can use, and reading them again will not help."""

    code_name = "bad_audio"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, code=self.code_name)


class NotAudio(BadAudio):
    """The bytes are no sound in a known format."""

    code_name = "not_audio"


class EmptyAudio(BadAudio):
    """There is a file, or at least a header, and no sound in it."""

    code_name = "empty_audio"


class CutShort(BadAudio):
    """Less sound than the header or the provider promised; fetching again may bring the rest."""

    code_name = "cut_short"


class TooLong(BadAudio):
    """More sound than allowed; nothing beyond the limit was decoded."""

    code_name = "too_long"


class WrongRate(BadAudio):
    """The sample rate is one we cannot use, or not the one the sender always uses."""

    code_name = "wrong_rate"


class RateMismatch(WrongRate):
    """The header's rate contradicts itself or the announced length: played so, it is gibberish."""

    code_name = "rate_mismatch"


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """What was found by decoding. `frames` counts samples per channel, `size` is in bytes."""

    container: str
    coding: str
    sample_rate: int
    channels: int
    frames: int
    size: int

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return self.frames / self.sample_rate


def probe(
    data: bytes,
    *,
    announced_seconds: float | None = None,
    expected_rate: int | None = None,
    max_seconds: float = LONGEST_SECONDS,
) -> AudioFacts:
    """Decode `data` once and say what it is.

    `announced_seconds` is the sender's own figure, whole seconds rounded in any direction; a
    recording that can only have that length at another rate than its header's is a RateMismatch.
    Under about three seconds that figure is too coarse to tell 8 from 16 kHz, so a sender that
    always uses one rate should also be held to it with `expected_rate`.
    Raises a BadAudio: NotAudio, EmptyAudio, CutShort, TooLong, WrongRate or RateMismatch.
    """
    with _opened(data) as sound:
        container, coding = sound.format, sound.subtype
        rate, channels, promised = sound.samplerate, sound.channels, sound.frames
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            allowed = f"{LOWEST_RATE} to {HIGHEST_RATE} Hz are understood"
            raise WrongRate(f"the header says {rate} Hz; {allowed}")
        if expected_rate is not None and rate != expected_rate:
            raise WrongRate(f"the header says {rate} Hz; this sender uses {expected_rate} Hz")
        if channels > MOST_CHANNELS:
            raise NotAudio(f"{channels} channels; a recording has one or two")
        if container in ("WAV", "WAVEX"):
            _check_wav_header(data)
        frames = sum(len(block) for block in _read(sound, limit=int(max_seconds * rate)))
    if frames == 0:
        raise EmptyAudio("the file has a header and no sound")
    # An MP3 announces its length in a header of its own, and its first and last frames are padding.
    if container != "OGG" and frames < promised - 4 * 1152:
        raise CutShort(f"{frames} of {promised} samples could be decoded; the file is cut short")
    if announced_seconds is not None:
        _check_length(frames, rate=rate, announced=announced_seconds)
    return AudioFacts(container, coding, rate, channels, frames, len(data))


def blocks(data: bytes, *, max_seconds: float = LONGEST_SECONDS) -> Iterator[tuple[int, Mono]]:
    """The sound in order as (sample rate, up to one second of samples), channels mixed to one."""
    with _opened(data) as sound:
        for block in _read(sound, limit=int(max_seconds * sound.samplerate)):
            yield sound.samplerate, block


def loudness(data: bytes) -> float:
    """Mean level of the whole recording in dBFS: 0 is the loudest possible, silence is -inf."""
    energy, frames = 0.0, 0
    for rate, block in blocks(data):
        energy += float(_segment(block, rate).rms) ** 2 * len(block)
        frames += len(block)
    if frames == 0 or energy == 0.0:
        return -math.inf
    return 20 * math.log10(math.sqrt(energy / frames) / 32_768)


def is_silent(data: bytes, *, below_dbfs: float = SILENT_BELOW_DBFS) -> bool:
    """True when no tenth of a second is louder than `below_dbfs`: nobody can have said anything."""
    return all(
        piece.dBFS <= below_dbfs
        for rate, block in blocks(data)
        for piece in _segment(block, rate)[::100]
    )


def peaks(data: bytes, *, count: int) -> tuple[float, ...]:
    """`count` heights between 0 and 1 in order of time, for drawing the recording as a wave."""
    if count < 1:
        raise ValueError(f"a wave needs at least one height, not {count}")
    frames = probe(data).frames
    heights = np.zeros(count, dtype=np.int32)
    start = 0
    for _rate, block in blocks(data):
        where = (np.arange(start, start + len(block), dtype=np.int64) * count) // frames
        np.maximum.at(heights, where, np.abs(block.astype(np.int32)))
        start += len(block)
    return tuple(round(float(height) / 32_768, 4) for height in heights)


def _opened(data: bytes) -> soundfile.SoundFile:
    if not data:
        raise EmptyAudio("the file has no bytes at all")
    try:
        sound = soundfile.SoundFile(io.BytesIO(data))
    except (soundfile.SoundFileError, ValueError) as error:
        raise NotAudio("the bytes are not WAV, AU, FLAC, OGG or MP3 sound") from error
    if sound.subtype not in _ACCEPTED.get(sound.format, ()) or not sound.seekable():
        found = f"{sound.format} with {sound.subtype}"
        sound.close()
        raise NotAudio(f"{found} is not accepted; use WAV, AU, FLAC, OGG or MP3")
    return sound


def _read(sound: soundfile.SoundFile, *, limit: int) -> Iterator[Mono]:
    # libsndfile does not scale floating point samples when asked for integers.
    floating = sound.subtype in ("FLOAT", "DOUBLE")
    seen = 0
    while True:
        try:
            block = sound.read(
                sound.samplerate, dtype="float32" if floating else "int16", always_2d=True
            )
        except (soundfile.SoundFileError, RuntimeError) as error:
            raise CutShort(f"the sound cannot be decoded after {seen} samples") from error
        if len(block) == 0:
            return
        seen += len(block)
        if seen > limit:
            raise TooLong(f"longer than the {limit / sound.samplerate:.0f} seconds allowed")
        if floating:
            block = np.clip(np.nan_to_num(block) * 32_767, -32_768, 32_767)
        yield (block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)).astype(np.int16)


def _check_wav_header(data: bytes) -> None:
    """Compare what the RIFF chunks promise with each other and with the bytes that are there."""
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        if name == b"fmt " and size >= 16 and at + 24 <= len(data):
            rate, per_second, per_frame = struct.unpack_from("<IIH", data, at + 12)
            if per_second != rate * per_frame:
                raise RateMismatch(
                    f"the header says {rate} Hz and also {per_second} bytes a second,"
                    f" which is {per_second / max(per_frame, 1):.0f} Hz"
                )
        if name == b"data":
            there = len(data) - at - 8
            if size > there and size not in _OPEN_ENDED:
                raise CutShort(f"the header promises {size} bytes of sound, {there} are there")
            return
        at += 8 + size + size % 2


def _check_length(frames: int, *, rate: int, announced: float) -> None:
    slack = max(1.0, 0.02 * announced)

    def fits(at_rate: int) -> bool:
        return abs(frames / at_rate - announced) < slack

    if fits(rate):
        return
    found = f"{frames / rate:.1f} seconds at the header's {rate} Hz, {announced:g} announced"
    likely = [other for other in _USUAL_RATES if other != rate and fits(other)]
    if likely:
        best = min(likely, key=lambda other: abs(frames / other - announced))
        raise RateMismatch(f"{found}; the samples fit {best} Hz")
    if frames / rate < announced:
        raise CutShort(found)
    raise RateMismatch(found)


def _segment(block: Mono, rate: int) -> AudioSegment:
    return AudioSegment(data=block.tobytes(), sample_width=2, frame_rate=rate, channels=1)
