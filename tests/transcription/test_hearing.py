"""From bytes to words, and every way a recording can fail."""

import io
import random
import struct
import tracemalloc

import numpy as np
import pytest
import soundfile

from storage.audio import CutShort, EmptyAudio, NotAudio, TooLong
from storage.faults import GiveUp
from transcription.hearing import hear
from transcription.masking import MASK, mask
from transcription.recognition import NoModel, Recogniser


def test_the_number_read_aloud_is_hidden_and_the_rest_is_shown(
    samples: tuple, recogniser: Recogniser
) -> None:
    english = next(each for each in samples if each.name == "en-07.wav")

    result = hear(english.data, language="en-GB", recogniser=recogniser)

    assert result.text == "please call me back on zero seven four one nine five two"
    hidden = mask(result.words, language="en")
    assert hidden.text == f"please call me back on {MASK}"
    assert len(hidden.words) == len(result.words)
    assert result.model == "genklang-en"
    assert result.seconds == pytest.approx(4.98, abs=0.01)


def test_every_recording_is_transcribed_as_it_was_spoken(
    samples: tuple, recogniser: Recogniser
) -> None:
    for sample in samples:
        result = hear(sample.data, language=sample.language, recogniser=recogniser)
        assert result.text == sample.text, sample.name


def test_a_language_without_a_model_is_said_before_the_file_is_even_read(
    recogniser: Recogniser,
) -> None:
    with pytest.raises(NoModel):
        hear(b"never looked at", language="fi-FI", recogniser=recogniser)


def silence(hours: float) -> bytes:
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", 8000, 1, format="FLAC", subtype="PCM_16") as file:
        for _ in range(int(hours * 60)):
            file.write(np.zeros(60 * 8000, np.int16))
    return out.getvalue()


def wav_promising(size: int) -> bytes:
    out = io.BytesIO()
    soundfile.write(out, np.zeros(8000), 8000, format="WAV", subtype="PCM_16")
    lying = bytearray(out.getvalue())
    struct.pack_into("<I", lying, 40, size)
    return bytes(lying)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: b"", EmptyAudio),
        (lambda: random.Random(1).randbytes(200_000), NotAudio),
        (lambda: b"I am a text file called message.wav\n" * 500, NotAudio),
        (lambda: wav_promising(0xFFFFFF00), CutShort),
        (lambda: wav_promising(17_000), CutShort),
        (lambda: silence(3), TooLong),
    ],
    ids=["no bytes", "random", "text", "promises 4 GB", "cut short", "three hours"],
)
def test_a_poison_file_fails_with_its_name_in_little_memory(
    make: object, error: type[GiveUp], recogniser: Recogniser
) -> None:
    data = make()
    tracemalloc.start()

    with pytest.raises(error) as caught:
        hear(data, language="sv", recogniser=recogniser)

    assert tracemalloc.get_traced_memory()[1] < 5 << 20
    tracemalloc.stop()
    assert caught.value.code == error("").code
