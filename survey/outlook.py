"""How long a campaign will take and what it will cost: an honest range, with what it assumes.

The short end takes it that everybody answers the first call, the long end that everybody needs
every attempt the rules allow. Both walk through the calling hours at the pace of the line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from config.campaign_rules import Retry, RetryCause
from survey.calling_hours import CallingHours

# Nobody looks further ahead than that; beyond, the answer is "more than a year".
_HORIZON: Final = timedelta(days=366)
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LinePace:
    """What a line can do: new calls per second, and calls at the same time."""

    calls_per_second: float
    simultaneous_calls: int


@dataclass(frozen=True, slots=True)
class Assumed:
    """How long one call takes the line: ringing before an answer, ringing in vain, talking."""

    until_answered: timedelta
    in_vain: timedelta
    talk: timedelta


@dataclass(frozen=True, slots=True)
class Span:
    """From the luckiest to the unluckiest course; a moment of None is more than a year away."""

    calls_least: int
    calls_most: int
    done_earliest: datetime | None
    done_latest: datetime | None


def most_attempts(retry: Mapping[RetryCause, Retry | None]) -> int:
    """How many calls the rules allow for one person at most."""
    return 1 + sum(rule.times for rule in retry.values() if rule is not None)


def span(
    people: int,
    *,
    hours: CallingHours,
    at_any_hour: bool,
    pace: LinePace,
    assumed: Assumed,
    retry: Mapping[RetryCause, Retry | None],
    now: datetime,
) -> Span:
    """When the last of `people` will have been called, from the luckiest to the unluckiest."""
    most = most_attempts(retry)
    lucky = _work(people, assumed.until_answered + assumed.talk, pace)
    in_vain = _work(people * (most - 1), assumed.in_vain, pace)
    waits = [rule.after * rule.times for rule in retry.values() if rule is not None]
    earliest = _walked(lucky, hours=hours, at_any_hour=at_any_hour, start=now)
    latest = _walked(lucky + in_vain, hours=hours, at_any_hour=at_any_hour, start=now)
    if latest is not None and people:
        # The last person waits out every delay, and each may end outside the calling hours.
        latest += sum(waits, timedelta())
        latest = latest if at_any_hour else hours.next_opening(latest)
    return Span(people, people * most, earliest, latest)


def _work(calls: int, each: timedelta, pace: LinePace) -> timedelta:
    """How long a line is busy with so many calls, by whichever of its limits bites."""
    by_pace = calls / max(pace.calls_per_second, 0.01)
    by_room = calls * each.total_seconds() / max(pace.simultaneous_calls, 1)
    return timedelta(seconds=max(by_pace, by_room))


def _walked(
    work: timedelta, *, hours: CallingHours, at_any_hour: bool, start: datetime
) -> datetime | None:
    """The moment at which so much work is done, when it is done in calling hours alone."""
    if at_any_hour or not work:
        return start + work if work <= _HORIZON else None
    at = start.astimezone(UTC)
    while at - start <= _HORIZON:
        opening = hours.next_opening(at)
        if opening is None:
            return None
        closing = _closing(hours, opening)
        if work <= closing - opening:
            return opening + work
        work -= closing - opening
        at = closing
    return None


def _closing(hours: CallingHours, opening: datetime) -> datetime:
    """The first whole minute from an open moment on at which the telephone may not ring."""
    least, most = opening, opening
    while hours.is_open(most):
        least, most = most, most + timedelta(hours=1)
        if most - opening > timedelta(days=8):
            return most
    while most - least > _MINUTE:
        middle = least + (most - least) / 2
        least, most = (middle, most) if hours.is_open(middle) else (least, middle)
    # A window begins and ends on whole minutes.
    return most.replace(second=0, microsecond=0)
