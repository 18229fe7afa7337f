"""Diallers that die in the middle: `python -m tests.chaos.nursery` is told on its standard input.

`die FILE LINE BUSY LIFE` lets a dialler loose that kills itself, as the power would, in the moment
in which it comes to that line of ours, or wherever it is after so many seconds at work or in all;
`dial MOMENT` one that places whatever is due at that moment and ends in order; `trace FILE…` one
that nobody kills, and that tells which lines of these files it came to until everybody who was due
was rung. `die-texting FILE LINE`, `text MOMENT` and `trace-texting FILE…` do the same with what
sends texts; `die-alone FILE LINE TURN` and `trace-alone TURN FILE…` with a dialler of one thread.
Each is a child of this process, which has loaded everything already.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

from sqlalchemy import exists, select

from config.settings import load_settings
from ivr.dialling import Dialler, run_once
from messaging import texting
from storage.faults import GiveUp, TryAgain
from storage.house import house, open_house, reading, utc_now
from storage.states import AttemptState, InvitationState
from storage.tables import Attempt, Invitation
from tests.chaos import one_hand
from tests.chaos.one_hand import Turn

ROOT: Final = Path(__file__).resolve().parents[2]
HANDS: Final = 4
MOST_TEXTS: Final = 20
Tracer = Callable[[FrameType, str, Any], Any]


def main() -> None:
    """Do what is told, line by line, and answer each with one line."""
    open_house(load_settings(), patient=True)
    for line in sys.stdin:
        what, *rest = line.split()
        if what == "die":
            answer = _born(
                lambda told, rest=rest: _die(
                    told, ROOT / rest[0], int(rest[1]), busy=float(rest[2]), life=float(rest[3])
                )
            )
        elif what == "die-texting":
            answer = _born(lambda told, rest=rest: _die_texting(told, ROOT / rest[0], int(rest[1])))
        elif what == "trace-texting":
            answer = _born(lambda told, files=rest: _trace_texting(told, files))
        elif what == "die-alone":
            answer = _born(
                lambda told, rest=rest: _die_alone(
                    told, ROOT / rest[0], int(rest[1]), Turn(rest[2])
                )
            )
        elif what == "trace-alone":
            answer = _born(lambda told, rest=rest: _trace_alone(told, rest[1:], Turn(rest[0])))
        elif what == "text":
            moment = datetime.fromisoformat(rest[0])
            answer = _born(lambda told, moment=moment: _text(told, moment))
        elif what == "trace":
            answer = _born(lambda told, files=rest: _trace(told, files))
        else:
            moment = datetime.fromisoformat(rest[0])
            answer = _born(lambda told, moment=moment: _dial(told, moment))
        print(answer, flush=True)


def _born(life: Callable[[int], None]) -> str:
    """The last words of a child that lived so."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        try:
            life(told)
        finally:
            os._exit(0)
    os.close(told)
    with os.fdopen(heard) as said:
        # Two of its hands may come to the same line.
        words = said.readline()
    os.waitpid(child, 0)
    return words.strip() or "nothing"


def _killing(told: int, file: Path, line: int) -> Tracer:
    """What kills this process once it comes to that line."""

    def at_line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line" and frame.f_lineno == line:
            os.write(told, b"struck\n")
            os.kill(os.getpid(), signal.SIGKILL)
        return at_line

    def at_call(frame: FrameType, event: str, _: Any) -> Any:
        return at_line if frame.f_code.co_filename == str(file) else None

    return at_call


def _noting(files: Sequence[str], reached: set[tuple[str, int]]) -> Tracer:
    """What notes to which lines of these files this process comes."""
    name_of = {str(ROOT / file): file for file in files}

    def at_line(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            reached.add((name_of[frame.f_code.co_filename], frame.f_lineno))
        return at_line

    def at_call(frame: FrameType, event: str, _: Any) -> Any:
        return at_line if frame.f_code.co_filename in name_of else None

    return at_call


def _send(moment: datetime) -> int:
    return texting.send_due(provider=house().provider, clock=lambda: moment, most=MOST_TEXTS)


def _die_texting(told: int, file: Path, line: int) -> None:
    """Send what is due until that line is reached."""
    sys.settrace(_killing(told, file, line))
    _send(utc_now())
    os.write(told, b"late\n")
    os.kill(os.getpid(), signal.SIGKILL)


def _text(told: int, moment: datetime) -> None:
    """Send what is due at that moment; say how much."""
    os.write(told, f"sent {_send(moment)}".encode())


def _trace_texting(told: int, files: Sequence[str]) -> None:
    """Send what is due; say to which lines of these files that leads."""
    reached: set[tuple[str, int]] = set()
    sys.settrace(_noting(files, reached))
    _send(utc_now())
    sys.settrace(None)
    os.write(told, json.dumps(sorted(reached)).encode())


def _die_alone(told: int, file: Path, line: int, turn: Turn) -> None:
    """Dial with one thread until that line is reached."""
    sys.settrace(_killing(told, file, line))
    one_hand.dial(turn)
    os.write(told, b"late\n")
    os.kill(os.getpid(), signal.SIGKILL)


def _trace_alone(told: int, files: Sequence[str], turn: Turn) -> None:
    """Dial with one thread; say to which lines of these files that leads."""
    reached: set[tuple[str, int]] = set()
    sys.settrace(_noting(files, reached))
    one_hand.dial(turn)
    sys.settrace(None)
    os.write(told, json.dumps(sorted(reached)).encode())


def _die(told: int, file: Path, line: int, *, busy: float, life: float) -> None:
    """Dial until that line is reached, but no longer than that."""
    at_call = _killing(told, file, line)
    dialler = Dialler(stop=threading.Event(), clock=utc_now, hands=HANDS)
    threading.settrace(at_call)
    sys.settrace(at_call)
    deadline = time.monotonic() + life
    while time.monotonic() < deadline and time.process_time() < busy:
        dialler.rest(min(dialler.tend(now=utc_now()), deadline - time.monotonic(), 0.1))
    os.write(told, b"late\n")
    os.kill(os.getpid(), signal.SIGKILL)


def _dial(told: int, moment: datetime) -> None:
    """Place what is due at that moment, batch by batch; say how much."""
    count = 0
    while True:
        try:
            placed = run_once(now=moment)
        except (TryAgain, GiveUp):
            break
        count += placed
        if placed == 0:
            break
    os.write(told, f"placed {count}".encode())


def _trace(told: int, files: Sequence[str]) -> None:
    """Dial until nobody is left; say to which lines of these files that leads."""
    reached: set[tuple[str, int]] = set()
    at_call = _noting(files, reached)
    dialler = Dialler(stop=threading.Event(), clock=utc_now, hands=HANDS)
    threading.settrace(at_call)
    sys.settrace(at_call)
    while _somebody_waits():
        dialler.rest(min(dialler.tend(now=utc_now()), 0.1))
    os.write(told, json.dumps(sorted(reached)).encode())


def _somebody_waits() -> bool:
    waits = exists().where(Invitation.state == InvitationState.PLANNED)
    asked = exists().where(Attempt.state == AttemptState.PLACING)
    with reading() as session:
        return bool(session.scalar(select(waits | asked)))


if __name__ == "__main__":
    main()
