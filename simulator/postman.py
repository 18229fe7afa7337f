"""Brings the callbacks of one call: in due time, or late, last first, or racing with the call."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from simulator.clock import Timeline
from simulator.dispatch import Dispatch, Session
from simulator.faults import Faults, Webhook
from simulator.parameters import Fields
from simulator.records import Address


@dataclass(order=True, slots=True)
class Letter:
    """Something that happens at `due`, and the callback that tells of it (if anybody listens)."""

    due: datetime
    number: int
    kind: Webhook = field(compare=False)
    address: Address | None = field(compare=False)
    contents: Callable[[], Fields] = field(compare=False)
    happen: Callable[[], None] | None = field(compare=False, default=None)
    afterwards: Callable[[], None] | None = field(compare=False, default=None)


class Postman:
    """Without a thread of its own (`racing=False`) letters go when the call asks for it."""

    def __init__(
        self,
        dispatch: Dispatch,
        session: Session,
        timeline: Timeline,
        *,
        faults: Callable[[], Faults],
        racing: bool,
        counts_time: bool,
        stopping: threading.Event,
    ) -> None:
        self._dispatch = dispatch
        self._session = session
        self._timeline = timeline
        self._faults = faults
        self._counts_time = counts_time
        self._stopping = stopping
        self._numbers = count()
        self._waiting: list[Letter] = []
        self._held_back: list[Letter] = []
        self._bell = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None
        if racing:
            self._thread = threading.Thread(
                target=self._rounds, name=f"postman {session.sid}", daemon=True
            )
            self._thread.start()

    def post(
        self,
        kind: Webhook,
        address: Address | None,
        contents: Callable[[], Fields],
        *,
        due: datetime,
        happen: Callable[[], None] | None = None,
        afterwards: Callable[[], None] | None = None,
    ) -> None:
        """`happen` runs at `due` even if nobody is told or the callback is lost; `afterwards`
        when the callback has been brought."""
        late = timedelta(seconds=self._faults().delay.get(kind, 0.0))
        with self._bell:
            number = next(self._numbers)
            letter = Letter(due + late, number, kind, address, contents, happen, afterwards)
            heapq.heappush(self._waiting, letter)
            self._bell.notify()

    def next_due(self, until: datetime) -> datetime | None:
        """When the next letter is due, if the call itself has to bring it by `until`."""
        if self._thread is not None:
            return None
        with self._bell:
            first = self._waiting[0].due if self._waiting else None
        return first if first is not None and first <= until else None

    def deliver_next(self) -> None:
        """Bring the letter that is due first. For calls without a postman's thread."""
        with self._bell:
            letter = heapq.heappop(self._waiting) if self._waiting else None
        if letter is not None:
            self._bring(letter)

    def finish(self) -> None:
        """The call is over: bring what is left, then what was held back, last first."""
        with self._bell:
            self._closed = True
            self._bell.notify()
        if self._thread is not None:
            self._thread.join()
        while self._waiting and not self._stopping.is_set():
            self.deliver_next()
        for letter in reversed(self._held_back):
            if not self._stopping.is_set():
                self._send(letter)
        self._held_back.clear()
        if not self._stopping.is_set():
            self._dispatch.replay(self._session, at=self._timeline.now())

    def _rounds(self) -> None:
        while not self._stopping.is_set():
            with self._bell:
                if not self._waiting:
                    if self._closed:
                        return
                    self._bell.wait(0.5)
                    continue
                if self._counts_time:
                    early = (self._waiting[0].due - self._timeline.now()).total_seconds()
                    if early > 0:
                        self._bell.wait(min(early, 0.5))
                        continue
                letter = heapq.heappop(self._waiting)
            self._bring(letter)

    def _bring(self, letter: Letter) -> None:
        if letter.happen is not None:
            letter.happen()
        if letter.address is None:
            return
        # A verdict about who answered is of no use after the call, so it is never held back.
        if self._faults().reorder and letter.kind is not Webhook.DETECTED:
            self._held_back.append(letter)
            return
        self._send(letter)

    def _send(self, letter: Letter) -> None:
        assert letter.address is not None
        self._dispatch.callback(
            letter.kind,
            letter.address,
            letter.contents(),
            self._session,
            at=max(letter.due, self._timeline.now()),
        )
        if letter.afterwards is not None:
            letter.afterwards()
