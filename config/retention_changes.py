"""What differs between two retention schedules, and whether anything goes sooner by the new one.

What is not surely as long as before counts as shorter: a doubt is decided for the data.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import TypeAdapter

from config.period_order import surely_within
from config.periods import Period, Unit
from config.retention_rules import DataClass, KeepUntil, RetentionRule, StartEvent, Then

RULES: Final = TypeAdapter(tuple[RetentionRule, ...])
"""Reads the rules of an organisation's document; raises ValidationError."""

_THREE_YEARS: Final = Period(3, Unit.YEAR)
CEILINGS: Final[Mapping[DataClass, Period]] = {
    DataClass.ANSWERS: _THREE_YEARS,
    DataClass.FREE_COMMENTS: _THREE_YEARS,
    DataClass.TELEPHONE_MESSAGES: Period(6, Unit.MONTH),
    DataClass.CONTACT_LOG: _THREE_YEARS,
    DataClass.COMPLAINTS: _THREE_YEARS,
    DataClass.CASE_NOTES: _THREE_YEARS,
    DataClass.THROTTLE_TOKENS: Period(1, Unit.YEAR),
    DataClass.REQUEST_LOG: _THREE_YEARS,
    DataClass.RECEIPTS: _THREE_YEARS,
    DataClass.LISTENING_LOG: _THREE_YEARS,
    DataClass.EXPORTS: Period(30, Unit.DAY),
}
"""How long each class may be kept when its period is made longer; what is not named has no end."""


class Turn(StrEnum):
    """Which way a rule was changed."""

    SHORTER = "shorter"
    LONGER = "longer"
    # Nothing goes on another day for it.
    REWORDED = "reworded"


@dataclass(frozen=True, slots=True)
class Change:
    """One class whose rule differs; without a rule before it was kept by nobody's decision."""

    data_class: DataClass
    before: RetentionRule | None
    after: RetentionRule
    turn: Turn

    def __str__(self) -> str:
        was = "nothing" if self.before is None else in_words(self.before)
        return f"{self.data_class}: {was} → {in_words(self.after)} ({self.turn})"


def in_words(rule: RetentionRule) -> str:
    """All of a rule but its class, in one line."""
    ceiling = "" if rule.ceiling is None else f", {rule.ceiling} at most"
    keepers = " and ".join(rule.extended_by).replace("_", " ")
    by = f", extended by {keepers}" if keepers else ""
    then = ", then made anonymous" if rule.then is Then.ANONYMISE else ""
    return f"{rule.keep} from {rule.start}{ceiling}{by}{then}"


def changes(before: Sequence[RetentionRule], after: Sequence[RetentionRule]) -> tuple[Change, ...]:
    """What differs, class by class."""
    known = {rule.data_class: rule for rule in before}
    return tuple(
        Change(rule.data_class, known.get(rule.data_class), rule, _turn(known, rule))
        for rule in after
        if known.get(rule.data_class) != rule
    )


def goes_sooner(found: Sequence[Change]) -> bool:
    """Whether by these changes anything could go sooner than it would have."""
    return any(one.turn is Turn.SHORTER for one in found)


def beyond_ceilings(found: Sequence[Change]) -> Iterator[str]:
    """A sentence for each class that is made longer than it may be."""
    for one in found:
        most, longest = CEILINGS.get(one.data_class), one.after.longest
        if one.turn is not Turn.LONGER or most is None:
            continue
        if longest is None or not surely_within(longest, most):
            wanted = "for ever" if longest is None else f"for {longest}"
            yield f"{one.data_class} would be kept {wanted}; {most} is the most"


def _turn(known: Mapping[DataClass, RetentionRule], after: RetentionRule) -> Turn:
    before = known.get(after.data_class)
    if before is None:
        return Turn.LONGER
    if (
        _ends_sooner(before, after)
        or not set(before.extended_by) <= set(after.extended_by)
        or (before.then is Then.ANONYMISE and after.then is Then.DELETE)
    ):
        return Turn.SHORTER
    same = set(before.extended_by) == set(after.extended_by) and before.then is after.then
    return Turn.REWORDED if same and not _ends_sooner(after, before) else Turn.LONGER


def _ends_sooner(before: RetentionRule, after: RetentionRule) -> bool:
    """Whether something could end by the one rule before it would have ended by the other."""
    if after.keep is KeepUntil.HANDLED and before.keep is not KeepUntil.HANDLED:
        return True  # with the day on which somebody is done
    if after.longest is None:
        return False
    if _starts_sooner(before, after):
        return True
    return before.longest is None or not surely_within(before.longest, after.longest)


def _starts_sooner(before: RetentionRule, after: RetentionRule) -> bool:
    """Whether the clock starts with the collection now and with something later before."""
    same = (StartEvent.COLLECTED, StartEvent.ANSWERED)
    return after.start is StartEvent.COLLECTED and before.start not in same
