"""Who is talking to whom: what the lab shows of all calls, without being asked by anybody."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

from simulator.directory import Lookup
from simulator.handset import (
    Direction,
    Ending,
    Handset,
    Heard,
    KeyWindow,
    Line,
    Pickup,
    Pressed,
    SpeakWindow,
    Spoken,
    Utterance,
)

_MOST: Final = 500
_SHOWN_AFTER_END: Final = 20.0
_DOING_ENDED: Final = {
    Ending.COMPLETED: "finished",
    Ending.BUSY: "busy",
    Ending.NO_ANSWER: "no answer",
    Ending.FAILED: "unreachable",
    Ending.CANCELED: "cancelled",
}


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One call; times are in seconds since 1970, `ended` is None while it lasts.

    `person` is empty for who has no name, such as a telephone of the lab.
    """

    call: str
    person: str
    number: str
    service: str
    outgoing: bool
    """True when the person rang the service."""
    doing: str
    began: float
    ended: float | None = None


class Board:
    """The calls under way and those just over; the oldest go when there are very many."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, BoardLine] = OrderedDict()
        self._lock = Lock()

    def watched(self, lookup: Lookup, name_of: Callable[[str], str]) -> Lookup:
        """The same lookup, its calls shown on the board under the name of who is rung."""

        def look(number: str) -> Handset | None:
            handset = lookup(number)
            return None if handset is None else self.watching(handset, name=name_of(number))

        return look

    def watching(self, handset: Handset, *, name: str) -> Handset:
        """The same handset, its call shown on the board."""
        return _Watched(handset, name=name, board=self)

    def lines(self, *, now: float | None = None) -> list[BoardLine]:
        """Calls under way and those that ended in the last seconds, the newest first."""
        at = time.time() if now is None else now
        with self._lock:
            return [
                line
                for line in reversed(self._lines.values())
                if line.ended is None or at - line.ended < _SHOWN_AFTER_END
            ]

    def put(self, line: BoardLine) -> None:
        """Show a call for the first time."""
        with self._lock:
            self._lines[line.call] = line
            while len(self._lines) > _MOST:
                self._lines.popitem(last=False)

    def change(self, call: str, *, doing: str, ended: float | None = None) -> None:
        """Tell what a call is at; a call no longer on the board is no error."""
        with self._lock:
            line = self._lines.get(call)
            if line is not None and (line.doing != doing or ended is not None):
                self._lines[call] = replace(line, doing=doing, ended=ended)


class _Watched:
    """A handset that tells the board and otherwise leaves everything to the one within."""

    def __init__(self, within: Handset, *, name: str, board: Board) -> None:
        self._within = within
        self._name = name
        self._board = board
        self._call: str | None = None

    def ring(self, line: Line) -> Pickup:
        self._begin(line, doing="ringing")
        return self._within.ring(line)

    def connected(self, line: Line) -> None:
        self._begin(line, doing="listening")
        self._within.connected(line)

    def hear(self, utterance: Utterance) -> Heard:
        self._now("listening")
        return self._within.hear(utterance)

    def press(self, window: KeyWindow) -> Pressed:
        self._now("choosing")
        return self._within.press(window)

    def speak(self, window: SpeakWindow) -> Spoken:
        self._now("speaking")
        return self._within.speak(window)

    def call_ended(self, ending: Ending) -> None:
        if self._call is not None:
            self._board.change(self._call, doing=_DOING_ENDED[ending], ended=time.time())
        self._within.call_ended(ending)

    def _now(self, doing: str) -> None:
        if self._call is not None:
            self._board.change(self._call, doing=doing)

    def _begin(self, line: Line, *, doing: str) -> None:
        if self._call is not None:
            self._now(doing)
            return
        self._call = line.call_sid
        outgoing = line.direction is Direction.INBOUND
        self._board.put(
            BoardLine(
                call=line.call_sid,
                person=self._name,
                number=line.caller if outgoing else line.called,
                service=line.called if outgoing else line.caller,
                outgoing=outgoing,
                doing=doing,
                began=time.time(),
            )
        )
