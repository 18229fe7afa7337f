"""A rule's no, and how it comes to its end.

A no is lasting (no later moment helps), timed (it ends at a known moment by itself), or waits for
something that somebody must do first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from survey.permission_terms import PermissionFacts, Rule

# How soon a thing is asked again that is changed by turning a switch.
LOOK_AGAIN: Final = timedelta(hours=1)
# The same for what somebody must do first. Whoever does it wakes those it concerns (survey.waking);
# this is for what is done where nobody here sees it.
LOOK_AGAIN_TOMORROW: Final = timedelta(days=1)
# How soon a customer who is on the line for another matter is asked about again.
LINE_BUSY: Final = timedelta(minutes=5)


class Ends(StrEnum):
    """How a no comes to its end."""

    NEVER = "never"
    AT_A_MOMENT = "at_a_moment"
    BY_AN_ACT = "by_an_act"


@dataclass(frozen=True, slots=True)
class No:
    """One rule's refusal; `again` is None exactly when it never ends."""

    rule: Rule
    ends: Ends
    again: datetime | None = None


def never(rule: Rule) -> No:
    """No later moment helps."""
    return No(rule, Ends.NEVER)


def until(rule: Rule, moment: datetime) -> No:
    """It ends by itself at that moment."""
    return No(rule, Ends.AT_A_MOMENT, moment)


def waits(rule: Rule, at: datetime, patience: timedelta) -> No:
    """Somebody must do something first; looked at again after that patience."""
    return No(rule, Ends.BY_AN_ACT, at + patience)


Check = Callable[[PermissionFacts, datetime], No | None]
