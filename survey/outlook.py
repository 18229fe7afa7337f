"""How long a campaign will take and what it will cost: an honest range, with what it assumes.

The short end takes it that everybody answers the first call, the long end that everybody needs
every attempt the rules allow. Both walk through the calling hours at the pace of the line.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from config.campaign_rules import Retry, RetryCause
from survey.calling_hours import CallingHours
from survey.retries import CAUSE_OF, RANG

# Nobody looks further ahead than that; beyond, the answer is "more than a year".
_HORIZON: Final = timedelta(days=366)
_MINUTE: Final = timedelta(minutes=1)
_RINGS: Final = frozenset(CAUSE_OF[how] for how in RANG)


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


def most_attempts(retry: Mapping[RetryCause, Retry | None], *, most_calls: int | None) -> int:
    """How many calls the rules allow for one person at most.

    Those that ring nobody do not count towards `most_calls`, so they come on top of it.
    """
    times = {cause: rule.times for cause, rule in retry.items() if rule is not None}
    ringing = 1 + sum(times.get(cause, 0) for cause in _RINGS)
    silent = sum(often for cause, often in times.items() if cause not in _RINGS)
    return silent + (ringing if most_calls is None else min(ringing, most_calls))


def span(
    people: int,
    *,
    hours: CallingHours,
    at_any_hour: bool,
    pace: LinePace,
    assumed: Assumed,
    retry: Mapping[RetryCause, Retry | None],
    most_calls: int | None,
    now: datetime,
    calls_a_day: int | None = None,
) -> Span:
    """When the last of `people` will have been called, from the luckiest to the unluckiest.

    `calls_a_day` is what a ceiling of money leaves on each day of the calling hours' zone.
    """
    most = most_attempts(retry, most_calls=most_calls)
    lucky = _work(people, assumed.until_answered + assumed.talk, pace)
    in_vain = _work(people * (most - 1), assumed.in_vain, pace)
    waits = [rule.after * rule.times for rule in retry.values() if rule is not None]
    walk = _Walk(hours, at_any_hour=at_any_hour, a_day=_a_day(lucky, people, calls_a_day))
    earliest, latest = walk.end(lucky, start=now), walk.end(lucky + in_vain, start=now)
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


def _a_day(work: timedelta, people: int, calls_a_day: int | None) -> timedelta | None:
    """The most work of one day, when no more than so many calls may be placed on it."""
    if calls_a_day is None or not people:
        return None
    return work / people * calls_a_day


@dataclass(frozen=True, slots=True)
class _Walk:
    """Through the calling hours, with no more than `a_day` of work on any day."""

    hours: CallingHours
    at_any_hour: bool
    a_day: timedelta | None

    def end(self, work: timedelta, *, start: datetime) -> datetime | None:
        """The moment at which so much work is done; None when that is more than a year away."""
        if not work:
            return start
        if self.a_day is not None and self.a_day <= timedelta():
            return None
        at, day, left = start.astimezone(UTC), None, timedelta()
        while at - start <= _HORIZON:
            opening = at if self.at_any_hour else self.hours.next_opening(at)
            if opening is None:
                return None
            closing = self._closing(opening, work)
            room = closing - opening
            if self.a_day is not None:
                today = opening.astimezone(self.hours.zone).date()
                if today != day:
                    day, left = today, self.a_day
                room = min(room, left)
                left -= room
            if work <= room:
                done = opening + work
                return done if done - start <= _HORIZON else None
            work -= room
            at = closing
        return None

    def _closing(self, opening: datetime, work: timedelta) -> datetime:
        closing = opening + work if self.at_any_hour else _closing(self.hours, opening)
        if self.a_day is None:
            return closing
        local = opening.astimezone(self.hours.zone)
        midnight = datetime.combine(local.date() + timedelta(days=1), time.min, tzinfo=local.tzinfo)
        return min(closing, midnight.astimezone(UTC))


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
