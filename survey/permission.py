"""The one door: whether a person may be contacted now, and by which rule that was decided.

`decide` asks a list of small rules in order, pure and without a clock of its own. `store` writes
the decision down; only a stored decision that allows is a `Permit`, and only a `Permit` dials.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from config.campaign_rules import CallsAllowedBy, Retry, RetryCause
from storage.identity import new_id
from storage.states import CampaignState, InvitationState
from storage.tables import Invitation, PermissionDecision
from survey.calling_hours import CallingHours
from survey.retries import PastAttempt, next_attempt_at

# How soon a thing is asked again that a person must change first.
LOOK_AGAIN: Final = timedelta(hours=1)
# The same for what is changed by signing a paper, not by turning a switch.
LOOK_AGAIN_TOMORROW: Final = timedelta(days=1)
# How soon a customer who is on the line for another matter is asked about again.
LINE_BUSY: Final = timedelta(minutes=5)


class Method(StrEnum):
    """How a person is contacted; `all` is what an objection may cover, never a way to contact."""

    CALLS = "calls"
    SMS = "sms"
    EMAIL = "email"
    ALL = "all"


class Rule(StrEnum):
    """What decided; the value is stored with every decision. Add at the end, never rename."""

    ALLOWED = "allowed"
    OBJECTION = "objection"
    INVITATION_OVER = "invitation_over"
    INVITATION_EXPIRED = "invitation_expired"
    NO_NUMBER = "no_number"
    NUMBER_NOT_VALID = "number_not_valid"
    NO_ATTEMPTS_LEFT = "no_attempts_left"
    NOT_CLASSIFIED = "not_classified"
    NO_CONSENT = "no_consent"
    MACHINE_MAY_NOT_CALL = "machine_may_not_call"
    CAMPAIGN_NOT_RUNNING = "campaign_not_running"
    NOT_ON_ALLOW_LIST = "not_on_allow_list"
    NOT_YET_DUE = "not_yet_due"
    OUTSIDE_CALLING_HOURS = "outside_calling_hours"
    ON_THE_LINE = "on_the_line"
    PUBLIC_HOLIDAY = "public_holiday"


@dataclass(frozen=True, slots=True)
class PermissionFacts:
    """All that a decision stands on; holds nothing that names a person."""

    method: Method
    objected_to: frozenset[Method]
    invitation_state: InvitationState
    due_at: datetime
    expires_at: datetime
    has_number: bool
    number_valid: bool
    on_allow_list: bool
    past: tuple[PastAttempt, ...]
    retry: Mapping[RetryCause, Retry | None]
    calls_allowed_by: CallsAllowedBy | None
    consent_on_file: bool
    campaign_state: CampaignState
    hours: CallingHours
    rings_at_any_hour: bool
    on_the_line: bool

    def document(self) -> dict[str, Any]:
        """The facts as a JSON object, for the record."""
        return {
            "method": self.method.value,
            "objected_to": sorted(method.value for method in self.objected_to),
            "invitation_state": self.invitation_state.value,
            "due_at": self.due_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
            "has_number": self.has_number,
            "number_valid": self.number_valid,
            "on_allow_list": self.on_allow_list,
            "past": [[one.disposition.value, one.ended_at.isoformat()] for one in self.past],
            "retry": {
                cause.value: None if rule is None else rule.model_dump(mode="json")
                for cause, rule in self.retry.items()
            },
            "calls_allowed_by": self.calls_allowed_by.value if self.calls_allowed_by else None,
            "consent_on_file": self.consent_on_file,
            "campaign_state": self.campaign_state.value,
            "hours": self.hours.document(),
            "rings_at_any_hour": self.rings_at_any_hour,
            "on_the_line": self.on_the_line,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: `rule` is what decided, `next_allowed_at` when asking again makes sense.

    `next_allowed_at` is None when allowed, and when no later moment helps.
    """

    allowed: bool
    rule: Rule
    next_allowed_at: datetime | None
    facts: PermissionFacts


@dataclass(frozen=True, slots=True)
class _No:
    rule: Rule
    next_allowed_at: datetime | None = None


_Check = Callable[[PermissionFacts, datetime], _No | None]


def _objection(facts: PermissionFacts, now: datetime) -> _No | None:
    bites = facts.objected_to & {facts.method, Method.ALL}
    return _No(Rule.OBJECTION) if bites else None


def _invitation_open(facts: PermissionFacts, now: datetime) -> _No | None:
    if facts.invitation_state in (InvitationState.PLANNED, InvitationState.TRYING):
        return None
    return _No(Rule.INVITATION_OVER)


def _not_stale(facts: PermissionFacts, now: datetime) -> _No | None:
    return _No(Rule.INVITATION_EXPIRED) if now >= facts.expires_at else None


