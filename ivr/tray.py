"""The tray of a dialler: orders, from being handed out to all being written down about them.

They wait here for a moment on their lines. A round is one transaction: it writes down
what the provider has answered meanwhile, takes the next moments, and looks once more whether their
calls are still wanted. Nothing is asked of the provider in it, and what was not yet written when a
process dies is what `reconcile` asks about.
"""

import heapq
import logging
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from ivr import pacing, provider_answers
from ivr.last_look import why_unwanted
from ivr.orders import Order
from ivr.pacing import Moment, Pace
from ivr.placing import Ask, Clock, Outcome, Waiting
from ivr.provider_answers import Answer
from storage.faults import GiveUp, TryAgain
from storage.house import transaction
from storage.provider import PlacedCall
from storage.provider_faults import ProviderBusy, ProviderRefusesUs
from storage.states import Disposition

log = logging.getLogger(__name__)

# A decision should not grow old before it is used: an order that found no moment by then is given
# back, and one that the provider was too busy for is a failed attempt.
ORDER_PATIENCE: Final = 20.0
# How long nothing is done at most, so that a stop is noticed.
LOOK: Final = 0.2
# After a database that was away.
_TROUBLE: Final = 1.0
# Hears once of each order: what became of it, or the fault that kept it from being placed. Its
# attempt is settled by then, or left for `reconcile`.
Told = Callable[[Order, Outcome | Exception], None]


