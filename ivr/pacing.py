"""Never faster than a line allows, over all diallers: slots of which each begins one call a second.

A line that may begin n calls a second has n slots. Whoever begins a call takes the slot that is
free first, at that moment or a little ahead of it, and gives it back when the provider has
answered: it is free again a second after the provider can have got the request. So in no second
does the provider get more than n, whatever process was slow and wherever it runs. Moments are the
database's; only waiting is done by our own clock.
"""

import functools
import math
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.orm import Session

from storage.database_clock import clock, clock_in, dialect_of
from storage.house import house, transaction
from storage.insertion import insert_missing
from storage.tables import LinePace, LineSlot
from survey import line_holds

# A slot waits so much longer than it must: most requests reach the provider within that time.
SLACK: Final = 0.04
# A slot is taken so long ahead at most.
AHEAD: Final = 0.25
# Whoever wakes so long after the moment takes another one.
TOO_LATE: Final = 0.3
# The quickest of so many answers tells how long one takes that was not held up on the way.
_ANSWERS: Final = 20
_ALL_BEING_TAKEN: Final = 0.01
_LOOK: Final = 0.05


@dataclass(frozen=True, slots=True)
class LineLimit:
    """A line and how many calls may be begun on it in a second."""

    line_id: UUID
    organisation_id: UUID
    calls_per_second: float

    @property
    def slots(self) -> int:
        """How many calls may be begun within `span`."""
        return max(1, math.floor(self.calls_per_second))

    @property
    def span(self) -> float:
        """A second, or what makes the rate right when it is no whole number."""
        return self.slots / max(self.calls_per_second, 0.001)


@dataclass(frozen=True, slots=True)
class Moment:
    """A slot that is ours from `at` on, which is `due` by this process's own clock."""

    line: LineLimit
    slot: int
    at: datetime
    due: float
    # How often in a row the provider had asked for patience when this was taken.
    refusals: int

    def is_past(self, ticks: float) -> bool:
        """Whether it is too late to use it when this process's own clock shows that."""
        return ticks - self.due > TOO_LATE


