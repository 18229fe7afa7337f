"""The dialler: as many hands as calls may be placed at a time, and what keeps them busy."""

import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Final
from uuid import UUID

from ivr import placing
from ivr.orders import Claimed, Order, claim
from ivr.pacing import Pace
from ivr.placing import Clock, Outcome
from storage.faults import GiveUp, TryAgain
from storage.house import house, transaction
from storage.tables import Line

log = logging.getLogger(__name__)

# So many requests may wait for the provider's answer at a time.
HANDS: Final = 16
# A claim is one transaction, which on SQLite keeps everybody else from writing.
BATCH: Final = 8
IDLE_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.2


class Dialler:
    """Claims what is due for as many hands as are free; one per process, several at the same time.

    Every order that was claimed and not placed is given back when `stop` is set.
    """

    def __init__(self, *, stop: threading.Event, clock: Clock, hands: int = HANDS) -> None:
        self._stop = stop
        self._clock = clock
        self._hands = hands
        self._pool = ThreadPoolExecutor(max_workers=hands, thread_name_prefix="placing")
        self._pace = Pace(stop)
        self._guard = threading.Lock()
        # Orders in hand by line, and how many of them are enough.
        self._busy: Counter[UUID] = Counter()
        self._enough: dict[UUID, int] = {}
        self._freed = threading.Event()

    def tend(self, *, now: datetime) -> float:
        """Give free hands something to do; the seconds after which to look again."""
        self._freed.clear()
        with self._guard:
            free = self._hands - self._busy.total()
        if free <= 0:
            return IDLE_SECONDS
        with transaction() as session:
            claimed = claim(session, now=now, limit=min(free, BATCH), at_most=self._wanted)
        for order in claimed.orders:
            self.hand_out(order)
        return 0.0 if claimed.orders or claimed.refused else IDLE_SECONDS

    def rest(self, seconds: float) -> None:
        """Wait so long, or until a hand is free or everything is to stop."""
        deadline = time.monotonic() + seconds
        while not self._stop.is_set() and not self._freed.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._freed.wait(min(left, _LOOK_SECONDS))

    def hand_out(self, order: Order) -> "Future[Outcome]":
        """Have a hand place that order when its line allows it."""
        with self._guard:
            self._busy[order.line.line_id] += 1
        future = self._pool.submit(
            placing.place, order, provider=house().provider, pace=self._pace, clock=self._clock
        )
        future.add_done_callback(lambda done: self._done(order, done))
        return future

    def close(self) -> None:
        """Wait for what is under way; call it after `stop` was set, or all of it is placed."""
        self._pool.shutdown(wait=True)

    def _wanted(self, line: Line) -> int:
        """As many orders for a line as can be placed within a second or so: more would only wait,
        and keep hands from other lines. None before half of them are gone: a claim costs the same
        for one as for several."""
        enough = min(self._hands, max(1, math.ceil(line.calls_per_second)))
        with self._guard:
            self._enough[line.id] = enough
            missing = enough - self._busy[line.id]
        return missing if 2 * missing >= enough else 0

    def _done(self, order: Order, done: "Future[Outcome]") -> None:
        with self._guard:
            self._busy[order.line.line_id] -= 1
            left = self._busy[order.line.line_id]
            wanted = 2 * left <= self._enough.get(order.line.line_id, 0)
        if wanted:
            self._freed.set()
        fault = done.exception()
        if isinstance(fault, TryAgain | GiveUp):
            # Settled or marked by then, and its line is held for as long as makes sense.
            log.warning("dialling.trouble", extra={"code": fault.code})
        elif fault is not None:
            log.error("dialling.broke", exc_info=fault)


def run_once(*, now: datetime, stop: threading.Event | None = None) -> int:
    """Place what is due, up to a batch, and wait for it; how many calls were or may be placed.

    Raises TryAgain or GiveUp when the provider was busy, away or refused us: every attempt is
    settled or marked by then.
    """
    told = stop or threading.Event()
    claimed = Claimed((), 0)
    while not told.is_set():
        with transaction() as session:
            claimed = claim(session, now=now, limit=BATCH)
        if claimed.orders or not claimed.refused:
            break
    dialler = Dialler(stop=told, clock=lambda: now)
    try:
        futures = [dialler.hand_out(order) for order in claimed.orders]
    finally:
        dialler.close()
    return _outcome(futures)


def _outcome(futures: Sequence["Future[Outcome]"]) -> int:
    """How many may ring; the first fault is raised, one that nobody foresaw before others."""
    faults = [fault for future in futures if (fault := future.exception()) is not None]
    for fault in sorted(faults, key=lambda one: isinstance(one, TryAgain | GiveUp)):
        raise fault
    return sum(future.result() is not Outcome.NOT_PLACED for future in futures)
