"""Whether answers satisfy a condition, of the operator's file or of a frozen script."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Bounds(Protocol):
    """What a condition asks of one question; both bounds are included."""

    @property
    def question(self) -> str:
        """The key of the question."""
        ...

    @property
    def at_least(self) -> int | None:
        """The lowest score that fits."""
        ...

    @property
    def at_most(self) -> int | None:
        """The highest score that fits."""
        ...

    @property
    def equals(self) -> str | None:
        """The stored value that fits."""
        ...


class Limits(NamedTuple):
    """A condition as the document of a frozen script holds it."""

    question: str
    at_least: int | None
    at_most: int | None
    equals: str | None


def holds(condition: Bounds, answered: Mapping[str, int | str]) -> bool:
    """Whether the answers so far satisfy a condition; an unanswered question never does."""
    value = answered.get(condition.question)
    if value is None:
        return False
    if condition.equals is not None and str(value) != condition.equals:
        return False
    if condition.at_least is None and condition.at_most is None:
        return True
    if not isinstance(value, int):
        return False
    above = condition.at_least is None or value >= condition.at_least
    below = condition.at_most is None or value <= condition.at_most
    return above and below
