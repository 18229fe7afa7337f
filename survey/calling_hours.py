"""When a telephone may ring: windows per weekday on the clock of the organisation's zone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY_MINUTES = 24 * 60
# A whole week, and the longest run of holidays that may fall on its only open day.
_AHEAD_DAYS = 24


@dataclass(frozen=True, slots=True)
class Window:
    """A part of one day, in minutes since local midnight; `closes` itself is outside."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= _DAY_MINUTES:
            raise ValueError(f"a window from minute {self.opens} to {self.closes} is none")

    def __str__(self) -> str:
        return f"{_clock(self.opens)}-{_clock(self.closes)}"


@dataclass(frozen=True, slots=True)
class CallingHours:
    """The windows of a week, Monday first, in a zone; a day without a window is silent.

    So is a day among `holidays` or `blocked`, whatever its windows.
    """

    zone: ZoneInfo
    week: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date] = frozenset()
    blocked: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError(f"a week has seven days; {len(self.week)} were given")

    def is_open(self, at: datetime) -> bool:
        """Whether a telephone may ring at that aware moment."""
        local = at.astimezone(self.zone)
        if local.date() in self.holidays or local.date() in self.blocked:
            return False
        minute = local.hour * 60 + local.minute
        return any(one.opens <= minute < one.closes for one in self.week[local.weekday()])

    def is_holiday(self, at: datetime) -> bool:
        """Whether that aware moment lies on a public holiday here."""
        return at.astimezone(self.zone).date() in self.holidays

    def is_blocked(self, at: datetime) -> bool:
        """Whether that aware moment lies on a day the operator blocked."""
        return at.astimezone(self.zone).date() in self.blocked

    def next_opening(self, at: datetime) -> datetime | None:
        """The first moment from `at` on, in UTC, when a telephone may ring; None when never.

        `at` itself inside a window; the day the clock changes is reckoned by the clock on the wall.
        """
        if self.is_open(at):
            return at.astimezone(UTC)
        today = at.astimezone(self.zone).date()
        openings = (
            opening
            for ahead in range(_AHEAD_DAYS)
            for opening in self._openings(today + timedelta(days=ahead))
            if opening > at and self.is_open(opening)
        )
        return min(openings, default=None)

    def _openings(self, day: date) -> Iterator[datetime]:
        for window in self.week[day.weekday()]:
            wall = datetime(day.year, day.month, day.day) + timedelta(minutes=window.opens)  # noqa: DTZ001 - a time on the wall, given its zone below
            # In the hour that comes twice a window may open twice; one that the clock jumps over
            # opens with the jump.
            for fold in (0, 1):
                moment = wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)
                yield moment
        # After a jump forward or back, a window that has begun on the wall opens at the jump.
        yield from self._clock_changes(day)

    def _clock_changes(self, day: date) -> Iterator[datetime]:
        start = datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
        before = start.astimezone(self.zone).utcoffset()
        for quarter in range(1, 4 * 26):
            moment = start + timedelta(minutes=15 * quarter)
            after = moment.astimezone(self.zone).utcoffset()
            if after != before:
                yield moment
                before = after


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
