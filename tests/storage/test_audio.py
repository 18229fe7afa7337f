"""A recording is what its bytes say: real files, broken files and lying headers."""

import io
import json
import math
import random
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.audio import (
    BadAudio,
    CutShort,
    EmptyAudio,
    NotAudio,
    RateMismatch,
    TooLong,
    WrongRate,
    blocks,
    is_silent,
    loudness,
    peaks,
    probe,
)
from storage.faults import GiveUp

VOICES = Path(__file__).parents[2] / "simulator/voices"


def tone(seconds: float = 4.0, *, rate: int = 8000, height: int = 8000) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    return (np.sin(2 * np.pi * 440 * time) * height).astype(np.int16)


def encoded(
    samples: np.ndarray, *, rate: int = 8000, container: str = "WAV", coding: str = "PCM_16"
) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, samples / 32768, rate, format=container, subtype=coding)
    return out.getvalue()


def relabelled(wav: bytes, rate: int) -> bytes:
    """The same samples under a header that claims another rate, consistently."""
    changed = bytearray(wav)
    per_frame = struct.unpack_from("<H", wav, 32)[0]
    struct.pack_into("<II", changed, 24, rate, rate * per_frame)
    return bytes(changed)


@pytest.mark.parametrize(
    ("container", "coding", "rate"),
    [
        ("WAV", "PCM_16", 8000),
        ("WAV", "PCM_U8", 8000),
        ("WAV", "PCM_24", 16000),
        ("WAV", "FLOAT", 48000),
        ("WAV", "ULAW", 8000),
        ("WAV", "ALAW", 8000),
        ("WAVEX", "PCM_16", 8000),
        ("AU", "ULAW", 8000),
        ("FLAC", "PCM_16", 16000),
        ("OGG", "VORBIS", 44100),
        ("OGG", "OPUS", 48000),
        ("MP3", "MPEG_LAYER_III", 8000),
        ("MP3", "MPEG_LAYER_III", 44100),
    ],
)
def test_every_accepted_format_is_told_with_its_rate_length_and_level(
    container: str, coding: str, rate: int
) -> None:
    data = encoded(tone(rate=rate), rate=rate, container=container, coding=coding)

    facts = probe(data, announced_seconds=4, expected_rate=rate)

    assert (facts.container, facts.coding) == (container, coding)
    assert (facts.sample_rate, facts.channels, facts.size) == (rate, 1, len(data))
    assert facts.seconds == pytest.approx(4.0, abs=0.2)
    assert loudness(data) == pytest.approx(-15.3, abs=0.7)
    assert not is_silent(data)


def test_two_channels_are_heard_as_one() -> None:
    both = np.stack([tone(), np.zeros_like(tone())], axis=1)

    data = encoded(both)

    assert probe(data).channels == 2
    assert max(int(block.max()) for _, block in blocks(data)) == pytest.approx(4000, abs=5)


@pytest.mark.parametrize("wrong", [16000, 11025, 44100])
@pytest.mark.parametrize("seconds", [4, 60, 300])
def test_eight_kilohertz_under_another_label_is_an_error_and_never_gibberish(
    wrong: int, seconds: int
) -> None:
    mislabelled = relabelled(encoded(tone(seconds)), wrong)

    with pytest.raises(RateMismatch, match=f"header's {wrong} Hz") as caught:
        probe(mislabelled, announced_seconds=seconds)

    assert "samples fit" in str(caught.value)


@pytest.mark.parametrize("seconds", [2, 4, 60])
def test_sixteen_kilohertz_labelled_eight_is_an_error_too(seconds: int) -> None:
    mislabelled = relabelled(encoded(tone(seconds, rate=16000), rate=16000), 8000)

    with pytest.raises(RateMismatch, match="samples fit 16000 Hz"):
        probe(mislabelled, announced_seconds=seconds)


@settings(max_examples=60, deadline=None)
@given(
    length=st.floats(3.1, 40.0),
    rounding=st.sampled_from([math.floor, round, math.ceil]),
    rate=st.sampled_from([8000, 16000]),
)
def test_eight_and_sixteen_kilohertz_are_never_mistaken_for_one_another(
    length: float, rounding: Callable[[float], int], rate: int
) -> None:
    """Whatever way the provider rounds: the right label passes and the wrong one never does."""
    announced = rounding(length)
    data = encoded(np.zeros(int(length * rate), np.int16), rate=rate)

    assert probe(data, announced_seconds=announced).sample_rate == rate
    with pytest.raises(RateMismatch):
        probe(relabelled(data, 24000 - rate), announced_seconds=announced)


def test_a_sender_that_always_uses_one_rate_is_held_to_it() -> None:
    """The announced whole second is too coarse for a recording of one second."""
    short = relabelled(encoded(tone(1.2)), 16000)

    with pytest.raises(WrongRate, match="this sender uses 8000 Hz"):
        probe(short, announced_seconds=1, expected_rate=8000)


def test_a_header_at_odds_with_itself_is_an_error() -> None:
    data = bytearray(encoded(tone()))
    struct.pack_into("<I", data, 24, 16000)  # the rate alone, not the bytes per second

    with pytest.raises(RateMismatch, match="16000 Hz and also 16000 bytes a second"):
        probe(bytes(data))


@pytest.mark.parametrize("rate", [0, 4000, 7999, 400_000, 0xFFFFFFFF])
def test_a_rate_nobody_speaks_at_is_refused(rate: int) -> None:
    data = bytearray(encoded(tone()))
    struct.pack_into("<II", data, 24, rate, rate * 2 & 0xFFFFFFFF)

    with pytest.raises((WrongRate, NotAudio)):
        probe(bytes(data))


