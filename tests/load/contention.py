"""How long a caller waits for a turn while speech keeps every core busy."""

import itertools
import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event
from pathlib import Path

from tests.load.ground import Kind, ground, open_calls, serving
from tests.load.hammer import Hammered, hammer
from tests.load.turns import CONNECTIONS, PRESSED, scripts_of
from transcription.catalogue import find_models
from transcription.recognition import Recogniser
from transcription.transcript import transcribe

ROOT = Path(__file__).resolve().parents[2]
# Eight callers who press a key every half second are far more than two cores will ever carry.
PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class ContentionFigures:
    """Seconds a turn took, alone and beside a transcriber on every core (aim: p99 below 1)."""

    transcribers: int
    quiet_p50: float
    quiet_p99: float
    busy_p50: float
    busy_p99: float
    turns: int


def measure(*, calls: int) -> ContentionFigures:
    """Let `calls` people answer at a pace of people, on quiet cores and then on busy ones."""
    cores = len(os.sched_getaffinity(0))
    with ground(Kind.SQLITE) as here, serving(here, "wsgi:create_app()") as service:

        def play() -> Hammered:
            scripts = scripts_of(here, open_calls(calls))
            return hammer(service.port, scripts, wanted=b"<Response>", processes=1, pause=PAUSE)

        hammer(service.port, scripts_of(here, open_calls(CONNECTIONS)), wanted=b"<Response>")
        quiet = play()
        with _transcribing(cores):
            busy = play()
    return ContentionFigures(
        cores,
        quiet.percentile(0.5),
        quiet.percentile(0.99),
        busy.percentile(0.5),
        busy.percentile(0.99),
        calls * len(PRESSED),
    )


@contextmanager
def _transcribing(processes: int) -> Iterator[None]:
    """That many processes that do what the transcriber does, without a pause."""
    context = multiprocessing.get_context("fork")
    recogniser = Recogniser.from_catalogue(find_models(None))
    stop = context.Event()
    heard = context.Semaphore(0)
    children = [
        context.Process(target=_transcribe, args=(recogniser, stop, heard), daemon=True)
        for _ in range(processes)
    ]
    for child in children:
        child.start()
    for _ in children:
        heard.acquire()  # each has come through its first recording
    try:
        yield
    finally:
        stop.set()
        for child in children:
            child.join()


def _transcribe(recogniser: Recogniser, stop: Event, heard: "multiprocessing.Semaphore") -> None:
    files = sorted((ROOT / "simulator/voices/sv").glob("*.wav"))
    for file in itertools.cycle(files):
        transcribe(file.read_bytes(), language="sv", recogniser=recogniser)
        heard.release()
        if stop.is_set():
            return
        time.sleep(0)
