"""Who answers at which number.

Scenarios, the population and the phone lab each put a lookup into the directory. The newest
lookup is asked first; a number nobody knows rings unanswered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from simulator.handset import (
    Answer,
    Ended,
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

Lookup = Callable[[str], Handset | None]
"""Takes a number in E.164; answers with a fresh handset for one call, or None for "not mine"."""


class NobodyHome:
    """A telephone that rings in an empty room."""

    def ring(self, line: Line) -> Pickup:
        return Pickup(Answer.NO_ANSWER, after_seconds=line.ring_seconds)

    def connected(self, line: Line) -> None:
        return None

    def hear(self, utterance: Utterance) -> Heard:
        return Heard(Ended.PLAYED, utterance.seconds)

    def press(self, window: KeyWindow) -> Pressed:
        return Pressed(Ended.SILENCE, window.timeout_seconds)

    def speak(self, window: SpeakWindow) -> Spoken:
        return Spoken(Ended.HANG_UP, b"", spoke=False)

    def call_ended(self, ending: Ending) -> None:
        return None


class Directory:
    """The lookups in force, newest first. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lookups: list[Lookup] = []
        self._lock = threading.Lock()

    def add(self, lookup: Lookup) -> None:
        with self._lock:
            self._lookups.insert(0, lookup)

    def remove(self, lookup: Lookup) -> None:
        """Forget a lookup; one that is not there is no error."""
        with self._lock:
            self._lookups = [known for known in self._lookups if known is not lookup]

    def handset_for(self, number: str) -> Handset:
        """The handset that rings for one call to `number`."""
        with self._lock:
            lookups = tuple(self._lookups)
        for lookup in lookups:
            handset = lookup(number)
            if handset is not None:
                return handset
        return NobodyHome()