def test_no_bytes_at_all_are_an_empty_recording() -> None:
    with pytest.raises(EmptyAudio, match="no bytes"):
        probe(b"")


def test_a_header_without_sound_is_an_empty_recording() -> None:
    with pytest.raises(EmptyAudio, match="no sound"):
        probe(encoded(tone(0)))


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body>404 Not Found</body></html>" * 40,
        b'{"code": 20404, "message": "not found"}',
        b"this was once called message.wav",
        b"RIFF",
        b"RIFF\x00\x00\x00\x00WAVE",
        b"ID3",
        bytes(5000),
        b"#EXTM3U\nfile:///etc/passwd\n",
    ],
    ids=["page", "json", "text", "riff", "no chunks", "id3", "zeros", "playlist"],
)
def test_what_is_no_sound_is_called_so_whatever_its_name_was(data: bytes) -> None:
    with pytest.raises(NotAudio):
        probe(data)


def test_random_bytes_never_pass_and_never_raise_anything_else() -> None:
    chance = random.Random(11)

    for _ in range(400):
        with pytest.raises(BadAudio):
            probe(chance.randbytes(chance.randrange(1, 4000)))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_recording_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(
        encoded(tone(0.3), **data.draw(st.sampled_from([
            {"container": "WAV"}, {"container": "FLAC"},
            {"container": "OGG", "coding": "VORBIS"},
            {"container": "MP3", "coding": "MPEG_LAYER_III"},
        ])))
    )  # fmt: skip
    for _ in range(data.draw(st.integers(1, 12))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])

    try:
        facts = probe(cut)
    except BadAudio:
        return
    assert facts.frames > 0


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize(
    ("container", "coding"),
    [("WAV", "PCM_16"), ("WAV", "ULAW"), ("FLAC", "PCM_16"), ("MP3", "MPEG_LAYER_III")],
)
def test_a_recording_cut_short_on_its_way_is_noticed(
    share: float, container: str, coding: str
) -> None:
    noise = np.random.default_rng(3).integers(-5000, 5000, 8000 * 20).astype(np.int16)
    whole = encoded(noise, container=container, coding=coding)

    with pytest.raises(CutShort):
        probe(whole[: int(len(whole) * share)])


def test_a_recording_shorter_than_announced_is_cut_short_even_with_a_sound_header() -> None:
    with pytest.raises(CutShort, match=r"5\.0 seconds .* 10 announced"):
        probe(encoded(tone(5)), announced_seconds=10)


def test_a_header_that_promises_gigabytes_gets_no_memory() -> None:
    lying = bytearray(encoded(tone(1)))
    struct.pack_into("<I", lying, 40, 0xFFFFFF00)
    tracemalloc.start()

    with pytest.raises(CutShort, match="promises 4294967040 bytes"):
        probe(bytes(lying))

    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()


def test_a_recorder_that_could_not_go_back_to_its_header_is_believed() -> None:
    """Streamed WAV files carry the largest number in place of their length."""
    streamed = bytearray(encoded(tone(2)))
    struct.pack_into("<I", streamed, 4, 0xFFFFFFFF)
    struct.pack_into("<I", streamed, 40, 0xFFFFFFFF)

    assert probe(bytes(streamed), announced_seconds=2).seconds == pytest.approx(2.0)


def test_hours_of_silence_in_a_small_file_stop_at_the_limit_in_little_memory() -> None:
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", 8000, 1, format="FLAC", subtype="PCM_16") as file:
        for _ in range(3 * 60):
            file.write(np.zeros(60 * 8000, np.int16))
    bomb = out.getvalue()
    tracemalloc.start()

    with pytest.raises(TooLong, match="600 seconds"):
        probe(bomb, max_seconds=600)

    assert len(bomb) < 1 << 20
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()


def test_a_format_that_telephones_use_and_browsers_do_not_is_refused_by_name() -> None:
    with pytest.raises(NotAudio, match="WAV with IMA_ADPCM is not accepted"):
        probe(encoded(tone(), coding="IMA_ADPCM"))


def test_every_refusal_is_final_and_carries_a_code_for_the_row() -> None:
    refusals = [NotAudio, EmptyAudio, CutShort, TooLong, WrongRate, RateMismatch]

    codes = [refusal("reason").code for refusal in refusals]

    assert len(set(codes)) == len(refusals)
    assert all(issubclass(refusal, GiveUp) for refusal in refusals)


def test_silence_is_told_from_speech_and_from_a_humming_line() -> None:
    listed = json.loads((VOICES / "voices.json").read_text(encoding="utf-8"))
    for language in ("en", "sv"):
        for voice in listed[language]:
            data = (VOICES / language / voice["file"]).read_bytes()
            assert is_silent(data) == (voice["tone"] == "silent"), voice["file"]


def test_one_word_in_a_minute_of_silence_is_not_silence() -> None:
    minute = np.zeros(60 * 8000, np.int16)
    minute[400_000:402_000] = tone(0.25)

    assert not is_silent(encoded(minute))
    assert is_silent(encoded(minute[:400_000]))
    assert loudness(encoded(minute[:400_000])) == -math.inf


def test_peaks_draw_the_wave_in_the_order_of_time() -> None:
    rising = (np.linspace(0, 32767, 80_000) * np.sign(np.sin(np.arange(80_000)))).astype(np.int16)

    heights = peaks(encoded(rising), count=10)

    assert heights == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], abs=0.01)


@pytest.mark.parametrize("count", [1, 7, 200, 10_000])
def test_there_are_as_many_peaks_as_asked_for(count: int) -> None:
    heights = peaks(encoded(tone(1.3)), count=count)

    assert len(heights) == count
    assert all(0 <= height <= 1 for height in heights)
