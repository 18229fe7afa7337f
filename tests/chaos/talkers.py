"""A simulated network whose people all answer, and all leave a spoken comment.

`python -m tests.chaos.talkers --port N --data FOLDER` serves it in real time. Each SIGUSR1 takes
the whole network to the next `--ahead` (seconds before the true time), as a service that is started
again in the future needs it.
"""

import argparse
import os
import signal
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

import time_machine

from simulator.handset import Handset, Line, Pickup
from simulator.population_behaviour import Townsperson
from simulator.population_ear import Keys
from simulator.population_manner import Manner
from simulator.population_numbers import index_of, number_of
from simulator.population_people import Habit, Person, person
from simulator.server import start
from simulator.settings import ClockKind, Settings

SEED: Final = 7
# How many times faster than life they listen and think; what they say takes as long as it takes.
PACE: Final = 25.0


def talker(index: int) -> Person:
    """Inhabitant `index`: with a voice of their own, and the habit of answering."""
    found = person(index, seed=SEED)
    if found.habit is Habit.MUMBLES:  # noise is no comment
        return replace(talker(index + 1000), index=index, number=number_of(index))
    return replace(found, habit=Habit.ANSWERS)


class _Willing(Manner):
    def _choice(self, keys: Keys) -> str:
        return keys.offered[0]  # yes, I leave a comment; keep it; you may get in touch


class Talker(Townsperson):
    """Picks up soon, gives scores, comments, keeps what was recorded."""

    def __init__(self, who: Person) -> None:
        chance = Random(f"talker {who.index}")
        super().__init__(who, pace=PACE, chance=chance)
        self._manner = _Willing(who, chance=chance)

    def ring(self, line: Line) -> Pickup:
        return replace(super().ring(line), after_seconds=0.3)


def _handset(number: str) -> Handset | None:
    index = index_of(number)
    return None if index is None else Talker(talker(index))


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--ahead", type=float, action="append", default=[])
    given = parser.parse_args()
    network = start(
        given.data,
        account_sid=os.environ["SIMULATOR_ACCOUNT_SID"],
        auth_token=os.environ["SIMULATOR_AUTH_TOKEN"],
        port=given.port,
        settings=Settings(clock=ClockKind.REAL, cps=10.0),
    )
    network.exchange.directory.add(_handset)
    ended, later = threading.Event(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGUSR1, lambda *_: later.set())
    steps, traveller = iter(given.ahead), None
    while not ended.wait(0.1):
        if not later.is_set():
            continue
        later.clear()
        if traveller is not None:
            traveller.stop()
        traveller = time_machine.travel(datetime.now(UTC) + timedelta(seconds=next(steps)))
        traveller.start()
    network.stop()


if __name__ == "__main__":
    main()
