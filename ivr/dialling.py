"""The dialler: hands that ask the provider, and a tray of orders about which the rest is done."""

import logging
import math
import queue
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
from ivr.placing import Ask, Clock, Outcome
from ivr.provider_answers import Answer
from ivr.tray import Tray
from storage.faults import GiveUp, TryAgain
from storage.house import house, transaction
from survey.claims import Carrying

log = logging.getLogger(__name__)

# So many requests may wait for the provider's answer at a time.
HANDS: Final = 16
# A claim is one transaction, which on SQLite keeps everybody else from writing.
BATCH: Final = 64
# Orders in hand for each hand: while some are asked for, others get their moments.
_EACH: Final = 8
# So long an answer waits for others that are on their way, to be written down with them.
GATHER: Final = 0.05
IDLE_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.2


class Dialler:
    """Claims what is due and has it placed; one per process, several at the same time.

    Every order that was claimed and not placed is given back when `stop` is set.
    """

    def __init__(self, *, stop: threading.Event, clock: Clock, hands: int = HANDS) -> None:
        self._stop = stop
        self._hands = hands
        self._most = _EACH * hands
        self._pool = ThreadPoolExecutor(max_workers=hands, thread_name_prefix="placing")
        self._pace = Pace(stop)
        self._tray = Tray(pace=self._pace, clock=clock, told=self._told)
        # What comes to the tray: orders, answers, and None when no more orders come.
        self._in: queue.SimpleQueue[Order | Answer | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="tray", daemon=True)
        self._guard = threading.Lock()
        self._futures: dict[UUID, Future[Outcome]] = {}
        # Orders in hand by line, and how many of them are enough.
        self._busy: Counter[UUID] = Counter()
        self._enough: dict[UUID, int] = {}
        self._freed = threading.Event()
        # Whether more was due than the last look could take.
        self._more = False

    def tend(self, *, now: datetime) -> float:
        """Claim what there is room for; the seconds after which to look again.

        At once only where more may be due than there was room for: people come due one by one, and
        a look costs nearly the same for one as for those of a whole second.
        """
        self._freed.clear()
        with self._guard:
            free = self._most - self._busy.total()
            self._more = True  # until the look is over: room that comes free meanwhile counts
        if free <= 0:
            return IDLE_SECONDS
        with transaction() as session:
            claimed = claim(session, now=now, limit=min(free, BATCH), at_most=self._wanted)
        for order in claimed.orders:
            self.hand_out(order)
        with self._guard:
            self._more = claimed.more
        took = claimed.orders or claimed.refused
        return 0.0 if claimed.more and took else IDLE_SECONDS

    def rest(self, seconds: float) -> None:
        """Wait so long, or until more can be claimed or everything is to stop."""
        deadline = time.monotonic() + seconds
        while not self._stop.is_set() and not self._freed.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                return
            self._freed.wait(min(left, _LOOK_SECONDS))

    def hand_out(self, order: Order) -> "Future[Outcome]":
        """Have that order placed when its line allows it."""
        future: Future[Outcome] = Future()
        with self._guard:
            self._busy[order.line.line_id] += 1
            self._futures[order.attempt_id] = future
        self._in.put(order)
        if self._thread.ident is None:
            self._thread.start()
        return future

    def close(self) -> None:
        """Wait for what is under way; call it after `stop` was set, or all of it is placed."""
        if self._thread.ident is not None:
            self._in.put(None)
            self._thread.join()
        for future in self._futures.values():  # only if that thread itself broke
            future.set_exception(RuntimeError("the tray's thread has broken"))
        self._pool.shutdown(wait=True)

    def _wanted(self, line: Carrying) -> int:
        """As many orders for a line as can be placed within a second or so: more would only wait,
        and grow old. None before half of them are gone: a claim costs nearly the same for one as
        for several."""
        enough = min(self._most, max(1, math.ceil(line.calls_per_second)))
        with self._guard:
            self._enough[line.id] = enough
            missing = enough - self._busy[line.id]
        return missing if 2 * missing >= enough else 0

    def _work(self) -> None:
        """What came in is written down, and what is due goes to the hands."""
        tray, closing = self._tray, False
        while not (closing and tray.is_idle):
            answers: list[Answer] = []
            for what in self._what_came(tray.rest()):
                if what is None:
                    closing = True
                elif isinstance(what, Answer):
                    answers.append(what)
                else:
                    tray.add(what)
            # While every hand is busy, as many again may have their moments already.
            tray.round(answers, room=2 * self._hands - tray.under_way)
            for one in tray.due():
                self._pool.submit(self._ask, one)

    def _what_came(self, seconds: float) -> list[Order | Answer | None]:
        """What comes within so many seconds, with what comes soon after and can be written with it.

        A slot is free a second after its moment, so nobody waits for these hundredths.
        """
        found: list[Order | Answer | None] = []
        until = time.monotonic() + seconds
        try:
            while not found or self._more_comes(found):
                left = until - time.monotonic()
                found.append(self._in.get(timeout=left) if left > 0 else self._in.get_nowait())
                if len(found) == 1:
                    until = time.monotonic() + min(GATHER, max(0.0, self._tray.until_due()))
        except queue.Empty:
            pass
        return found

    def _more_comes(self, found: Sequence[Order | Answer | None]) -> bool:
        """Whether anything lies there, or an answer is on its way to those that came."""
        answers = sum(isinstance(one, Answer) for one in found)
        waited_for = self._tray.asked > answers > 0 and not self._stop.is_set()
        return waited_for or not self._in.empty()

    def _ask(self, one: Ask) -> None:
        self._in.put(placing.ask(one, provider=house().provider, pace=self._pace))

    def _told(self, order: Order, outcome: Outcome | Exception) -> None:
        line_id = order.line.line_id
        with self._guard:
            self._busy[line_id] -= 1
            wanted = self._more and 2 * self._busy[line_id] <= self._enough.get(line_id, 0)
            future = self._futures.pop(order.attempt_id)
        if wanted:
            self._freed.set()
        if isinstance(outcome, Outcome):
            future.set_result(outcome)
            return
        if isinstance(outcome, TryAgain | GiveUp):
            # Settled or marked by then, and its line is held for as long as makes sense.
            log.warning("dialling.trouble", extra={"code": outcome.code})
        else:
            log.error("dialling.broke", exc_info=outcome)
        future.set_exception(outcome)


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
