"""Periods as operators write them, and the calendar arithmetic behind every promised day.

A month is a calendar month and a day a calendar day, reckoned on the clock of the organisation's
zone. Where a month has no such day, its last day counts: 31 August plus 6 months is the last of
February. A wall time that the clock jumps over moves on with the jump; one that comes twice means
the first.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_PERIOD = re.compile(r"([1-9][0-9]{0,3}) (day|month|year)s?")
_DURATION = re.compile(r"([0-9]{1,4}) (minute|hour|day)s?")
_MOST_YEARS = 100


class Unit(StrEnum):
    """What a period counts."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """A whole number of calendar days, months or years."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit}" + ("s" if self.count != 1 else "")

    def after(self, start: datetime, zone: ZoneInfo) -> datetime:
        """The aware UTC moment at which a period begun at `start` is over."""
        local = _aware(start).astimezone(zone).replace(tzinfo=None, fold=0)
        return self._moved(local, forward=True).replace(tzinfo=zone).astimezone(UTC)

    def before(self, end: datetime, zone: ZoneInfo) -> datetime:
        """The aware UTC moment after which no start can be over by `end`: a bound for a search.

        Near the end of a month and at a clock change a start up to four days older may still be
        running, because several days end on one; `is_over` decides about each.
        """
        local = _aware(end).astimezone(zone)
        wall = local.replace(tzinfo=None, fold=0)
        if local.fold:
            # The hour comes a second time, so everything due in its first round is over.
            wall += _overlap(local)
        start = self._moved(wall, forward=False)
        if self.unit is not Unit.DAY:
            start = _latest_with_the_same_end(start, wall)
        in_zone = start.replace(tzinfo=zone)
        return max(in_zone.replace(fold=fold).astimezone(UTC) for fold in (0, 1))

    def is_over(self, start: datetime, *, at: datetime, zone: ZoneInfo) -> bool:
        """Whether a period begun at `start` is over at that moment."""
        return self.after(start, zone) <= at

    def _moved(self, wall: datetime, *, forward: bool) -> datetime:
        count = self.count if forward else -self.count
        if self.unit is Unit.DAY:
            return wall + timedelta(days=count)
        months = count * (12 if self.unit is Unit.YEAR else 1)
        year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
        last = calendar.monthrange(year, month + 1)[1]
        return wall.replace(year=year, month=month + 1, day=min(wall.day, last))


def parse_period(text: object) -> Period:
    """The period a text such as `18 months` or `180 days` means; raises ValueError otherwise."""
    found = _PERIOD.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(f'{_shown(text)} is not a period; "18 months" or "180 days" is right')
    period = Period(int(found[1]), Unit(found[2]))
    longest = {Unit.DAY: _MOST_YEARS * 366, Unit.MONTH: _MOST_YEARS * 12, Unit.YEAR: _MOST_YEARS}
    if period.count > longest[period.unit]:
        raise ValueError(f"{_shown(text)} is longer than {_MOST_YEARS} years")
    return period


def parse_duration(text: object) -> timedelta:
    """The elapsed time a text such as `15 minutes` means; raises ValueError otherwise."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError(
            f'{_shown(text)} is not a time span; "15 minutes", "2 hours" or "7 days" is right'
        )
    return timedelta(**{found[2] + "s": int(found[1])})


def write_duration(span: timedelta) -> str:
    """The text that `parse_duration` reads as this span, in the largest whole unit."""
    minutes = int(span.total_seconds()) // 60
    for unit, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if minutes % size == 0 and minutes >= size:
            return f"{minutes // size} {unit}" + ("s" if minutes != size else "")
    return "0 minutes"


def _latest_with_the_same_end(start: datetime, end: datetime) -> datetime:
    """The latest wall time that the same number of months brings to `end` or before it."""
    last_of_end = calendar.monthrange(end.year, end.month)[1]
    last_of_start = calendar.monthrange(start.year, start.month)[1]
    if end.day > start.day:
        # The start's month is shorter: all of its last day was over some days ago.
        return start.replace(hour=23, minute=59, second=59, microsecond=999_999)
    if end.day == last_of_end and start.day < last_of_start:
        # The end's month is shorter: the days after this one were brought to the same end.
        return start.replace(day=last_of_start)
    return start


def _overlap(local: datetime) -> timedelta:
    first, second = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    return abs((first or timedelta()) - (second or timedelta()))


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a period is reckoned from an aware moment; this one has no zone")
    return moment


def _shown(text: object) -> str:
    return repr(text)[:40]
