"""Carries out erasures that die: a program of its own, because a forked store may hang.

Reads lines `STEP REQUEST MOMENT`, forks a process that carries the request out and is killed just
before its n-th lasting change, and answers `died` or `ended`.
"""

import os
import signal
import sys
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event

from config.settings import load_settings
from messaging import carrying_out
from privacy import person_erasure
from storage.house import House, open_house
from tests.privacy.dying_purge import CountedStore


def die_at(step: int, request_id: UUID, moment: datetime, house: House) -> None:
    steps = 0

    def count(*_: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == step:
            os.kill(os.getpid(), signal.SIGKILL)

    for database in (house.database, house.keyring.database, house.ledger.database):
        event.listen(database.engine, "commit", count)
    person_erasure.BATCH = 1  # type: ignore[misc]
    counted = replace(house, blobs=CountedStore(house.settings.recordings_url, count))
    carrying_out.carry_out(request_id, house=counted, now=moment)


def main() -> None:
    house = open_house(load_settings())
    for line in sys.stdin:
        step, request, moment = line.split()
        child = os.fork()
        if child == 0:
            die_at(int(step), UUID(request), datetime.fromisoformat(moment), house)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print("died" if os.WIFSIGNALED(status) else "ended", flush=True)


if __name__ == "__main__":
    main()
