"""What the recogniser hears, in the words of real recordings."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from config.settings import PROJECT
from storage.audio import EmptyAudio, TooLong, WrongRate
from tests.transcription.conftest import VOICES
from transcription.audio import pcm_at
from transcription.catalogue import InstalledModel, find_models
from transcription.recognition import ModelFailed, NoModel, Recognised, Recogniser
from transcription.words import UNKNOWN_WORD


def hear(recogniser: Recogniser, data: bytes, language: str) -> Recognised:
    rate = recogniser.rate_for(language)
    return recogniser.recognise(pcm_at(data, rate=rate), rate=rate, language=language)


def word_errors(said: str, heard: str) -> int:
    """Fewest insertions, deletions and replacements that turn one text into the other."""
    wanted, got = said.split(), heard.split()
    row = list(range(len(got) + 1))
    for place, word in enumerate(wanted, start=1):
        above, row[0] = list(row), place
        for at, other in enumerate(got, start=1):
            row[at] = min(above[at] + 1, row[at - 1] + 1, above[at - 1] + (word != other))
    return row[-1]


@pytest.fixture(scope="module")
def at_rate(samples: tuple) -> Iterator:
    """A recording as the same sound at another rate and in another format."""

    def encode(data: bytes, rate: int, container: str = "WAV", coding: str = "PCM_16") -> bytes:
        sound, own = soundfile.read(io.BytesIO(data))
        out = io.BytesIO()
        soundfile.write(
            out, soxr.resample(sound, own, rate), rate, format=container, subtype=coding
        )
        return out.getvalue()

    return encode


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_telephone_recordings_come_out_with_fewer_than_one_wrong_word_in_fifty(
    language: str, samples: tuple, recogniser: Recogniser
) -> None:
    errors = words = 0
    for sample in (each for each in samples if each.language == language):
        heard = hear(recogniser, sample.data, language)
        errors += word_errors(sample.text, heard.text)
        words += len(sample.text.split())
    print(f"{language}: {errors} wrong of {words} words, {100 * errors / words:.1f} %")

    assert words > 70
    assert errors / words < 0.02


@pytest.mark.parametrize("language", ["en", "sv"])
def test_the_telephone_recordings_with_added_noise_are_still_understood(
    language: str, samples: tuple, recogniser: Recogniser
) -> None:
    """Figures for the operator's page; at 20 dB a person hears the noise and follows easily."""
    chance = np.random.default_rng(8)
    errors = words = 0
    for sample in (each for each in samples if each.language == language and each.text):
        sound, rate = soundfile.read(io.BytesIO(sample.data))
        noise = chance.standard_normal(len(sound)) * np.sqrt((sound**2).mean()) / 10
        out = io.BytesIO()
        soundfile.write(out, np.clip(sound + noise, -1, 1), rate, format="WAV", subtype="ULAW")
        errors += word_errors(sample.text, hear(recogniser, out.getvalue(), language).text)
        words += len(sample.text.split())
    print(f"{language} at 20 dB: {errors} wrong of {words} words, {100 * errors / words:.1f} %")

    assert errors / words < 0.10


@pytest.mark.parametrize(
    ("rate", "container", "coding"),
    [
        (8000, "WAV", "ULAW"),
        (8000, "WAV", "ALAW"),
        (16000, "WAV", "PCM_16"),
        (44100, "WAV", "PCM_16"),
        (48000, "FLAC", "PCM_16"),
        (44100, "OGG", "VORBIS"),
        (44100, "MP3", "MPEG_LAYER_III"),
    ],
)
def test_the_same_sound_at_any_rate_and_format_gives_the_same_words(
    rate: int, container: str, coding: str, samples: tuple, recogniser: Recogniser, at_rate: object
) -> None:
    for sample in (each for each in samples if each.text):
        data = at_rate(sample.data, rate, container, coding)
        assert hear(recogniser, data, sample.language).text == sample.text, sample.name


def test_silence_and_noise_give_an_empty_text(samples: tuple, recogniser: Recogniser) -> None:
    wordless = [each for each in samples if not each.text]

    heard = [hear(recogniser, each.data, each.language) for each in wordless]

    assert len(heard) == 4
    assert {each.text for each in heard} == {""}
    assert all(each.words == () for each in heard)


def test_words_lie_in_order_within_the_recording_with_a_confidence(
    samples: tuple, recogniser: Recogniser
) -> None:
    for sample in samples:
        heard = hear(recogniser, sample.data, sample.language)
        times = [time for word in heard.words for time in (word.start, word.end)]
        assert times == sorted(times)
        assert all(0 <= time <= heard.seconds for time in times)
        assert all(0 <= word.confidence <= 1 for word in heard.words)
        assert heard.text == " ".join(word.text for word in heard.words)


def test_the_same_recording_gives_the_same_result_every_time(
    samples: tuple, recogniser: Recogniser
) -> None:
    first = [hear(recogniser, each.data, each.language) for each in samples]

    again = [hear(recogniser, each.data, each.language) for each in samples]

    assert first == again


def test_a_region_tag_finds_its_language_and_the_text_names_its_model(
    samples: tuple, recogniser: Recogniser
) -> None:
    swedish = next(each for each in samples if each.language == "sv" and each.text)

    heard = hear(recogniser, swedish.data, "sv-SE")

    assert heard.text == swedish.text
    assert heard.model == "genklang-sv"


