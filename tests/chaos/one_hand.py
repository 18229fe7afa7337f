"""A dialler of one thread, for what must be certain: the same answers lead it along the same lines.

It works at a tray as a dialler does, and asks one after the other, so that nothing depends on which
of several threads was quicker.
"""

import threading
import time
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from ivr import placing
from ivr.orders import claim
from ivr.pacing import Pace
from ivr.provider_answers import Answer
from ivr.tray import Tray
from storage.house import house, transaction, utc_now

ORDERS: Final = 2
# Longer than a moment lasts, and not as long as an order waits.
TOO_LONG: Final = 5.0


class Turn(StrEnum):
    """What happens to it beside what the provider does."""

    NONE = "none"
    # It is told to stop before it has a moment for anybody, or before it asks, or when answered.
    STOPS_WAITING = "stops-waiting"
    STOPS_READY = "stops-ready"
    STOPS_ANSWERED = "stops-answered"
    # What was answered cannot be written the first time, or neither together nor alone.
    BREAKS_ONCE = "breaks-once"
    BREAKS_FOR_LONG = "breaks-for-long"
    # It is told to stop, and whoever waited cannot be given back.
    STOPS_BROKEN = "stops-broken"
    # It comes to ask when the moments have passed, once.
    IS_LATE = "is-late"


class _Clock:
    """The right time, but for so many questions."""

    def __init__(self) -> None:
        self.broken = 0

    def __call__(self) -> datetime:
        if self.broken:
            self.broken -= 1
            raise OSError("this clock is broken")
        return utc_now()


def dial(turn: Turn) -> None:
    """Place what a few people are due, or stop, or meet with that trouble."""
    stop, clock, slept = threading.Event(), _Clock(), 0.0
    pace = Pace(stop, ticks=lambda: time.monotonic() + slept)
    tray = Tray(pace=pace, clock=clock, told=lambda *_: None)
    with transaction() as session:
        orders = claim(session, now=utc_now(), limit=ORDERS).orders
    for order in orders:
        tray.add(order)
    if turn in (Turn.STOPS_WAITING, Turn.STOPS_BROKEN):
        stop.set()
    if turn is Turn.STOPS_BROKEN:
        clock.broken = len(orders)
    answers: Sequence[Answer] = ()
    while not tray.is_idle:
        if answers and turn is Turn.BREAKS_ONCE:
            clock.broken = 1
        elif answers and turn is Turn.BREAKS_FOR_LONG:
            clock.broken = 1 + len(answers)
        elif answers and turn is Turn.STOPS_ANSWERED:
            stop.set()
        tray.round(answers, room=ORDERS - tray.under_way)
        clock.broken = 0
        if turn is Turn.STOPS_READY and tray.has_ready:
            stop.set()
            answers = ()
            continue
        asks = tray.due()
        if asks and turn is Turn.IS_LATE and not slept:
            slept = TOO_LONG
        answers = [placing.ask(one, provider=house().provider, pace=pace) for one in asks]
        if not answers:
            pace.rest(tray.rest())
