"""When a telephone may ring: windows per weekday on a clock, or on several at once."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_DAY_MINUTES = 24 * 60
# Whole months may be blocked; who is not called within a year is not called.
_AHEAD_DAYS = 370


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

    So is a day among `holidays` or `blocked`, whatever its windows. Where the clock is not known,
    `also` are the other zones it may be that of: it is open when it is open on each of them.
    """

    zone: ZoneInfo
    week: tuple[tuple[Window, ...], ...]
    holidays: frozenset[date] = frozenset()
    blocked: frozenset[date] = frozenset()
    also: tuple[ZoneInfo, ...] = ()

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise ValueError(f"a week has seven days; {len(self.week)} were given")

    def is_open(self, at: datetime) -> bool:
        """Whether a telephone may ring at that aware moment."""
        return all(self._is_open_on(zone, at) for zone in self.zones)

    def is_holiday(self, at: datetime) -> bool:
        """Whether that aware moment lies on a public holiday here."""
        return any(at.astimezone(zone).date() in self.holidays for zone in self.zones)

    def is_blocked(self, at: datetime) -> bool:
        """Whether that aware moment lies on a day the operator blocked."""
        return any(at.astimezone(zone).date() in self.blocked for zone in self.zones)

    @property
    def zones(self) -> tuple[ZoneInfo, ...]:
        """Every zone whose clock it may be."""
        return (self.zone, *self.also)

    def _is_open_on(self, zone: ZoneInfo, at: datetime) -> bool:
        local = at.astimezone(zone)
        if local.date() in self.holidays or local.date() in self.blocked:
            return False
        minute = local.hour * 60 + local.minute
        return any(one.opens <= minute < one.closes for one in self.week[local.weekday()])

    def next_opening(self, at: datetime) -> datetime | None:
        """The first moment from `at` on, in UTC, when a telephone may ring; None when never.

        `at` itself inside a window; the day the clock changes is reckoned by the clock on the wall.
        """
        if self.is_open(at):
            return at.astimezone(UTC)
        if not any(self.week):
            return None
        if self.also:
            return _on_all_clocks(self, at)
        today = at.astimezone(self.zone).date()
        found: datetime | None = None
        for ahead in range(_AHEAD_DAYS):
            openings = [
                opening
                for opening in self._openings(today + timedelta(days=ahead))
                if opening > at and self.is_open(opening)
            ]
            if found is not None:
                # A clock that changes at midnight may belong to two days.
                return min([found, *openings])
            found = min(openings, default=None)
        return found

    def _openings(self, day: date) -> Iterator[datetime]:
        windows = self.week[day.weekday()]
        if not windows or day in self.holidays or day in self.blocked:
            return
        for window in windows:
            wall = datetime(day.year, day.month, day.day) + timedelta(minutes=window.opens)  # noqa: DTZ001 - a time on the wall, given its zone below
            # In the hour that comes twice a window may open twice; one that the clock jumps over
            # opens with the jump.
            for fold in (0, 1):
                yield wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)
        # After a jump forward or back, a window that has begun on the wall opens at the jump.
        yield from _clock_changes(self.zone, day)


# Everybody who is looked at in one moment asks about the same few clocks.
@functools.lru_cache(maxsize=1_000)
def _on_all_clocks(hours: CallingHours, at: datetime) -> datetime | None:
    """The first moment that every one of the clocks allows; None when there is none in a year.

    Nothing is open on all of them before it is open on the one that opens last.
    """
    each = [replace(hours, zone=zone, also=()) for zone in hours.zones]
    moment = at
    while moment <= at + timedelta(days=_AHEAD_DAYS):
        openings = [one.next_opening(moment) for one in each]
        known = [one for one in openings if one is not None]
        if len(known) < len(openings):
            return None
        if max(known) == moment:
            return moment.astimezone(UTC)
        moment = max(known)
    return None


def common_week(
    one: tuple[tuple[Window, ...], ...], other: tuple[tuple[Window, ...], ...]
) -> tuple[tuple[Window, ...], ...]:
    """The week of what lies within both of two weeks."""
    return tuple(
        tuple(
            Window(max(a.opens, b.opens), min(a.closes, b.closes))
            for a in first
            for b in second
            if max(a.opens, b.opens) < min(a.closes, b.closes)
        )
        for first, second in zip(one, other, strict=True)
    )


@functools.lru_cache(maxsize=10_000)
def _clock_changes(zone: ZoneInfo, day: date) -> tuple[datetime, ...]:
    """The moments of that day, and of the first hours after it, at which the clock is put."""
    start = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    quarters = [start + timedelta(minutes=15 * quarter) for quarter in range(4 * 26)]
    offsets = [moment.astimezone(zone).utcoffset() for moment in quarters]
    return tuple(
        moment
        for moment, before, after in zip(quarters[1:], offsets, offsets[1:], strict=False)
        if before != after
    )


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
