"""The rules of permission, each a small pure question: no, and for how long, or nothing against it.

A no is lasting (no later moment helps), timed (it ends at a known moment by itself), or waits for
something that somebody must do first.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from config.campaign_limits import RegisterBlocks
from config.campaign_rules import CallsAllowedBy, CampaignKind, FollowUpBasis, RetryBy
from config.periods import Period, Unit
from storage.states import CampaignState, ContactPurpose, FollowUp, InvitationState
from survey.permission_terms import Method, PermissionFacts, Rule
from survey.retries import next_attempt_at, next_attempt_by

# How soon a thing is asked again that a person must change first.
LOOK_AGAIN: Final = timedelta(hours=1)
# The same for what is changed by signing a paper, not by turning a switch.
LOOK_AGAIN_TOMORROW: Final = timedelta(days=1)
# How soon a customer who is on the line for another matter is asked about again.
LINE_BUSY: Final = timedelta(minutes=5)

_NEXT_DAY: Final = Period(1, Unit.DAY)


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


def _never(rule: Rule) -> No:
    return No(rule, Ends.NEVER)


def _until(rule: Rule, moment: datetime) -> No:
    return No(rule, Ends.AT_A_MOMENT, moment)


def _waits(rule: Rule, at: datetime, patience: timedelta) -> No:
    return No(rule, Ends.BY_AN_ACT, at + patience)


Check = Callable[[PermissionFacts, datetime], No | None]


def _objection(facts: PermissionFacts, at: datetime) -> No | None:
    bites = facts.objected_to & {facts.method, Method.ALL}
    return _never(Rule.OBJECTION) if bites else None


def _restriction(facts: PermissionFacts, at: datetime) -> No | None:
    return _waits(Rule.RESTRICTED, at, LOOK_AGAIN_TOMORROW) if facts.restricted else None


def _invitation_open(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.invitation_state in (InvitationState.PLANNED, InvitationState.TRYING):
        return None
    return _never(Rule.INVITATION_OVER)


def _not_stale(facts: PermissionFacts, at: datetime) -> No | None:
    return _never(Rule.INVITATION_EXPIRED) if at >= facts.expires_at else None


def _reachable(facts: PermissionFacts, at: datetime) -> No | None:
    if not facts.has_number:
        return _never(Rule.NO_ADDRESS if facts.method is Method.EMAIL else Rule.NO_NUMBER)
    if facts.method is Method.EMAIL or facts.number_valid:
        return None
    return _never(Rule.NUMBER_NOT_VALID)


def _sampled(facts: PermissionFacts, at: datetime) -> No | None:
    return None if facts.sampled else _never(Rule.NOT_SAMPLED)


def _quota(facts: PermissionFacts, at: datetime) -> No | None:
    return _never(Rule.QUOTA_FULL) if facts.quota_full else None


def _registers(facts: PermissionFacts, at: datetime) -> No | None:
    """The first register that blocks; before that, the first whose answer is missing or old."""
    missing: No | None = None
    for one in facts.registers:
        if one.listed is None:
            missing = missing or _waits(Rule.NOT_WASHED, at, LOOK_AGAIN)
        elif one.valid_until is not None and at >= one.valid_until:
            missing = missing or _waits(Rule.WASH_EXPIRED, at, LOOK_AGAIN)
        elif one.listed is (one.blocks is RegisterBlocks.LISTED):
            return _never(Rule.BLOCKED_BY_REGISTER)
    return missing


def _country(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.method is Method.EMAIL:
        return None
    if not facts.country_allowed:
        return _waits(Rule.COUNTRY_NOT_ALLOWED, at, LOOK_AGAIN_TOMORROW)
    if not facts.line_for_country:
        return _waits(Rule.LINE_NOT_FOR_COUNTRY, at, LOOK_AGAIN_TOMORROW)
    return None


def _attempts_left(facts: PermissionFacts, at: datetime) -> No | None:
    if not facts.past:
        return None
    again = next_attempt_at(facts.past, facts.retry)
    if again is None:
        return _never(Rule.NO_ATTEMPTS_LEFT)
    if again > at:
        return _until(Rule.NOT_YET_DUE, again)
    by = next_attempt_by(facts.past, facts.retry)
    if (by is RetryBy.SMS) is not (facts.method is Method.SMS):
        return _waits(Rule.OTHER_METHOD_NEXT, at, LOOK_AGAIN)
    return None


def _throttle(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.throttle is None:
        return None
    free_at = facts.throttle.period.after(facts.throttle.asked_at, facts.zone)
    return _until(Rule.THROTTLED, free_at) if free_at > at else None


def _ground(facts: PermissionFacts, at: datetime) -> No | None:
    """What lets us contact at all: for a machine's calls one of four things, never just no no."""
    if facts.method is not Method.CALLS:
        return _consent(facts, at) if facts.marketing else None
    match facts.calls_allowed_by:
        case CallsAllowedBy.NOT_MARKETING:
            return _signed(facts, at)
        case CallsAllowedBy.CONSENT:
            return _consent(facts, at)
        case CallsAllowedBy.HANDED_OVER if facts.started_by_person:
            return None
        case None:
            return _waits(Rule.NOT_CLASSIFIED, at, LOOK_AGAIN_TOMORROW)
    # To be handed over by a person, or called in by the customer: a machine never dials these.
    return _waits(Rule.MACHINE_MAY_NOT_CALL, at, LOOK_AGAIN_TOMORROW)


