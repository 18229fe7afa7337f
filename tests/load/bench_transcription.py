"""The transcriber as it runs against bare Vosk, same recordings, all cores.

Run it: `python -m tests.load.bench_transcription`. Ours is everything between the bell and the
sealed words: a process forked for each recording, rows, keys, opening, hearing, sealing. Bare Vosk
hears the same files in as many processes that loaded its models before. Both are measured in turns
within one run, so that only the ratio is of interest.
"""

import contextlib
import io
import json
import multiprocessing
import os
import statistics
import time
import wave
from collections.abc import Sequence
from multiprocessing.pool import Pool
from typing import Final

import psutil
import vosk

from tests.load.ground import Kind, ground
from tests.load.transcribers import Spoken, bring_home, ring, spoken, transcribing, until_heard
from transcription.catalogue import find_models

# A comment may be two minutes long; most are one or less.
SECONDS: Final = 60.0
EACH: Final = 6
Spent = tuple[float, float]
"""Seconds by the clock, and seconds of processor time."""

_models: dict[str, vosk.Model] = {}


def measure(*, rounds: int = 7, each: int = EACH) -> dict[str, float]:
    """Seconds of sound per second for both sides, and `ratio` = ours to bare (aim: 0.95).

    Each round hears `each` comments of a minute in English and as many in Swedish on both sides,
    turn about; `ratio` is the median over the rounds. `cpu_ratio` compares processor time instead,
    which other work on the machine disturbs less.
    """
    vosk.SetLogLevel(-1)
    catalogue = find_models(None)
    _models.update({lang: vosk.Model(str(m.path)) for lang, m in catalogue.in_use.items()})
    one = {language: spoken(language, seconds=SECONDS) for language in ("en", "sv")}
    comments = [one[language] for _ in range(each) for language in ("en", "sv")]
    workers = os.cpu_count() or 1
    bare: list[Spent] = []
    ours: list[Spent] = []
    # The children are forked before anything of ours has threads.
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        pool.map(_bare, comments[:workers], chunksize=1)
        with ground(Kind.SQLITE) as here, transcribing(here) as pid:
            _ours(comments[:2], psutil.Process(pid))
            for number in range(rounds):
                for bares_turn in (number % 2 == 0, number % 2 == 1):
                    if bares_turn:
                        bare.append(_all_bare(comments, pool))
                    else:
                        ours.append(_ours(comments, psutil.Process(pid)))
    sound = sum(comment.seconds for comment in comments)
    return {
        "sound_seconds": sound,
        "processes": workers,
        "bare_speed": sound / statistics.median(wall for wall, _ in bare),
        "our_speed": sound / statistics.median(wall for wall, _ in ours),
        "ratio": statistics.median(b[0] / o[0] for b, o in zip(bare, ours, strict=True)),
        "cpu_ratio": statistics.median(b[1] / o[1] for b, o in zip(bare, ours, strict=True)),
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


def _all_bare(comments: Sequence[Spoken], pool: Pool) -> Spent:
    started = time.perf_counter()
    spent = pool.map(_bare, comments, chunksize=1)
    return time.perf_counter() - started, sum(spent)


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
