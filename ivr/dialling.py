"""The dialler's round: claim what is due and place it at the pace of its lines."""

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Final

from ivr import placing
from ivr.orders import Order, claim
from ivr.pacing import Pacer
from ivr.placing import Outcome
from storage.faults import GiveUp, TryAgain
from storage.house import house, transaction

log = logging.getLogger(__name__)

# As many orders at a time as can be placed soon: a decision should not grow old before it is used.
BATCH: Final = 16
HANDS: Final = 8
# Rounds in which everybody is put off cost little, but never keep a dialler from being stopped.
MOST_ROUNDS: Final = 50

_pacer = Pacer()


def run_once(*, now: datetime, stop: threading.Event | None = None) -> int:
    """Place what is due, up to a batch; how many calls were placed or may have been.

    Raises TryAgain or GiveUp when the provider was busy, away or refused us: every attempt is
    settled or marked by then, and the dialler should wait before it looks again.
    """
    stopped = stop or threading.Event()
    for _ in range(MOST_ROUNDS):
        if stopped.is_set():
            return 0
        with transaction() as session:
            claimed = claim(session, now=now, limit=BATCH)
        if claimed.orders:
            return _place_all(claimed.orders, now=now, stop=stopped)
        if not claimed.refused:
            return 0
    return 0


def _place_all(orders: Sequence[Order], *, now: datetime, stop: threading.Event) -> int:
    trouble = threading.Event()
    with ThreadPoolExecutor(max_workers=HANDS, thread_name_prefix="placing") as hands:
        futures = []
        for order in orders:
            delay = _pacer.delay(order.line_id, order.calls_per_second, now=time.monotonic())
            if delay > 0:
                stop.wait(delay)
            if stop.is_set() or trouble.is_set():
                # Nobody was asked for this one, so it is known not to ring.
                placing.write_off(order, code="stopped", now=now)
                continue
            future = hands.submit(placing.place, order, provider=house().provider, now=now)
            future.add_done_callback(lambda done: _note_trouble(done, trouble))
            futures.append(future)
    return _outcome(futures)


def _note_trouble(done: "Future[Outcome]", trouble: threading.Event) -> None:
    if done.exception() is not None:
        trouble.set()


def _outcome(futures: Sequence["Future[Outcome]"]) -> int:
    """How many may ring; the first fault of the round is raised after all of it is settled."""
    faults = [future.exception() for future in futures if future.exception() is not None]
    placed = sum(
        future.result() is not Outcome.NOT_PLACED
        for future in futures
        if future.exception() is None
    )
    log.info("dialling.round", extra={"placed": placed, "faults": len(faults)})
    for fault in faults:
        if not isinstance(fault, TryAgain | GiveUp) and fault is not None:
            raise fault
    for fault in faults:
        if fault is not None:
            raise fault
    return placed
