"""How long a caller waits for a turn while speech keeps every core busy."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from tests.load.ground import Ground, Kind, ground, open_calls, serving
from tests.load.hammer import Hammered, hammer
from tests.load.transcribers import again, bring_home, heard, ring, spoken, transcribing
from tests.load.turns import CONNECTIONS, PRESSED, scripts_of

# Eight callers who press a key every half second are far more than two cores will ever carry.
PAUSE: Final = 0.5
COMMENT_SECONDS: Final = 60.0
WAITING: Final = 12


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
    cores = os.cpu_count() or 1
    with ground(Kind.SQLITE) as here, serving(here, "wsgi:create_app()") as service:

        def play() -> Hammered:
            scripts = scripts_of(here, open_calls(calls))
            return hammer(service.port, scripts, wanted=b"<Response>", processes=1, pause=PAUSE)

        hammer(service.port, scripts_of(here, open_calls(CONNECTIONS)), wanted=b"<Response>")
        quiet = play()
        with _never_idle(here):
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
def _never_idle(here: Ground) -> Iterator[None]:
    """The transcriber with always more to hear than it has heard."""
    waiting = bring_home([spoken("sv", seconds=COMMENT_SECONDS)] * WAITING)
    over = threading.Event()

    def feed() -> None:
        while not over.wait(0.2):
            again(waiting)

    with transcribing(here):
        ring(waiting)
        while not heard(waiting):
            time.sleep(0.05)
        feeder = threading.Thread(target=feed)
        feeder.start()
        try:
            yield
        finally:
            over.set()
            feeder.join()
