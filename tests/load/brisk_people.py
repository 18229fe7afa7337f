"""A simulated network without time, whose people give two scores and leave no comment.

`python -m tests.load.brisk_people --port N --data FOLDER`: a call lasts as long as its webhooks.
With `--held` every call stands still in the queue, and nobody is rung at all.
"""

import argparse
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path
from random import Random

from simulator.handset import Handset
from simulator.population_behaviour import Townsperson
from simulator.population_ear import Keys
from simulator.population_manner import Manner
from simulator.population_numbers import index_of
from simulator.population_people import Habit
from simulator.server import start
from simulator.settings import Settings, Stage
from tests.chaos.talkers import talker


class _Brief(Manner):
    def _choice(self, keys: Keys) -> str:
        return keys.offered[-1]  # no comment, no further questions


class Brisk(Townsperson):
    """Picks up, presses what is asked for, and has no more to say."""

    def __init__(self, index: int) -> None:
        chance = Random(f"brisk {index}")
        who = replace(talker(index), habit=Habit.ANSWERS)
        super().__init__(who, pace=1.0, chance=chance)
        self._manner = _Brief(who, chance=chance)


def _handset(number: str) -> Handset | None:
    index = index_of(number)
    return None if index is None else Brisk(index)


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--held", action="store_true")
    given = parser.parse_args()
    network = start(
        given.data,
        account_sid=os.environ["SIMULATOR_ACCOUNT_SID"],
        auth_token=os.environ["SIMULATOR_AUTH_TOKEN"],
        port=given.port,
        settings=Settings(cps=500.0, hold=frozenset({Stage.QUEUED}) if given.held else frozenset()),
    )
    network.exchange.directory.add(_handset)
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    network.stop()


if __name__ == "__main__":
    main()
