"""Asking the provider for a call, once: the only place in which that is done.

Its attempt is committed as PLACING before, and what is answered is written down after; a process
that dies in between leaves it so, and `reconcile` asks the provider what became of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ivr.orders import Order
from ivr.pacing import Moment, Pace
from ivr.provider_answers import Answer
from storage.faults import TryAgain
from storage.provider import PlacedCall, Provider
from storage.provider_faults import ProviderBusy

Clock = Callable[[], datetime]


class Outcome(StrEnum):
    """What became of an order."""

    PLACED = "placed"
    UNCERTAIN = "uncertain"
    NOT_PLACED = "not_placed"


@dataclass(slots=True)
class Waiting:
    """An order that has no moment yet, and until when it waits for one."""

    order: Order
    until: float
    busy: ProviderBusy | None = None
    # When it was handed out to be asked, last.
    asked_at: datetime | None = None


@dataclass(order=True, frozen=True, slots=True)
class Ask:
    """An order whose moment is taken."""

    due: float
    slot: int
    moment: Moment = field(compare=False)
    waiting: Waiting = field(compare=False)

    @property
    def order(self) -> Order:
        """What is to be asked for."""
        return self.waiting.order


def ask(one: Ask, *, provider: Provider, pace: Pace) -> Answer:
    """Ask the provider for the call, if it is not too late for its moment."""
    asked = pace.ticks()
    if one.moment.is_past(asked):
        return Answer(one.order, one.moment, 0.0, None, one.waiting.asked_at)
    brought: PlacedCall | Exception
    try:
        brought = provider.place_call(one.order.wanted, one.order.permit)
    except Exception as fault:
        brought = fault
    in_doubt = isinstance(brought, TryAgain) and not isinstance(brought, ProviderBusy)
    answered = None if in_doubt else pace.ticks()
    late = pace.lateness(one.moment, asked=asked, answered=answered)
    return Answer(one.order, one.moment, late, brought, one.waiting.asked_at)
