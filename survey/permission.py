"""The one door: whether a person may be contacted now, and by which rule that was decided.

`decide` is pure and without a clock of its own. `store` writes decisions down; only a stored
decision that allows becomes a `Permit`, and only a `Permit` dials.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from storage import permits
from storage.permits import Decided, Permit
from storage.tables import Invitation
from survey.permission_noes import Ends, No
from survey.permission_record import clocks_today, to_document
from survey.permission_rules import RULES
from survey.permission_terms import Decision, Method, PermissionFacts, Rule

__all__ = [
    "Decision",
    "Method",
    "PermissionFacts",
    "Permit",
    "Refusal",
    "Rule",
    "decide",
    "store",
    "store_all",
]

# Rules that push each other further: each round passes one opening at least.
_MOST_ROUNDS: Final = 200
# Who waits for somebody's act is looked at again so often at the most, shortly before it is too
# late for that matter.
_MOST_OFTEN: Final = timedelta(minutes=5)


def decide(facts: PermissionFacts, *, now: datetime) -> Decision:
    """Permission, or the rule that forbids; `now` is aware."""
    if facts.called_in:
        return Decision(True, Rule.CALLED_US, None, facts)
    noes = _noes(facts, now)
    if not noes:
        return Decision(True, Rule.ALLOWED, None, facts)
    chosen = next((no for no in noes if no.ends is Ends.NEVER), noes[0])
    again = None if chosen.ends is Ends.NEVER else _next_moment(facts, noes, now=now)
    also = tuple(no.rule for no in noes if no is not chosen)
    return Decision(False, chosen.rule, again, facts, also)


def _noes(facts: PermissionFacts, at: datetime) -> list[No]:
    found = (rule(facts, at) for rule in RULES[facts.purpose])
    return [no for no in found if no is not None]


def _next_moment(facts: PermissionFacts, noes: list[No], *, now: datetime) -> datetime | None:
    """The first moment at which no rule that time ends says no; None when there is none.

    What waits for somebody's act is looked at again after its patience, and taken for done by
    then: that is why asking again makes sense. Where it is too late for asking by then, sooner: the
    act may still come in time.
    """
    waits = [no.again for no in noes if no.ends is Ends.BY_AN_ACT and no.again is not None]
    patience = max(waits, default=now) - now
    found = _free_from(facts, now + patience)
    while found is None and patience > _MOST_OFTEN:
        patience /= 2
        found = _free_from(facts, now + patience)
    return found


def _free_from(facts: PermissionFacts, moment: datetime) -> datetime | None:
    for _ in range(_MOST_ROUNDS):
        standing = _noes(facts, moment)
        if any(no.ends is Ends.NEVER for no in standing):
            return None
        later = [no.again for no in standing if no.ends is Ends.AT_A_MOMENT and no.again]
        if not later:
            return moment
        moment = max(later)
    return None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A stored decision that forbids; the rule and when asking again makes sense, if ever."""

    decision_id: UUID
    invitation_id: UUID
    rule: Rule
    next_allowed_at: datetime | None
    # The other rules that said no.
    also: tuple[Rule, ...] = ()


def store(
    session: Session,
    decision: Decision,
    invitation: Invitation,
    *,
    to: str | None,
    now: datetime,
) -> Permit | Refusal:
    """Write the decision down in the session's transaction; a Permit if it allows.

    `to` is the number (E.164) or the address that was decided about; the permit is for no other.
    """
    return store_all(session, [(decision, invitation, to)], now=now)[0]


def store_all(
    session: Session,
    decided: Sequence[tuple[Decision, Invitation, str | None]],
    *,
    now: datetime,
) -> list[Permit | Refusal]:
    """`store` for many decisions, in their order: one statement however many they are."""
    stored = permits.store_all(
        session,
        [
            Decided(
                organisation_id=invitation.organisation_id,
                invitation_id=invitation.id,
                method=decision.facts.method.value,
                purpose=decision.facts.purpose,
                allowed=decision.allowed,
                rule=decision.rule.value,
                facts=to_document(decision.facts, clocks=clocks_today(decision.facts)),
                next_allowed_at=decision.next_allowed_at,
                at=now,
                to=to,
            )
            for decision, invitation, to in decided
        ],
    )
    return [
        permit
        or Refusal(item, invitation.id, decision.rule, decision.next_allowed_at, decision.also)
        for (item, permit), (decision, invitation, _) in zip(stored, decided, strict=True)
    ]
