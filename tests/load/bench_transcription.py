"""Our hearing, and the transcriber as it runs, against bare Vosk: same recordings, all cores.

Run it: `python -m tests.load.bench_transcription`. Hearing is what a job does with a recording's
bytes. The transcriber is everything between the bell and the sealed words: a process forked for
each recording, rows, keys, opening, hearing, sealing. Bare Vosk hears the same files in as many
processes that loaded its models before. All are measured in turns within one run, so that only the
ratios are of interest.
"""

import contextlib
import io
import json
import multiprocessing
import os
import statistics
import time
import wave
from collections.abc import Callable, Sequence
from multiprocessing.pool import Pool
from typing import Final

import psutil
import vosk

from tests.load.ground import Kind, ground
from tests.load.transcribers import Spoken, bring_home, ring, spoken, transcribing, until_heard
from transcription.catalogue import find_models
from transcription.hearing import hear
from transcription.recognition import Recogniser

# A comment may be two minutes long; most are one or less.
SECONDS: Final = 60.0
EACH: Final = 6
Spent = tuple[float, float]
"""Seconds by the clock, and seconds of processor time."""

_models: dict[str, vosk.Model] = {}
_recogniser: list[Recogniser] = []


def measure(*, rounds: int = 7, each: int = EACH) -> dict[str, float]:
    """Seconds of sound per second of each, and ratios to bare Vosk (aim: 0.95).

    Each round hears `each` comments of a minute in English and as many in Swedish in every way,
    turn about; ratios are medians over the rounds. `cpu_ratio` compares processor time instead,
    which other work on the machine disturbs less. `hear_…` is hearing alone, the rest the
    transcriber.
    """
    vosk.SetLogLevel(-1)
    catalogue = find_models(None)
    _models.update({lang: vosk.Model(str(m.path)) for lang, m in catalogue.in_use.items()})
    _recogniser[:] = [Recogniser.from_catalogue(catalogue)]
    one = {language: spoken(language, seconds=SECONDS) for language in ("en", "sv")}
    comments = [one[language] for _ in range(each) for language in ("en", "sv")]
    workers = os.cpu_count() or 1
    bare: list[Spent] = []
    heard: list[Spent] = []
    ours: list[Spent] = []
    # The children are forked before anything of ours has threads.
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        pool.map(_bare, comments[:workers], chunksize=1)
        with ground(Kind.SQLITE) as here, transcribing(here) as pid:
            _ours(comments[:2], psutil.Process(pid))
            for number in range(rounds):
                turn = [
                    lambda: bare.append(_in(pool, _bare, comments)),
                    lambda: heard.append(_in(pool, _hear, comments)),
                    lambda: ours.append(_ours(comments, psutil.Process(pid))),
                ]
                for side in (*turn[number % 3 :], *turn[: number % 3]):
                    side()
    sound = sum(comment.seconds for comment in comments)
    return {
        "sound_seconds": sound,
        "processes": workers,
        "bare_speed": sound / statistics.median(wall for wall, _ in bare),
        "hear_speed": sound / statistics.median(wall for wall, _ in heard),
        "hear_ratio": _ratio(bare, heard, 0),
        "hear_cpu_ratio": _ratio(bare, heard, 1),
        "our_speed": sound / statistics.median(wall for wall, _ in ours),
        "ratio": _ratio(bare, ours, 0),
        "cpu_ratio": _ratio(bare, ours, 1),
    }


def _ours(comments: Sequence[Spoken], transcriber: psutil.Process) -> Spent:
    """From the first ring to the last sealed word."""
    transcripts = bring_home(comments)
    before, started = _processor(transcriber), time.perf_counter()
    ring(transcripts)
    until_heard(transcripts)
    return time.perf_counter() - started, _processor(transcriber) - before


def _processor(transcriber: psutil.Process) -> float:
    """Seconds of processor time that it, its children and the jobs that ended have used."""
    family = (transcriber, *transcriber.children(recursive=True))
    total = 0.0
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += sum(one.cpu_times()[:4])
    return total


def _ratio(bare: Sequence[Spent], ours: Sequence[Spent], which: int) -> float:
    return statistics.median(b[which] / o[which] for b, o in zip(bare, ours, strict=True))


def _in(pool: Pool, side: Callable[[Spoken], float], comments: Sequence[Spoken]) -> Spent:
    started = time.perf_counter()
    spent = pool.map(side, comments, chunksize=1)
    return time.perf_counter() - started, sum(spent)


def _hear(comment: Spoken) -> float:
    """What a job does with a recording's bytes; processor time."""
    started = time.process_time()
    hear(comment.data, language=comment.language, recogniser=_recogniser[0])
    return time.process_time() - started


def _bare(comment: Spoken) -> float:
    """The example program of Vosk: 4,000 samples at a time, words with times; processor time."""
    started = time.process_time()
    with wave.open(io.BytesIO(comment.data)) as sound:
        decoder = vosk.KaldiRecognizer(_models[comment.language], sound.getframerate())
        decoder.SetWords(True)
        while chunk := sound.readframes(4000):
            if decoder.AcceptWaveform(chunk):
                json.loads(decoder.Result())
    json.loads(decoder.FinalResult())
    return time.process_time() - started


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:15} {value:10.3f}")