class Tray:
    """Orders of one process, from being handed out to all being written down about them.

    One thread works at it. Whoever asks the provider takes what is `due`, and brings the answers to
    the next `round`.
    """

    def __init__(self, *, pace: Pace, clock: Clock, told: Told) -> None:
        self._pace, self._clock, self._told = pace, clock, told
        self._waiting: dict[UUID, list[Waiting]] = {}
        self._ready: list[Ask] = []
        self._asked: dict[UUID, Waiting] = {}
        # When a line is to be asked for moments again.
        self._look_at: dict[UUID, float] = {}

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing left to do."""
        return not (any(self._waiting.values()) or self._ready or self._asked)

    @property
    def has_ready(self) -> bool:
        """Whether anything has its moment and was not asked for."""
        return bool(self._ready)

    @property
    def under_way(self) -> int:
        """How many have a moment, or wait for their answer."""
        return len(self._ready) + len(self._asked)

    @property
    def asked(self) -> int:
        """How many wait for their answer."""
        return len(self._asked)

    def add(self, order: Order) -> None:
        """Have that order placed when its line allows it."""
        if not self._waiting.get(order.line.line_id):
            self._look_at.pop(order.line.line_id, None)
        self._wait(Waiting(order, self._pace.ticks() + ORDER_PATIENCE))

    def rest(self) -> float:
        """Seconds for which nothing is to be done, unless an answer comes."""
        now = self._pace.ticks()
        looks = [self._look_at.get(line, now) for line, some in self._waiting.items() if some]
        return max(0.0, min([self.until_due(), *(at - now for at in looks)]))

    def until_due(self) -> float:
        """Seconds until the next moment that is taken, but no longer than a look."""
        return min(LOOK, self._ready[0].due - self._pace.ticks()) if self._ready else LOOK

    def due(self) -> list[Ask]:
        """All that is to be asked now; its answers are expected from here on."""
        found: list[Ask] = []
        while self._ready and self._ready[0].due <= self._pace.ticks():
            one = heapq.heappop(self._ready)
            hours = one.order.hours
            if hours is not None and not hours.is_open(self._clock()):
                self._leave([one.moment])
                self._let_go(one.waiting, "outside_calling_hours")
                continue
            one.waiting.asked_at = self._clock()
            self._asked[one.order.attempt_id] = one.waiting
            found.append(one)
        return found

    def round(self, answers: Sequence[Answer], *, room: int) -> None:
        """Write down these answers, and take moments for as many orders as there is room for."""
        made: list[Answer] = []
        for answer in answers:
            if isinstance(answer.brought, PlacedCall):
                made.append(answer)
            elif answer.brought is None:
                self._leave([answer.moment])
                self._wait(self._asked.pop(answer.order.attempt_id))
            else:
                self._take_fault(answer, answer.brought)
        if self._pace.stopped:
            self._leave([one.moment for one in self._ready])
            for one in self._ready:
                self._wait(one.waiting)
            self._ready = []
        self._end_patience()
        self._write(made, room=room)

    def _write(self, made: Sequence[Answer], *, room: int) -> None:
        """One transaction for what was made and for what comes next."""
        ticks = self._pace.ticks()
        lines = [
            line
            for line, some in sorted(self._waiting.items())
            if some and room > 0 and self._look_at.get(line, ticks) <= ticks
        ]
        if not made and not lines:
            return
        found = _Found()
        try:
            with transaction() as session:
                provider_answers.placed(session, made, now=self._clock())
                for line in lines:
                    self._take(session, line, room=room - len(found.asks), found=found)
        except Exception as fault:
            log.warning("dialling.round_failed", extra={"code": type(fault).__name__})
            self._look_at |= dict.fromkeys(lines, ticks + _TROUBLE)
            # One that cannot be written must not keep the others from it.
            for answer in made:
                self._write_alone(answer)
            return
        for answer in made:
            self._end(answer.order, Outcome.PLACED)
        gone = {id(one.waiting) for one in found.asks} | {id(one) for one, _ in found.unwanted}
        for line in lines:
            self._waiting[line] = [one for one in self._waiting[line] if id(one) not in gone]
        for one in found.asks:
            heapq.heappush(self._ready, one)
        for waiting, code in found.unwanted:
            self._let_go(waiting, code)

    def _write_alone(self, answer: Answer) -> None:
        try:
            with transaction() as session:
                provider_answers.placed(session, [answer], now=self._clock())
        except Exception as fault:
            self._end(answer.order, fault)
        else:
            self._end(answer.order, Outcome.PLACED)

    def _take(self, session: Session, line_id: UUID, *, room: int, found: "_Found") -> None:
        """Moments for those who waited longest on a line and are still wanted."""
        waiting = self._waiting[line_id][:room]
        if not waiting:
            return
        line = waiting[-1].order.line
        taken = pacing.take(session, line, most=len(waiting), ticks=self._pace.ticks)
        # Spread, so that those who wait for the same one do not come together.
        wait = taken.wait * random.uniform(1.0, 1.2)  # noqa: S311 - no secret
        self._look_at[line_id] = self._pace.ticks() + wait
        waiting = waiting[: len(taken.moments)]
        why = why_unwanted(session, [one.order for one in waiting], now=self._clock())
        found.unwanted += [
            (one, why[one.order.attempt_id]) for one in waiting if one.order.attempt_id in why
        ]
        wanted = [one for one in waiting if one.order.attempt_id not in why]
        pacing.unused(session, taken.moments[len(wanted) :])
        # Those left over were for the unwanted.
        for moment, one in zip(taken.moments, wanted, strict=False):
            found.asks.append(Ask(moment.due, moment.slot, moment, one))

    def _take_fault(self, answer: Answer, fault: Exception) -> None:
        """What follows from an answer that is no call. A call that may ring is never asked for
        again; a provider that was busy has done nothing with the request."""
        try:
            provider_answers.no_call(answer, fault, now=self._clock())
        except Exception as broke:
            self._end(answer.order, broke)
            return
        if isinstance(fault, ProviderBusy):
            waiting = self._asked.pop(answer.order.attempt_id)
            waiting.busy = fault
            self._wait(waiting)
        elif isinstance(fault, TryAgain) and fault.may_have_happened:
            self._end(answer.order, Outcome.UNCERTAIN)
        elif isinstance(fault, GiveUp) and not isinstance(fault, ProviderRefusesUs):
            self._end(answer.order, Outcome.NOT_PLACED)
        else:
            self._end(answer.order, fault)

    def _end_patience(self) -> None:
        """Let go of what waited too long, or of everything when told to stop."""
        now = self._pace.ticks()
        for line, some in self._waiting.items():
            over = [one for one in some if self._pace.stopped or one.until <= now]
            self._waiting[line] = [one for one in some if one not in over]
            for one in over:
                self._let_go(one, "dialler_stopped" if self._pace.stopped else "no_moment")

    def _let_go(self, one: Waiting, code: str) -> None:
        """End an order that is not placed; one that the provider was too busy for has failed."""
        outcome: Outcome | Exception = one.busy or Outcome.NOT_PLACED
        try:
            if one.busy is None:
                provider_answers.give_back(one.order, code=code, now=self._clock())
            else:
                why, code = Disposition.PROVIDER_ERROR, one.busy.code or code
                provider_answers.write_off(one.order, why, code=code, now=self._clock())
        except Exception as fault:
            outcome = fault
        self._end(one.order, outcome)

    def _leave(self, moments: Collection[Moment]) -> None:
        """Give back moments at which nothing was asked; if that fails, they come free later."""
        if not moments:
            return
        for one in moments:
            self._look_at.pop(one.line.line_id, None)
        try:
            with transaction() as session:
                pacing.unused(session, moments)
        except Exception as fault:
            log.warning("dialling.round_failed", extra={"code": type(fault).__name__})

    def _wait(self, one: Waiting) -> None:
        self._waiting.setdefault(one.order.line.line_id, []).append(one)

    def _end(self, order: Order, outcome: Outcome | Exception) -> None:
        self._asked.pop(order.attempt_id, None)
        self._told(order, outcome)


@dataclass(slots=True)
class _Found:
    """What a look for moments brought."""

    asks: list[Ask] = field(default_factory=list)
    unwanted: list[tuple[Waiting, str]] = field(default_factory=list)
