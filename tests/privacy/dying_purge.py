"""Runs purges that die: a program of its own, because a store used before a fork hangs after it.

Reads lines `STEP MOMENT`, forks a process that purges as of that moment and is killed just before
its n-th lasting change, and answers `died` or `ended`. Started with `lines` it is killed at its
n-th line of our own code instead, wherever that is.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import UUID

from sqlalchemy import event

from config.settings import load_settings
from privacy import purge
from privacy.erasing import Hands
from storage.blobs import BlobStore
from storage.house import House, open_house

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(f"{ROOT}/{room}/" for room in ("privacy", "storage"))


class CountedStore(BlobStore):
    """A real store that tells before each deletion."""

    def __init__(self, url: str, tell: Callable[[], None]) -> None:
        super().__init__(url)
        self._tell = tell

    def delete(self, item: UUID) -> None:
        self._tell()
        super().delete(item)


def die_at_line(line: int, moment: datetime, house: House) -> None:
    lines = 0

    def count(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal lines
        lines += event == "line"
        if lines == line:
            os.kill(os.getpid(), signal.SIGKILL)
        return count

    def enter(frame: FrameType, _event: str, _arg: object) -> Any:
        return count if frame.f_code.co_filename.startswith(OURS) else None

    sys.settrace(enter)
    hands = Hands(blobs=house.blobs, keyring=house.keyring, ledger=house.ledger)
    purge.run(hands=hands, database=house.database, now=moment, batch=2)


def die_at(step: int, moment: datetime, house: House) -> None:
    steps = 0

    def count(*_: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

    for database in (house.database, house.keyring.database, house.ledger.database):
        event.listen(database.engine, "commit", count)
    blobs = CountedStore(house.settings.recordings_url, count)
    purge.run(
        hands=Hands(blobs=blobs, keyring=house.keyring, ledger=house.ledger),
        database=house.database,
        now=moment,
        batch=1,
    )


def main() -> None:
    house = open_house(load_settings())
    for line in sys.stdin:
        step, moment = line.split()
        child = os.fork()
        if child == 0:
            die = die_at_line if "lines" in sys.argv[1:] else die_at
            die(int(step), datetime.fromisoformat(moment), house)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("died" if os.WIFSIGNALED(status) else "ended", flush=True)


if __name__ == "__main__":
    main()
