"""Who would be contacted and who not, counted by the rule that decides; nobody is named."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from config.periods import Period
from storage.tables import Customer
from survey.permission import Decision, PermissionFacts, Rule, decide
from survey.permission_rules import BY_AN_ACT, blocking
from survey.permission_terms import Method, RegisterAnswer, Throttle
from survey.seen import Seen
from survey.subjects import hashes_of_customer


class Prospect(StrEnum):
    """What becomes of somebody, as it stands at one moment."""

    NOW = "now"
    TEXTED = "now_by_text"
    LATER = "later"
    BY_AN_ACT = "by_an_act"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Wash:
    """When a register was asked, and when what it said stops counting, as far as it is known."""

    asked: datetime | None
    ends: datetime | None


@dataclass(slots=True)
class HeldBack:
    """How many one rule keeps from being contacted, and the earliest moment it looks again."""

    rule: Rule
    people: int = 0
    earliest: datetime | None = None
    # Of registers that forbid it: the newest day on which each was asked, and the first moment at
    # which one of its answers stops counting.
    washes: dict[str, Wash] = field(default_factory=dict)

    def note(self, one: RegisterAnswer) -> None:
        """Count a register's answer that forbids the contact."""
        seen = self.washes.get(one.key, Wash(one.checked_at, one.valid_until))
        asked = [at for at in (seen.asked, one.checked_at) if at is not None]
        ends = [at for at in (seen.ends, one.valid_until) if at is not None]
        self.washes[one.key] = Wash(max(asked, default=None), min(ends, default=None))


@dataclass(frozen=True, slots=True)
class Judged:
    """What would be decided about one person if the campaign were running."""

    decision: Decision
    prospect: Prospect


class Tally:
    """Judges one after the other, in the order in which they would be contacted.

    Of two who are one person, or share a number or an address, only the first is contacted now: the
    call to the first is among the facts about the second.
    """

    def __init__(self, seen: Seen, *, period: Period | None, at: datetime) -> None:
        """`period` is how long a person is left alone once asked; None for any campaign that does
        not heed it."""
        self._seen, self._period, self._at = seen, period, at
        self._held: dict[Rule, HeldBack] = {}
        # Only where one follows on a call is anybody texted.
        self.counts: dict[Prospect, int] = {
            one: 0 for one in Prospect if one is not Prospect.TEXTED
        }
        self.latest: datetime | None = None

    @property
    def people(self) -> int:
        """How many were judged."""
        return sum(self.counts.values())

    @property
    def held_back(self) -> Sequence[HeldBack]:
        """By rule, the most frequent first."""
        return sorted(self._held.values(), key=lambda one: (-one.people, one.rule))

    def judge(self, facts: PermissionFacts, customer: Customer) -> Judged:
        """The decision about this person, counted."""
        decision = self._decide(facts, customer)
        judged = Judged(decision, _prospect(decision))
        self.counts[judged.prospect] = self.counts.get(judged.prospect, 0) + 1
        again = decision.next_allowed_at
        if not decision.allowed:
            held = self._held.setdefault(decision.rule, HeldBack(decision.rule))
            held.people += 1
            if decision.rule is Rule.BLOCKED_BY_REGISTER:
                for one in blocking(decision.facts):
                    held.note(one)
            if again is not None:
                held.earliest = again if held.earliest is None else min(held.earliest, again)
        if judged.prospect is Prospect.LATER and again is not None:
            self.latest = again if self.latest is None else max(self.latest, again)
        return judged

    def _decide(self, facts: PermissionFacts, customer: Customer) -> Decision:
        decision = decide(facts, now=self._at)
        if not decision.allowed:
            return decision
        # The dialler knows somebody on the line by the customer, a throttle by any of their hashes.
        person = [customer.id.bytes]
        hashes = hashes_of_customer(customer)
        if self._seen.any_of(person):
            return decide(replace(facts, on_the_line=True, throttle=None), now=self._at)
        if self._period is not None and self._seen.any_of(hashes):
            throttle = Throttle(self._at, self._period)
            return decide(replace(facts, throttle=throttle), now=self._at)
        self._seen.add([*person, *hashes])
        return decision


def _prospect(decision: Decision) -> Prospect:
    if decision.allowed:
        by_text = decision.facts.method is Method.SMS
        return Prospect.TEXTED if by_text else Prospect.NOW
    if decision.next_allowed_at is None:
        return Prospect.NEVER
    if BY_AN_ACT & {decision.rule, *decision.also}:
        return Prospect.BY_AN_ACT
    return Prospect.LATER
