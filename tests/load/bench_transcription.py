"""Our whole way from bytes to a masked text against bare Vosk, same files, all cores.

Run it: `python tests/load/bench_transcription.py`. Both sides load the models once, fork one child
per core, and are measured in turns within one run, so that only the ratio is of interest.
"""

import io
import json
import multiprocessing
import os
import statistics
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import vosk  # noqa: E402

from transcription.catalogue import find_models  # noqa: E402
from transcription.recognition import Recogniser  # noqa: E402
from transcription.transcript import transcribe  # noqa: E402

Job = tuple[str, bytes]
Spent = tuple[int, float]
"""Words heard, and seconds of processor time."""
Side = Callable[[Job], Spent]

_models: dict[str, vosk.Model] = {}
_ours: list[Recogniser] = []


def measure(*, rounds: int = 12, processes: int | None = None) -> dict[str, float]:
    """Seconds of sound per second for both sides, and `ratio` = ours to bare (aim: 0.95).

    Each round hears every recording on both sides, spread over `processes` forked children
    (default: one per core), bare and ours in turns; `ratio` is the median over the rounds.
    `cpu_ratio` compares processor time instead, which other work on the machine disturbs less.
    """
    vosk.SetLogLevel(-1)
    catalogue = find_models(None)
    _models.update({lang: vosk.Model(str(m.path)) for lang, m in catalogue.in_use.items()})
    _ours[:] = [Recogniser.from_catalogue(catalogue)]
    jobs = _recordings()
    sound = sum(_seconds(data) for _, data in jobs)
    workers = processes or len(os.sched_getaffinity(0))
    wall: dict[Side, list[float]] = {_bare: [], _whole_way: []}
    cpu: dict[Side, list[float]] = {_bare: [], _whole_way: []}
    words: dict[Side, int] = {}
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        for number in range(rounds + 1):
            # Turn about, so that neither side always has the warmer caches.
            for side in (_bare, _whole_way) if number % 2 else (_whole_way, _bare):
                started = time.perf_counter()
                spent = pool.map(side, jobs, chunksize=1)
                if number:  # the first round warms up
                    wall[side].append(time.perf_counter() - started)
                    cpu[side].append(sum(seconds for _, seconds in spent))
                words[side] = sum(count for count, _ in spent)
    return {
        "sound_seconds": sound,
        "processes": workers,
        "bare_speed": sound / statistics.median(wall[_bare]),
        "our_speed": sound / statistics.median(wall[_whole_way]),
        "ratio": _median_ratio(wall),
        "cpu_ratio": _median_ratio(cpu),
        "same_words": float(words[_bare] == words[_whole_way]),
    }


def _median_ratio(times: dict[Side, list[float]]) -> float:
    pairs = zip(times[_bare], times[_whole_way], strict=True)
    return statistics.median(bare / whole for bare, whole in pairs)


def _recordings() -> list[Job]:
    voices = ROOT / "simulator/voices"
    return [
        (language, path.read_bytes())
        for language in ("en", "sv")
        for path in sorted((voices / language).glob("*.wav"))
    ]


def _seconds(data: bytes) -> float:
    with wave.open(io.BytesIO(data)) as sound:
        return sound.getnframes() / sound.getframerate()


def _bare(job: Job) -> Spent:
    """The example program of Vosk: 4,000 samples at a time, words with times."""
    started = time.process_time()
    language, data = job
    words = 0
    with wave.open(io.BytesIO(data)) as sound:
        decoder = vosk.KaldiRecognizer(_models[language], sound.getframerate())
        decoder.SetWords(True)
        while chunk := sound.readframes(4000):
            if decoder.AcceptWaveform(chunk):
                words += len(json.loads(decoder.Result()).get("result", ()))
    words += len(json.loads(decoder.FinalResult()).get("result", ()))
    return words, time.process_time() - started


def _whole_way(job: Job) -> Spent:
    """Decode, check, resample, recognise, mask: what a job of the transcriber does."""
    started = time.process_time()
    language, data = job
    words = len(transcribe(data, language=language, recogniser=_ours[0]).words)
    return words, time.process_time() - started


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:15} {value:10.3f}")
