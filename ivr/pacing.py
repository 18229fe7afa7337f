"""Never faster than a line allows, over all diallers: slots of which each begins one call a second.

A line that may begin n calls a second has n slots. Whoever begins a call takes the slot that is
free first, at that moment or a little ahead of it, and gives it back when the provider has
answered: it is free again a second after the provider can have got the request. So in no second
does the provider get more than n, whatever process was slow and wherever it runs. Moments are the
database's; only waiting is done by our own clock.
"""

import functools
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from storage.database_clock import clock, clock_in, dialect_of
from storage.house import house
from storage.insertion import insert_missing
from storage.prepared import Prepared
from storage.tables import LinePace, LineSlot
from survey import line_holds

# A slot waits so much longer than it must: most requests reach the provider within that time.
SLACK: Final = 0.04
# A slot is taken so long ahead at most.
AHEAD: Final = 0.25
# Whoever wakes so long after the moment takes another one.
TOO_LATE: Final = 0.3
# The quickest of so many answers tells how long one takes that was not held up on the way. Of a few
# that came while the machine was busy each may have been, as the first is by its connection.
_ENOUGH: Final = 20
_ANSWERS: Final = 500
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
    """The clock of one process, by which it waits, and what it knows of the provider's answers."""

    def __init__(
        self, stop: threading.Event, *, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._stop = stop
        # This process's own clock, by which is waited.
        self.ticks = ticks
        self._guard = threading.Lock()
        self._answers: deque[float] = deque(maxlen=_ANSWERS)

    @property
    def stopped(self) -> bool:
        """Whether nobody is to wait for a moment any more."""
        return self._stop.is_set()

    def rest(self, seconds: float) -> None:
        """Let so long pass, or less when told to stop."""
        self._stop.wait(seconds)

    def lateness(self, moment: Moment, *, asked: float, answered: float | None) -> float:
        """By how many seconds the provider may have got the request after its moment.

        `asked` and `answered` are by this process's monotonic clock. It got it before it answered;
        how long its answers take at the quickest, beyond what is slack anyway, it had it already.
        """
        if answered is None:
            return self.ticks() - moment.due
        with self._guard:
            quickest = min(self._answers) if len(self._answers) >= _ENOUGH else 0.0
            self._answers.append(answered - asked)
        return answered - max(0.0, quickest - SLACK) - moment.due


# Made once, for every call; on the connection, because nobody holds these rows as objects.
_SLOT: Final = update(LineSlot).where(
    LineSlot.line_id == bindparam("line"), LineSlot.number == bindparam("slot")
)
_TAKE: Final = Prepared(_SLOT, sets=("free_at", "taken_for"))
_FREE: Final = Prepared(
    _SLOT.where(LineSlot.taken_for == bindparam("was")), sets=("free_at", "taken_for")
)


@functools.cache
def _first_free(dialect: str) -> Prepared:
    """The slots that are free first, with what is known of its line and the database's moment."""
    ours = (LineSlot.line_id == bindparam("line"), LineSlot.number < bindparam("slots"))
    pace = LinePace.line_id == bindparam("line")
    return Prepared(
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
        .limit(bindparam("most"))
        # One that another dialler is just taking is passed over.
        .with_for_update(skip_locked=True, of=LineSlot)
    )


@dataclass(frozen=True, slots=True)
class Taken:
    """Moments that are ours, and after how many seconds asking for more makes sense."""

    moments: tuple[Moment, ...]
    wait: float


def take(
    session: Session,
    line: LineLimit,
    *,
    most: int = 1,
    ticks: Callable[[], float] = time.monotonic,
) -> Taken:
    """Up to so many slots of that line which are free first and soon, taken.

    The caller commits before it uses the moments.
    """
    names = {"line": line.line_id, "slots": line.slots, "most": most}
    found = _first_free(dialect_of(session)).rows(session, names)
    asked = ticks()
    if not found:
        return Taken((), 0.0 if _make_slots(session, line) else _ALL_BEING_TAKEN)
    *_, held_until, refused, slots, now = found[0]
    if slots < line.slots:
        _make_slots(session, line)  # the limit was raised
    moments: list[Moment] = []
    wait = line.span / line.slots
    for number, free_at, taken_for, *_ in found:
        at = max(free_at, held_until or free_at, now)
        ahead = float((at - now).total_seconds())
        if ahead > AHEAD:
            wait = _until(line, free_at=free_at, taken_for=taken_for, held=held_until, now=now)
            break
        moments.append(Moment(line, number, at, asked + ahead, refused or 0))
    lost = lost_after()
    us = {"line": line.line_id}
    mine = [
        us | {"slot": one.slot, "free_at": one.at + lost, "taken_for": one.at} for one in moments
    ]
    _TAKE.write_all(session, mine)
    return Taken(tuple(moments), wait)


def _until(
    line: LineLimit,
    *,
    free_at: datetime,
    taken_for: datetime | None,
    held: datetime | None,
    now: datetime,
) -> float:
    """Seconds to wait for a slot that is not free soon."""
    ahead = (max(free_at, held or free_at) - now).total_seconds()
    if held is not None and held > now:
        return ahead - AHEAD
    if taken_for is not None:  # most likely answered soon, and free when a call's time is over
        ahead = (taken_for - now).total_seconds() + line.span + SLACK
    # While this one was chosen another dialler may have taken it: then a sooner one is left.
    return min(max(ahead - AHEAD, _LOOK), line.span / line.slots)


def lost_after() -> timedelta:
    """Longer than a request can take: by then the process that took a slot has died with it."""
    return timedelta(seconds=2 * house().settings.provider_timeout_seconds + 5)


def used(session: Session, moments: Collection[tuple[Moment, float]]) -> None:
    """Give slots back after requests that reached the provider that late at most."""
    free_at = [
        (one, one.at + timedelta(seconds=one.line.span + max(SLACK, late))) for one, late in moments
    ]
    _free(session, free_at)


def unused(session: Session, moments: Collection[Moment]) -> None:
    """Give slots back at once: no request was sent at their moments."""
    _free(session, [(moment, moment.at) for moment in moments])


def _free(session: Session, moments: Collection[tuple[Moment, datetime]]) -> None:
    mine = [
        {
            "line": one.line.line_id,
            "slot": one.slot,
            "was": one.at,
            "free_at": at,
            "taken_for": None,
        }
        for one, at in sorted(moments, key=lambda pair: (pair[0].line.line_id, pair[0].slot))
    ]
    _FREE.write_all(session, mine)


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
