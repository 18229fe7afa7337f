"""A campaign's week as a client orders it: many cases, of which a share is asked about."""

import os
import time
from dataclasses import dataclass
from typing import Final

from storage.house import house
from tests.load.ground import Kind, ground
from tests.load.week import live
from tests.load.week_checks import check
from tests.load.week_ground import LineCarries
from tests.load.week_told import Told

PEOPLE: Final = int(os.environ.get("WEEK_PEOPLE", "50000"))
# Of a hundred closed cases the campaign asks about so many.
SHARE: Final = int(os.environ.get("WEEK_SHARE", "10"))
# What a line of such a client carries.
LINE: Final = LineCarries(per_second=50, at_a_time=2_000)
AIM_SECONDS: Final = 120
# What each who is asked may cost a day in all, so that the first day's ceiling is reached.
_A_DAY_EACH: Final = 0.55


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """What a week was, and what it took by the clock and of the processor."""

    people: int
    cases: int
    share: int
    decisions: int
    left_out: int
    called: int
    calls: int
    completed: int
    clock_seconds: float
    import_seconds: float
    dial_seconds: float
    check_seconds: float

    @property
    def is_met(self) -> bool:
        """Whether the week passed as fast as is aimed at."""
        return self.clock_seconds < AIM_SECONDS

    @property
    def each(self) -> float:
        """Seconds of the processor for a call, with everything but the import."""
        return self.dial_seconds / max(1, self.calls)


def measure(people: int = PEOPLE, *, share: int = SHARE) -> WeekFigures:
    """How long such a week takes on SQLite; raises AssertionError when it was no right one."""
    ceiling = max(10, round(people * share / 100 * _A_DAY_EACH))
    with ground(Kind.SQLITE) as here:
        started = time.perf_counter()
        week = live(
            house(),
            here.folder / "week",
            count=people,
            ceiling_of_day=ceiling,
            line=LINE,
            share=share,
        )
        took = time.perf_counter() - started
        told = Told(week)
        check(told)
        checked = time.perf_counter() - started - took
    return WeekFigures(
        people=people,
        cases=len(told.person_of),
        share=share,
        decisions=told.decisions.total(),
        left_out=len(told.left_out),
        called=len({one.number for one in week.network.made}),
        calls=len(week.network.made),
        completed=sum(state == "completed" for state in told.states.values()),
        clock_seconds=took,
        import_seconds=week.import_seconds,
        dial_seconds=week.dial_seconds,
        check_seconds=checked,
    )
