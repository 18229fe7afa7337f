"""Runs purges that die: a program of its own, because a store used before a fork hangs after it.

Reads lines `STEP MOMENT`, forks a process that purges as of that moment and is killed just before
its n-th lasting change, and answers `died` or `ended`.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event

from config.settings import load_settings
from privacy import purge
from privacy.erasing import Hands
from storage.blobs import BlobStore
from storage.house import House, open_house


class CountedStore(BlobStore):
    """A real store that tells before each deletion."""

    def __init__(self, url: str, tell: Callable[[], None]) -> None:
        super().__init__(url)
        self._tell = tell

    def delete(self, item: UUID) -> None:
        self._tell()
        super().delete(item)


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
            die_at(int(step), datetime.fromisoformat(moment), house)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("died" if os.WIFSIGNALED(status) else "ended", flush=True)


if __name__ == "__main__":
    main()