def _reachable_number(facts: PermissionFacts, now: datetime) -> _No | None:
    if not facts.has_number:
        return _No(Rule.NO_NUMBER)
    return None if facts.number_valid else _No(Rule.NUMBER_NOT_VALID)


def _attempts_left(facts: PermissionFacts, now: datetime) -> _No | None:
    if not facts.past:
        return None
    again = next_attempt_at(facts.past, facts.retry)
    if again is None:
        return _No(Rule.NO_ATTEMPTS_LEFT)
    return _No(Rule.NOT_YET_DUE, again) if again > now else None


def _machine_may_call(facts: PermissionFacts, now: datetime) -> _No | None:
    match facts.calls_allowed_by:
        case CallsAllowedBy.NOT_MARKETING:
            return None
        case CallsAllowedBy.CONSENT:
            return (
                None if facts.consent_on_file else _No(Rule.NO_CONSENT, now + LOOK_AGAIN_TOMORROW)
            )
        case None:
            return _No(Rule.NOT_CLASSIFIED, now + LOOK_AGAIN_TOMORROW)
    # Handed over by a person, or called in by the customer: a machine never dials these.
    return _No(Rule.MACHINE_MAY_NOT_CALL, now + LOOK_AGAIN_TOMORROW)


def _campaign_running(facts: PermissionFacts, now: datetime) -> _No | None:
    if facts.campaign_state is CampaignState.RUNNING:
        return None
    return _No(Rule.CAMPAIGN_NOT_RUNNING, now + LOOK_AGAIN)


def _allow_list(facts: PermissionFacts, now: datetime) -> _No | None:
    return None if facts.on_allow_list else _No(Rule.NOT_ON_ALLOW_LIST, now + LOOK_AGAIN)


def _due(facts: PermissionFacts, now: datetime) -> _No | None:
    return None if facts.due_at <= now else _No(Rule.NOT_YET_DUE, facts.due_at)


def _calling_hours(facts: PermissionFacts, now: datetime) -> _No | None:
    if facts.rings_at_any_hour or facts.hours.is_open(now):
        return None
    rule = Rule.PUBLIC_HOLIDAY if facts.hours.is_holiday(now) else Rule.OUTSIDE_CALLING_HOURS
    return _No(rule, facts.hours.next_opening(now) or now + LOOK_AGAIN)


def _one_call_at_a_time(facts: PermissionFacts, now: datetime) -> _No | None:
    return _No(Rule.ON_THE_LINE, now + LINE_BUSY) if facts.on_the_line else None


# In order, the lasting before the passing: an invitation that can never be called ends at once and
# does not wait for Monday first. Throttle and money will be more rules of this list.
RULES: Final[tuple[_Check, ...]] = (
    _objection,
    _invitation_open,
    _not_stale,
    _reachable_number,
    _attempts_left,
    _machine_may_call,
    _campaign_running,
    _allow_list,
    _due,
    _calling_hours,
    _one_call_at_a_time,
)


def decide(facts: PermissionFacts, *, now: datetime) -> Decision:
    """The first rule that says no, or permission; `now` is aware."""
    for rule in RULES:
        no = rule(facts, now)
        if no is not None:
            return Decision(False, no.rule, no.next_allowed_at, facts)
    return Decision(True, Rule.ALLOWED, None, facts)


_STORED = object()


@dataclass(frozen=True, slots=True)
class Permit:
    """A stored decision that allows one attempt for one invitation; only `store` makes one."""

    decision_id: UUID
    invitation_id: UUID
    _made_by_store: object = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if self._made_by_store is not _STORED:
            raise TypeError("a Permit is made by permission.store() and by nothing else")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A stored decision that forbids; the rule and when asking again makes sense, if ever."""

    decision_id: UUID
    invitation_id: UUID
    rule: Rule
    next_allowed_at: datetime | None


def store(
    session: Session, decision: Decision, invitation: Invitation, *, now: datetime
) -> Permit | Refusal:
    """Write the decision down in the session's transaction; a Permit if it allows.

    Each decision is a new row of `permission_decisions` and allows one attempt at most: the
    database refuses a second attempt with the same decision.
    """
    row = PermissionDecision(
        id=new_id(),
        organisation_id=invitation.organisation_id,
        invitation_id=invitation.id,
        method=decision.facts.method.value,
        allowed=decision.allowed,
        rule=decision.rule.value,
        facts=decision.facts.document(),
        next_allowed_at=decision.next_allowed_at,
        decided_at=now,
    )
    session.add(row)
    session.flush()
    if decision.allowed:
        return Permit(row.id, invitation.id, _STORED)
    return Refusal(row.id, invitation.id, decision.rule, decision.next_allowed_at)