class Pace:
    """Takes moments for one process; its threads queue up, so that one at a time asks per line."""

    def __init__(
        self, stop: threading.Event, *, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._stop = stop
        # This process's own clock, by which is waited.
        self.ticks = ticks
        self._guard = threading.Lock()
        self._queues: dict[UUID, threading.Lock] = {}
        self._answers: deque[float] = deque(maxlen=_ANSWERS)

    @property
    def stopped(self) -> bool:
        """Whether nobody is to wait for a moment any more."""
        return self._stop.is_set()

    def wait_for(self, line: LineLimit, *, until: float) -> Moment | None:
        """The next moment on that line, when it has come.

        None when it would come after `until` (this process's monotonic clock), or when told to
        stop.
        """
        with self._guard:
            queue = self._queues.setdefault(line.line_id, threading.Lock())
        if not queue.acquire(timeout=max(0.0, until - self.ticks())):
            return None
        try:
            return self._next(line, until=until)
        finally:
            queue.release()

    def _next(self, line: LineLimit, *, until: float) -> Moment | None:
        while not self._stop.is_set():
            with transaction() as session:
                taken = take(session, line, ticks=self.ticks)
            wait = taken.due - self.ticks() if isinstance(taken, Moment) else taken
            in_time = self.ticks() + wait <= until
            if isinstance(taken, Moment):
                if in_time and not self._stop.wait(max(0.0, wait)):
                    return taken
                unused(taken)
            if not in_time:
                return None
            self._stop.wait(wait * random.uniform(1.0, 1.2))  # noqa: S311 - no secret
        return None

    def lateness(self, moment: Moment, *, asked: float, answered: float | None) -> float:
        """By how many seconds the provider may have got the request after its moment.

        `asked` and `answered` are by this process's monotonic clock. It got it before it answered;
        how long its answers take at the quickest, beyond what is slack anyway, it had it already.
        """
        if answered is None:
            return self.ticks() - moment.due
        with self._guard:
            quickest = min(self._answers, default=0.0)
            self._answers.append(answered - asked)
        return answered - max(0.0, quickest - SLACK) - moment.due


# Made once, for every call; on the connection, because nobody holds these rows as objects.
_TAKE: Final = (
    update(LineSlot)
    .where(LineSlot.line_id == bindparam("line"), LineSlot.number == bindparam("slot"))
    .values(free_at=bindparam("lost"), taken_for=bindparam("at"))
)
_FREE: Final = (
    update(LineSlot)
    .where(
        LineSlot.line_id == bindparam("line"),
        LineSlot.number == bindparam("slot"),
        LineSlot.taken_for == bindparam("was"),
    )
    .values(free_at=bindparam("at"), taken_for=None)
)


@functools.cache
def _first_free(dialect: str) -> Select[Any]:
    """The slot that is free first, with what is known of its line and the database's moment."""
    ours = (LineSlot.line_id == bindparam("line"), LineSlot.number < bindparam("slots"))
    pace = LinePace.line_id == bindparam("line")
    return (
        select(
            LineSlot.number,
            LineSlot.free_at,
            LineSlot.taken_for,
            select(LinePace.held_until).where(pace).scalar_subquery(),
            select(LinePace.refusals).where(pace).scalar_subquery(),
            select(func.count()).where(*ours).scalar_subquery(),
            clock_in(dialect),
        )
        .where(*ours)
        .order_by(LineSlot.free_at, LineSlot.number)
        .limit(1)
        # One that another dialler is just taking is passed over.
        .with_for_update(skip_locked=True, of=LineSlot)
    )


def take(
    session: Session, line: LineLimit, *, ticks: Callable[[], float] = time.monotonic
) -> Moment | float:
    """The slot of that line which is free first, taken; or how many seconds to wait before asking.

    The caller commits before it uses the moment.
    """
    names = {"line": line.line_id, "slots": line.slots}
    found = session.execute(_first_free(dialect_of(session)), names).first()
    asked = ticks()
    if found is None:
        return 0.0 if _make_slots(session, line) else _ALL_BEING_TAKEN
    number, free_at, taken_for, held_until, refused, slots, now = found
    if slots < line.slots:
        _make_slots(session, line)  # the limit was raised
    at = max(free_at, held_until or free_at, now)
    ahead = float((at - now).total_seconds())
    if ahead > AHEAD:
        if held_until is not None and held_until > now:
            return ahead - AHEAD
        if taken_for is not None:  # most likely answered soon, and free when a call's time is over
            ahead = (taken_for - now).total_seconds() + line.span + SLACK
        # While this one was chosen another dialler may have taken it: then a sooner one is left.
        return min(max(ahead - AHEAD, _LOOK), line.span / line.slots)
    mine = {"line": line.line_id, "slot": number, "lost": at + lost_after(), "at": at}
    session.connection().execute(_TAKE, mine)
    return Moment(line, number, at, asked + ahead, refused or 0)


def lost_after() -> timedelta:
    """Longer than a request can take: by then the process that took a slot has died with it."""
    return timedelta(seconds=2 * house().settings.provider_timeout_seconds + 5)


def used(session: Session, moment: Moment, *, lateness: float) -> None:
    """Give the slot back after a request that reached the provider that late at most."""
    after = moment.line.span + max(SLACK, lateness)
    _free(session, moment, at=moment.at + timedelta(seconds=after))


def unused(moment: Moment) -> None:
    """Give the slot back at once: no request was sent at its moment."""
    with transaction() as session:
        _free(session, moment, at=moment.at)


def _free(session: Session, moment: Moment, *, at: datetime) -> None:
    mine = {"line": moment.line.line_id, "slot": moment.slot, "was": moment.at, "at": at}
    session.connection().execute(_FREE, mine)


def hold(session: Session, line: LineLimit, *, after_seconds: float | None = None) -> float:
    """Leave the line alone for a while, all diallers: as long as the provider asks, or longer each
    time it asks in a row. Seconds from now."""
    return line_holds.hold(
        session,
        line.line_id,
        organisation_id=line.organisation_id,
        after_seconds=after_seconds,
    )


def bears_again(session: Session, moment: Moment) -> None:
    """Forget the refusals before a call that the provider took."""
    if moment.refusals == 0:
        return
    session.execute(
        update(LinePace)
        .where(LinePace.line_id == moment.line.line_id, LinePace.refusals == moment.refusals)
        .values(refusals=0, held_until=None)
    )


def _make_slots(session: Session, line: LineLimit) -> bool:
    """Make the slots that the line has not yet; False when it has them all."""
    there = select(func.count()).where(
        LineSlot.line_id == line.line_id, LineSlot.number < line.slots
    )
    if (session.scalar(there) or 0) >= line.slots:
        return False
    now = session.scalars(select(clock(session))).one()
    insert_missing(
        session,
        LineSlot,
        [
            {
                "line_id": line.line_id,
                "number": number,
                "organisation_id": line.organisation_id,
                # Spread over the span, so that a line begins evenly.
                "free_at": now + timedelta(seconds=line.span * number / line.slots),
            }
            for number in range(line.slots)
        ],
    )
    return True
