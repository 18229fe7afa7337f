"""A week of calling hours in one short line: `1-4 09:00-20:00; 5 09:00-12:00,13:00-16:00`.

Days are numbered from Monday; days with the same hours that follow each other are one range.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from config.notations import minutes_of
from survey.calling_hours import Window

Week = tuple[tuple[Window, ...], ...]

_PART: Final = re.compile(r"([1-7])(?:-([1-7]))? ([0-9:,-]+)")
_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def write_week(week: Week) -> str | None:
    """The line for a week; None for one without any hours."""
    parts = [f"{_days(first, last)} {_windows(hours)}" for first, last, hours in _ranges(week)]
    return "; ".join(parts) or None


def read_week(line: str) -> Week:
    """The week of a line; raises ValueError for one that `write_week` does not write."""
    week: list[tuple[Window, ...]] = [()] * 7
    for part in line.split("; "):
        found = _PART.fullmatch(part)
        if found is None:
            raise ValueError(f"{part!r} says no hours")
        hours = tuple(_window(one) for one in found[3].split(","))
        for day in range(int(found[1]), int(found[2] or found[1]) + 1):
            week[day - 1] = hours
    return tuple(week)


def week_in_words(week: Week) -> str:
    """The same for a reader: `Monday to Friday 09:00-20:00`."""
    parts = []
    for first, last, hours in _ranges(week):
        days = _NAMES[first] if first == last else f"{_NAMES[first]} to {_NAMES[last]}"
        parts.append(f"{days} {_windows(hours, between=' and ')}")
    return ", ".join(parts) or "never"


def _ranges(week: Week) -> list[tuple[int, int, Sequence[Window]]]:
    ranges = []
    for hours, days in groupby(range(7), key=lambda day: week[day]):
        numbers = list(days)
        if hours:
            ranges.append((numbers[0], numbers[-1], hours))
    return ranges


def _days(first: int, last: int) -> str:
    return str(first + 1) if first == last else f"{first + 1}-{last + 1}"


def _windows(hours: Sequence[Window], *, between: str = ",") -> str:
    return between.join(str(one) for one in hours)


def _window(text: str) -> Window:
    opens, closes = text.split("-")
    return Window(minutes_of(opens), minutes_of(closes))
