"""The wave of a recording as an SVG path, from the heights the worker measured."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

BARS: Final = 96
STEP: Final = 4
HEIGHT: Final = 40
_LOWEST: Final = 1.5


def path(peaks: Sequence[float] | None) -> str:
    """Upright strokes, one per bar, in a box of BARS * STEP by HEIGHT.

    The loudest stroke fills the box, because quiet speakers should not look silent; no heights at
    all give an even line of dots.
    """
    heights = _fewer(peaks or (), BARS)
    loudest = max(heights, default=0.0) or 1.0
    strokes = []
    for index, height in enumerate(heights):
        half = max(_LOWEST, height / loudest * (HEIGHT / 2 - 2))
        x = index * STEP + STEP / 2
        strokes.append(f"M{x:g} {HEIGHT / 2 - half:.1f}V{HEIGHT / 2 + half:.1f}")
    return "".join(strokes)


def _fewer(peaks: Sequence[float], count: int) -> list[float]:
    """The heights in `count` bars: the highest of those that fall together."""
    if not peaks:
        return [0.0] * count
    edges = [index * len(peaks) // count for index in range(count + 1)]
    return [max(peaks[at : max(to, at + 1)]) for at, to in pairwise(edges)]
