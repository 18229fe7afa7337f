"""Situations coarse enough for a group: which facts are told of scores, so that none is of a few.

Every figure that is ever shown is a sum of groups, each of at least the smallest number of people,
and a group's scores are added to the cells at once. So whatever is subtracted from what, one report
from another, a team from all teams, yesterday from today, the difference is a sum of whole groups.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID


class Fact(StrEnum):
    """What is known of the contact that was asked about, and of the call."""

    TEAM = "team"
    REASON = "reason"
    CHANNEL = "channel"
    LANGUAGE = "language"


LEFT_OUT: Final = (Fact.LANGUAGE, Fact.CHANNEL, Fact.REASON, Fact.TEAM)
"""In the order in which facts are given up until enough people share the others."""
TOP: Final = len(LEFT_OUT)
LEAST: Final = 5
"""A group of fewer than this tells on its members; an organisation may ask for more."""


@dataclass(frozen=True, slots=True, order=True)
class Situation:
    """A month, and those facts that `rung` has not left out; one never told is an empty text."""

    month: date
    rung: int = 0
    team: str = ""
    reason: str = ""
    channel: str = ""
    language: str = ""

    def with_one_fact_less(self) -> "Situation":
        """The situation one rung higher; raises IndexError at the top."""
        nothing: dict[str, Any] = {LEFT_OUT[self.rung].value: ""}
        return replace(self, rung=self.rung + 1, **nothing)


def smallest_group(document: Mapping[str, Any]) -> int:
    """The fewest people a figure may be about, by an organisation's document."""
    return max(LEAST, int(document.get("smallest_group") or 0))


def into_groups(
    people: Mapping[Situation, Set[UUID]], *, smallest: int, patient: Collection[Situation] = ()
) -> dict[Situation, Situation]:
    """For each situation the one under which it is counted, with enough others who share it.

    Whoever answered in several situations is one person where these come together.
    Those who find no company are not named; of `patient` situations no fact is given up yet.
    """
    found: dict[Situation, Situation] = {}
    waiting = {situation: [situation] for situation in people}
    for rung in range(TOP + 1):
        higher: defaultdict[Situation, list[Situation]] = defaultdict(list)
        for shared, members in waiting.items():
            if shared.rung > rung:
                higher[shared] += members
            elif len(set().union(*(people[one] for one in members))) >= smallest:
                found |= dict.fromkeys(members, shared)
            elif rung < TOP and shared not in patient:
                higher[shared.with_one_fact_less()] += members
        waiting = dict(higher)
    return found