@pytest.mark.parametrize("language", ["nb", "no", "nn-NO", "da", "fi", "de"])
def test_a_language_without_a_model_stays_audio_only(language: str, recogniser: Recogniser) -> None:
    with pytest.raises(NoModel) as caught:
        recogniser.recognise([b"\0\0"], rate=8000, language=language)

    assert caught.value.code == "no_model"


def test_sound_below_the_models_rate_is_refused(recogniser: Recogniser) -> None:
    with pytest.raises(WrongRate, match=r"6000 Hz given; .* wants 8000 Hz"):
        recogniser.recognise([b"\0" * 6000], rate=6000, language="en")


def test_listening_ends_at_the_limit_however_much_would_follow(recogniser: Recogniser) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(4000)

    with pytest.raises(TooLong, match="3 seconds"):
        recogniser.recognise(endless(), rate=8000, language="en", max_seconds=3)

    assert taken == 13


def test_nothing_to_listen_to_is_an_error_and_not_an_empty_text(recogniser: Recogniser) -> None:
    for nothing in ([], [b""], [b"\0"]):
        with pytest.raises(EmptyAudio):
            recogniser.recognise(nothing, rate=8000, language="en")


def test_one_large_chunk_is_cut_so_that_a_time_limit_bites(
    samples: tuple, recogniser: Recogniser
) -> None:
    """The alarm of a job's time limit can only interrupt between two calls into the decoder."""
    whole = b"".join(
        chunk for each in samples for chunk in pcm_at(each.data, rate=8000)
    ) * 20  # fmt: skip
    started = time.monotonic()

    def too_late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(TimeoutError):
            recogniser.recognise([whole], rate=8000, language="en", max_seconds=1e6)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

    assert time.monotonic() - started < 2.5


def test_a_word_outside_the_vocabulary_is_a_gap_and_never_alone_a_text(
    recogniser: Recogniser,
) -> None:
    """The Swedish model listens to English: what it cannot know it must not invent wholesale."""
    english = Path(__file__).parents[2] / "simulator/voices/en"
    gaps = 0
    for path in sorted(english.glob("*.wav")):
        heard = hear(recogniser, path.read_bytes(), "sv")
        unknown = [word for word in heard.words if word.text == UNKNOWN_WORD]
        gaps += len(unknown)
        assert "[unk]" not in heard.text
        assert all(word.confidence == 0 for word in unknown)
        assert len(unknown) < len(heard.words) or heard.words == ()

    assert gaps > 0


def test_models_loaded_before_the_fork_work_in_each_child(
    samples: tuple, recogniser: Recogniser
) -> None:
    """As in the queue's worker: the parent loads once and forks a child for every job."""
    for sample in samples[:3]:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(write, hear(recogniser, sample.data, sample.language).text.encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as answer:
            heard = answer.read().decode()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert heard == sample.text


def test_children_side_by_side_hear_what_one_process_hears(samples: tuple) -> None:
    files = [(str(VOICES / each.language / each.name), each.language) for each in samples]

    answer = subprocess.run(
        [sys.executable, "-m", "tests.transcription.side_by_side"],
        cwd=PROJECT, input=json.dumps(files), capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert json.loads(answer.stdout) == [each.text for each in samples]


def test_threads_share_the_models(samples: tuple, recogniser: Recogniser) -> None:
    heard: dict[str, str] = {}

    def listen(sample: object) -> None:
        heard[sample.name] = hear(recogniser, sample.data, sample.language).text

    threads = [threading.Thread(target=listen, args=(each,)) for each in samples]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert heard == {each.name: each.text for each in samples}


def test_several_models_are_used_side_by_side_each_for_its_language(
    samples: tuple, tmp_path: Path
) -> None:
    """An operator's model takes the place of the small one; the other language keeps its own."""
    shutil.copytree(find_models(None).in_use["sv"].path, tmp_path / "vosk-model-sv-mine")
    (tmp_path / "vosk-model-sv-mine/manifest.json").unlink()

    both = Recogniser.from_catalogue(find_models(tmp_path))

    assert both.languages == {"en", "sv"}
    for sample in samples:
        heard = hear(both, sample.data, sample.language)
        assert heard.text == sample.text
        assert heard.model == {"en": "genklang-en", "sv": "vosk-model-sv-mine"}[sample.language]


def test_a_model_whose_files_are_rubbish_is_named_when_it_loads(tmp_path: Path) -> None:
    path = tmp_path / "sv"
    shutil.copytree(find_models(None).in_use["sv"].path, path)
    (path / "am/final.mdl").write_bytes(b"rubbish" * 100)
    rubbish = InstalledModel("sv", "sv", path, 8000, 1, bundled=False)

    with pytest.raises(ModelFailed, match="no model this version of Vosk can load"):
        Recogniser({"sv": rubbish})


def test_loading_writes_nothing_to_standard_error(
    capfd: pytest.CaptureFixture[str], samples: tuple
) -> None:
    """Kaldi would otherwise log paths, and the decoder its own figures, into the service's log."""
    hear(Recogniser.from_catalogue(find_models(None)), samples[0].data, "en")

    assert json.dumps(capfd.readouterr()) == json.dumps(["", ""])
