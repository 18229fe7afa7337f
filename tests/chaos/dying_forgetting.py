"""Forgets and dies of it: a program of its own, because a store used before a fork hangs after it.

Reads lines `KIND LINE ITEM MOMENT` and forks a process that purges, erases a person or deletes an
answer by its code, and is killed at its n-th line of our own code, wherever that is. Answers
`died`, or `ended` with how many lines it came by, and between which of them things were destroyed.
The first of a kind it does itself and whole, so
that what it forks knows the statements already, as a worker's children do.
"""

import gc
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final
from uuid import UUID

from config.settings import load_settings
from messaging import carrying_out
from privacy import answer_erasure, erasing, person_erasure, purge
from privacy.erasing import hands_of
from storage.blobs import SUFFIX, BlobStore
from storage.house import House, open_house

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(f"{ROOT}/{room}/" for room in ("messaging", "privacy", "storage", "survey"))
# From the intent to the receipt.
DESTROYING = erasing.finish.__code__


def purge_all(_item: UUID, house: House, moment: datetime) -> None:
    purge.run(hands=hands_of(house), database=house.database, now=moment, batch=2)


def erase_person(request_id: UUID, house: House, moment: datetime) -> None:
    person_erasure.BATCH = 1  # type: ignore[misc]
    carrying_out.carry_out(request_id, house=house, now=moment)


def delete_answer(code_id: UUID, house: House, moment: datetime) -> None:
    answer_erasure.ask(code_id, keyring=house.keyring, now=moment)
    answer_erasure.carry_out(code_id, hands=hands_of(house), now=moment)


WORK: Final[dict[str, Callable[[UUID, House, datetime], None]]] = {
    "purge": purge_all,
    "person": erase_person,
    "code": delete_answer,
}


class PlainFolder(BlobStore):
    """The files of a store, without what hangs after a fork."""

    def delete(self, item: UUID) -> None:
        folder = Path(self.url.removeprefix("file://"))
        for path in folder.rglob(f"{item.hex}{SUFFIX}"):
            path.unlink()


class DyingAt:
    """What a trace calls: killed at that line of our own code, and told what it came by."""

    def __init__(self, last: int) -> None:
        self.enter, self.passed = self._tracing(last)
        self.destroying: list[int] = []

    def _tracing(self, last: int) -> tuple[Callable[..., Any], Callable[[], int]]:
        passed = 0

        def line(frame: FrameType, event: str, _arg: object) -> Any:
            nonlocal passed
            if event == "line":
                passed += 1
                if passed == last:
                    os.kill(os.getpid(), signal.SIGKILL)
            elif event == "return" and frame.f_code is DESTROYING:
                self.destroying.append(passed)
            return line

        def enter(frame: FrameType, _event: str, _arg: object) -> Any:
            if frame.f_code is DESTROYING:
                self.destroying.append(passed)
            return line if frame.f_code.co_filename.startswith(OURS) else None

        return enter, lambda: passed


def main() -> None:
    house = open_house(load_settings())
    plain = replace(house, blobs=PlainFolder(house.settings.recordings_url))
    known: set[str] = set()
    for told in sys.stdin:
        kind, line, item, moment = told.split()
        if kind not in known:
            known.add(kind)
            WORK[kind](UUID(item), plain, datetime.fromisoformat(moment))
            print("ended", 0, flush=True)
            gc.freeze()  # a fork that looks at what is there already copies it
            continue
        child = os.fork()
        if child == 0:
            dying = DyingAt(int(line))
            sys.settrace(dying.enter)
            WORK[kind](UUID(item), house, datetime.fromisoformat(moment))
            sys.settrace(None)
            print("ended", dying.passed(), *dying.destroying, flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            print("died", flush=True)
        elif status:
            print("failed", flush=True)


if __name__ == "__main__":
    main()
