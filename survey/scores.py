"""The three measures: NPS, CSAT and CES, each with its n and a 95 % interval, never a bare figure.

They are reckoned from counts per score, so a figure over millions of answers costs no more memory
than one over ten. Below the smallest group a figure is withheld: its value and interval are None.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from survey.script import Direction

Z: Final = 1.959963984540054
"""The normal quantile of a two-sided interval of 95 %."""
PROMOTER_FROM: Final = 9
DETRACTOR_TO: Final = 6
# The upper part of a scale that counts as satisfied: 4 and 5 of five, 5 to 7 of seven.
_SATISFIED_ABOVE: Final = 0.6
# Where the expansion below is not exact enough.
_FEW_DEGREES: Final = {1: 12.706205, 2: 4.302653, 3: 3.182446, 4: 2.776445, 5: 2.570582}

Counts = Mapping[int, int]
"""Score to how many gave it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with the interval it probably lies in, from `n` answers; withheld when too few."""

    n: int
    value: float | None
    low: float | None
    high: float | None

    @property
    def withheld(self) -> bool:
        """Whether too few answered to show anything."""
        return self.value is None


@dataclass(frozen=True, slots=True)
class NpsFigure(Figure):
    """The score from -100 to 100, and who it is made of; None when withheld."""

    promoters: int | None
    passives: int | None
    detractors: int | None


def nps(counts: Counts, *, smallest_group: int = 1) -> NpsFigure:
    """Per cent promoters (9, 10) minus per cent detractors (0 to 6).

    The interval is the adjusted Wald one: three pseudo-answers, a quarter of them at either end,
    keep it honest for few answers and for unanimous ones.
    """
    _check(counts, lowest=0, highest=10)
    n = sum(counts.values())
    if n < max(1, smallest_group):
        return NpsFigure(n, None, None, None, None, None, None)
    promoters = sum(many for score, many in counts.items() if score >= PROMOTER_FROM)
    detractors = sum(many for score, many in counts.items() if score <= DETRACTOR_TO)
    up, down = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    half = Z * math.sqrt((up + down - (up - down) ** 2) / (n + 3))
    value = 100 * (promoters - detractors) / n
    low, high = _around(100 * (up - down - half), 100 * (up - down + half), value)
    return NpsFigure(
        n=n,
        value=value,
        low=max(-100.0, low),
        high=min(100.0, high),
        promoters=promoters,
        passives=n - promoters - detractors,
        detractors=detractors,
    )


def csat(
    counts: Counts, *, lowest: int, highest: int, direction: Direction, smallest_group: int = 1
) -> Figure:
    """Per cent satisfied, 0 to 100, with Wilson's interval."""
    _check(counts, lowest=lowest, highest=highest)
    satisfied = sum(
        many
        for score, many in counts.items()
        if is_satisfied(score, lowest=lowest, highest=highest, direction=direction)
    )
    n = sum(counts.values())
    if n < max(1, smallest_group):
        return Figure(n, None, None, None)
    low, high = wilson(satisfied, n)
    return Figure(n, 100 * satisfied / n, 100 * low, 100 * high)


def ces(
    counts: Counts, *, lowest: int, highest: int, direction: Direction, smallest_group: int = 1
) -> Figure:
    """The mean on a scale on which `highest` is always the good end, with Student's interval.

    Scores of a scale that counts the other way are turned round first.
    """
    _check(counts, lowest=lowest, highest=highest)
    n = sum(counts.values())
    if n < max(1, smallest_group):
        return Figure(n, None, None, None)
    turned = {
        lowest + highest - score if direction is Direction.LOW_IS_GOOD else score: many
        for score, many in counts.items()
    }
    mean = sum(score * many for score, many in turned.items()) / n
    if n == 1:
        # One answer tells nothing about the spread.
        return Figure(n, mean, float(lowest), float(highest))
    spread = sum(many * (score - mean) ** 2 for score, many in turned.items()) / (n - 1)
    half = student_quantile(n - 1) * math.sqrt(spread / n)
    return Figure(n, mean, max(float(lowest), mean - half), min(float(highest), mean + half))


def is_satisfied(score: int, *, lowest: int, highest: int, direction: Direction) -> bool:
    """Whether a score lies in the upper part of its scale, seen from the good end."""
    part = (score - lowest) / (highest - lowest)
    return (1 - part if direction is Direction.LOW_IS_GOOD else part) > _SATISFIED_ABOVE


def wilson(successes: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, 0 to 1; `n` is at least 1."""
    share, z2 = successes / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def student_quantile(degrees: int) -> float:
    """The two-sided 95 % quantile of Student's t, right to within 0.0005."""
    if degrees in _FEW_DEGREES:
        return _FEW_DEGREES[degrees]
    z, v = Z, degrees
    # Cornish and Fisher's expansion around the normal quantile.
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    fourth = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + first / v + second / v**2 + third / v**3 + fourth / v**4


def _around(low: float, high: float, value: float) -> tuple[float, float]:
    """The interval widened so far that the value lies in it; the adjustment moves its middle."""
    return min(low, value), max(high, value)


def _check(counts: Counts, *, lowest: int, highest: int) -> None:
    wrong = sorted(score for score in counts if not lowest <= score <= highest)
    if wrong:
        raise ValueError(f"scores {wrong} lie outside the scale {lowest} to {highest}")
