"""Placing orders in one thread: for tests whose clock obeys or whose provider lies."""

from collections.abc import Sequence
from typing import Any

from ivr import placing
from ivr.orders import Order
from ivr.pacing import Pace
from ivr.placing import Clock, Outcome
from ivr.provider_answers import Answer
from ivr.tray import Tray


def place_all(
    orders: Sequence[Order], *, provider: Any, pace: Pace, clock: Clock
) -> list[Outcome | Exception]:
    """What becomes of each; what is answered meanwhile is written down together."""
    found: dict[object, Outcome | Exception] = {}

    def told(order: Order, outcome: Outcome | Exception) -> None:
        found[order.attempt_id] = outcome

    tray = Tray(pace=pace, clock=clock, told=told)
    for order in orders:
        tray.add(order)
    answers: list[Answer] = []
    while True:
        tray.round(answers, room=len(orders))
        if tray.is_idle:
            return [found[order.attempt_id] for order in orders]
        answers = []
        while tray.has_ready:
            pace.rest(max(0.001, tray.until_due()))
            answers += [placing.ask(one, provider=provider, pace=pace) for one in tray.due()]
        if not answers:
            pace.rest(max(0.001, tray.rest()))


def place(order: Order, *, provider: Any, pace: Pace, clock: Clock) -> Outcome:
    """What becomes of one order; a fault is raised."""
    (outcome,) = place_all([order], provider=provider, pace=pace, clock=clock)
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
