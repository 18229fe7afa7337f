"""Which of two periods ends first, where that is sure for every day on which both may begin.

Days against months can cross: 182 days begun on 1 January end after six months begun with them, and
those begun on 1 July end before.
"""

import calendar
from datetime import date
from functools import lru_cache
from typing import Final

from config.periods import Period, Unit

_FIRST_YEAR: Final = 2000
_MONTHS: Final = 400 * 12
"""The calendar repeats itself after so many."""


def surely_within(period: Period, other: Period) -> bool:
    """Whether a period never ends after another one begun with it, whatever the day."""
    ours, theirs = _months(period), _months(other)
    if ours is not None and theirs is not None:
        return ours <= theirs
    if ours is None and theirs is None:
        return period.count <= other.count
    return _days(period)[1] <= _days(other)[0]


def can_cross(period: Period, other: Period) -> bool:
    """Whether one of two periods is the shorter on one day, and the other on another."""
    return not surely_within(period, other) and not surely_within(other, period)


def _months(period: Period) -> int | None:
    if period.unit is Unit.DAY:
        return None
    return period.count * (12 if period.unit is Unit.YEAR else 1)


def _days(period: Period) -> tuple[int, int]:
    """The fewest and the most calendar days of a period."""
    months = _months(period)
    return (period.count, period.count) if months is None else _days_of_months(months)


@lru_cache(maxsize=64)
def _days_of_months(count: int) -> tuple[int, int]:
    fewest, most = 0, 0
    for begun in range(_MONTHS):
        first, first_length = _month(begun)
        last, last_length = _month(begun + count)
        from_the_first = last - first
        # From the last day of a longer month it is fewer: several days end on one.
        from_the_last = from_the_first - max(0, first_length - last_length)
        fewest = min(fewest or from_the_last, from_the_last)
        most = max(most, from_the_first)
    return fewest, most


def _month(number: int) -> tuple[int, int]:
    """The first day of a month as an ordinal, and its length."""
    year, month = divmod(number, 12)
    year += _FIRST_YEAR
    return date(year, month + 1, 1).toordinal(), calendar.monthrange(year, month + 1)[1]