def _signed(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.marketing or facts.signed_on is None:
        return _waits(Rule.NOT_CLASSIFIED, at, LOOK_AGAIN_TOMORROW)
    today = at.astimezone(facts.zone).date()
    if facts.signed_on <= today:
        return None
    midnight = datetime.combine(facts.signed_on, datetime.min.time(), tzinfo=facts.zone)
    return _until(Rule.NOT_SIGNED_YET, midnight)


def _consent(facts: PermissionFacts, at: datetime) -> No | None:
    for one in facts.consents:
        running = one.given_at <= at and (one.expires_at is None or at < one.expires_at)
        if running and one.method in (facts.method, Method.ALL):
            return None
    return _waits(Rule.NO_CONSENT, at, LOOK_AGAIN_TOMORROW)


def _campaign_running(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.campaign_state is CampaignState.RUNNING:
        return None
    return _waits(Rule.CAMPAIGN_NOT_RUNNING, at, LOOK_AGAIN)


def _allow_list(facts: PermissionFacts, at: datetime) -> No | None:
    return None if facts.on_allow_list else _waits(Rule.NOT_ON_ALLOW_LIST, at, LOOK_AGAIN)


def _money(facts: PermissionFacts, at: datetime) -> No | None:
    money = facts.money
    if money is None:
        return None
    if money.whole is not None and money.spent_whole + money.price > money.whole:
        return _waits(Rule.CEILING_REACHED, at, LOOK_AGAIN_TOMORROW)
    if money.per_day is None:
        return None
    if money.price > money.per_day:
        return _waits(Rule.CEILING_OF_DAY, at, LOOK_AGAIN_TOMORROW)
    today = at.astimezone(facts.zone).date()
    if today != money.day or money.spent_today + money.price <= money.per_day:
        return None
    midnight = datetime.combine(today, datetime.min.time(), tzinfo=facts.zone)
    return _until(Rule.CEILING_OF_DAY, _NEXT_DAY.after(midnight, facts.zone))


def _due(facts: PermissionFacts, at: datetime) -> No | None:
    return None if facts.due_at <= at else _until(Rule.NOT_YET_DUE, facts.due_at)


def _calling_hours(facts: PermissionFacts, at: datetime) -> No | None:
    """A mail wakes nobody; a telephone does, also by a text message."""
    if facts.method is Method.EMAIL or facts.rings_at_any_hour or facts.hours.is_open(at):
        return None
    if facts.hours.is_blocked(at):
        rule = Rule.BLOCKED_DAY
    elif facts.hours.is_holiday(at):
        rule = Rule.PUBLIC_HOLIDAY
    else:
        rule = Rule.OUTSIDE_CALLING_HOURS
    opening = facts.hours.next_opening(at)
    return _waits(rule, at, LOOK_AGAIN_TOMORROW) if opening is None else _until(rule, opening)


def _one_call_at_a_time(facts: PermissionFacts, at: datetime) -> No | None:
    return _waits(Rule.ON_THE_LINE, at, LINE_BUSY) if facts.on_the_line else None


def _follow_up(facts: PermissionFacts, at: datetime) -> No | None:
    """The client's kind of permission for its staff; whoever said no is left in peace."""
    found = facts.follow_up
    if found is None:
        return _never(Rule.FOLLOW_UP_NOT_ALLOWED)
    if found.said is FollowUp.YES:
        return None
    if found.said is FollowUp.NO:
        return _never(Rule.FOLLOW_UP_DECLINED)
    enough = {
        FollowUpBasis.LEGITIMATE_INTEREST: found.opens_case,
        FollowUpBasis.ANSWERED: found.answered,
    }
    research = facts.kind is CampaignKind.RESEARCH
    if not research and found.basis is not None and enough.get(found.basis, False):
        return None
    return _never(Rule.FOLLOW_UP_NOT_ALLOWED)


# What waits for somebody to do something; time alone changes nothing about it.
BY_AN_ACT: Final = frozenset(
    {
        Rule.RESTRICTED,
        Rule.NOT_WASHED,
        Rule.WASH_EXPIRED,
        Rule.COUNTRY_NOT_ALLOWED,
        Rule.LINE_NOT_FOR_COUNTRY,
        Rule.OTHER_METHOD_NEXT,
        Rule.NOT_CLASSIFIED,
        Rule.NO_CONSENT,
        Rule.MACHINE_MAY_NOT_CALL,
        Rule.CAMPAIGN_NOT_RUNNING,
        Rule.NOT_ON_ALLOW_LIST,
        Rule.CEILING_REACHED,
    }
)

# In the order in which a reader would ask: of several that say no, a lasting one decides, and
# otherwise the first.
_ASKING: Final[tuple[Check, ...]] = (
    _objection,
    _restriction,
    _invitation_open,
    _not_stale,
    _reachable,
    _sampled,
    _quota,
    _registers,
    _country,
    _attempts_left,
    _throttle,
    _ground,
    _campaign_running,
    _allow_list,
    _money,
    _due,
    _calling_hours,
    _one_call_at_a_time,
)
# A person at a desk decides when; the machine only says whether.
_FOLLOWING_UP: Final[tuple[Check, ...]] = (
    _objection,
    _restriction,
    _follow_up,
    _reachable,
    _allow_list,
)
RULES: Final[Mapping[ContactPurpose, tuple[Check, ...]]] = {
    ContactPurpose.SURVEY: _ASKING,
    ContactPurpose.REMINDER: _ASKING,
    ContactPurpose.FOLLOW_UP: _FOLLOWING_UP,
}
