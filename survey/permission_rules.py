"""The rules of permission, each a small pure question: a no and how it ends, or nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from config.campaign_limits import RegisterBlocks
from config.campaign_rules import CampaignKind, FollowUpBasis, RetryBy
from config.periods import Period, Unit
from storage.states import CampaignState, ContactPurpose, FollowUp, InvitationState
from survey.permission_grounds import ground, minor, still_customer
from survey.permission_noes import (
    LINE_BUSY,
    LOOK_AGAIN,
    LOOK_AGAIN_TOMORROW,
    Check,
    No,
    never,
    until,
    waits,
)
from survey.permission_terms import Method, PermissionFacts, RegisterAnswer, Rule
from survey.retries import next_attempt_at, next_attempt_by

_NEXT_DAY: Final = Period(1, Unit.DAY)


def _objection(facts: PermissionFacts, at: datetime) -> No | None:
    bites = facts.objected_to & {facts.method, Method.ALL}
    return never(Rule.OBJECTION) if bites else None


def _restriction(facts: PermissionFacts, at: datetime) -> No | None:
    return waits(Rule.RESTRICTED, at, LOOK_AGAIN_TOMORROW) if facts.restricted else None


def _invitation_open(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.invitation_state in (InvitationState.PLANNED, InvitationState.TRYING):
        return None
    return never(Rule.INVITATION_OVER)


def _not_stale(facts: PermissionFacts, at: datetime) -> No | None:
    return never(Rule.INVITATION_EXPIRED) if at >= facts.expires_at else None


def _reachable(facts: PermissionFacts, at: datetime) -> No | None:
    if not facts.has_number:
        return never(Rule.NO_ADDRESS if facts.method is Method.EMAIL else Rule.NO_NUMBER)
    if facts.method is Method.EMAIL or facts.number_valid:
        return None
    return never(Rule.NUMBER_NOT_VALID)


def _sampled(facts: PermissionFacts, at: datetime) -> No | None:
    return None if facts.sampled else never(Rule.NOT_SAMPLED)


def _quota(facts: PermissionFacts, at: datetime) -> No | None:
    return never(Rule.QUOTA_FULL) if facts.quota_full else None


def _registers(facts: PermissionFacts, at: datetime) -> No | None:
    """The first register that blocks; before that, the first whose answer is missing or old."""
    missing: No | None = None
    for one in facts.registers:
        if one.listed is None:
            missing = missing or waits(Rule.NOT_WASHED, at, LOOK_AGAIN_TOMORROW)
        elif one.valid_until is not None and at >= one.valid_until:
            missing = missing or waits(Rule.WASH_EXPIRED, at, LOOK_AGAIN_TOMORROW)
        elif _blocks(one):
            return never(Rule.BLOCKED_BY_REGISTER)
    return missing


def _blocks(one: RegisterAnswer) -> bool:
    return one.listed is (one.blocks is RegisterBlocks.LISTED)


def blocking(facts: PermissionFacts) -> tuple[RegisterAnswer, ...]:
    """The registers whose answers forbid the contact, as long as these count."""
    return tuple(one for one in facts.registers if _blocks(one))


def _country(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.method is Method.EMAIL:
        return None
    if not facts.country_allowed:
        return waits(Rule.COUNTRY_NOT_ALLOWED, at, LOOK_AGAIN_TOMORROW)
    if not facts.line_for_country:
        return waits(Rule.LINE_NOT_FOR_COUNTRY, at, LOOK_AGAIN_TOMORROW)
    return None


def _attempts_left(facts: PermissionFacts, at: datetime) -> No | None:
    if not facts.past:
        return None
    again = next_attempt_at(facts.past, facts.retry, most_calls=facts.most_calls)
    if again is None:
        return never(Rule.NO_ATTEMPTS_LEFT)
    if again > at:
        return until(Rule.NOT_YET_DUE, again)
    by = next_attempt_by(facts.past, facts.retry)
    if (by is RetryBy.SMS) is not (facts.method is Method.SMS):
        return waits(Rule.OTHER_METHOD_NEXT, at, LOOK_AGAIN)
    return None


def _throttle(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.throttle is None:
        return None
    free_at = facts.throttle.period.after(facts.throttle.asked_at, facts.zone)
    return until(Rule.THROTTLED, free_at) if free_at > at else None


def _campaign_running(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.campaign_state is CampaignState.RUNNING:
        return None
    return waits(Rule.CAMPAIGN_NOT_RUNNING, at, LOOK_AGAIN)


def _allow_list(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.on_allow_list:
        return None
    return waits(Rule.NOT_ON_ALLOW_LIST, at, LOOK_AGAIN_TOMORROW)


def _money(facts: PermissionFacts, at: datetime) -> No | None:
    money = facts.money
    if money is None:
        return None
    if money.whole is not None and money.spent_whole + money.price > money.whole:
        if money.whole_free_by is None:
            return waits(Rule.CEILING_REACHED, at, LOOK_AGAIN_TOMORROW)
        if at < money.whole_free_by:
            return until(Rule.CEILING_HELD, money.whole_free_by)
    if money.per_day is None:
        return None
    if money.price > money.per_day:
        return waits(Rule.CEILING_OF_DAY, at, LOOK_AGAIN_TOMORROW)
    today = at.astimezone(facts.zone).date()
    if today != money.day or money.spent_today + money.price <= money.per_day:
        return None
    midnight = _NEXT_DAY.after(
        datetime.combine(today, datetime.min.time(), tzinfo=facts.zone), facts.zone
    )
    if money.free_by is None:
        return until(Rule.CEILING_OF_DAY, midnight)
    if at >= money.free_by:
        return None
    return until(Rule.CEILING_OF_DAY, min(midnight, money.free_by))


def _due(facts: PermissionFacts, at: datetime) -> No | None:
    return None if facts.due_at <= at else until(Rule.NOT_YET_DUE, facts.due_at)


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
    return waits(rule, at, LOOK_AGAIN_TOMORROW) if opening is None else until(rule, opening)


def _one_call_at_a_time(facts: PermissionFacts, at: datetime) -> No | None:
    return waits(Rule.ON_THE_LINE, at, LINE_BUSY) if facts.on_the_line else None


def _follow_up(facts: PermissionFacts, at: datetime) -> No | None:
    """The client's kind of permission for its staff; whoever said no is left in peace."""
    found = facts.follow_up
    if found is None:
        return never(Rule.FOLLOW_UP_NOT_ALLOWED)
    if found.said is FollowUp.YES:
        return None
    if found.said is FollowUp.NO:
        return never(Rule.FOLLOW_UP_DECLINED)
    enough = {
        FollowUpBasis.LEGITIMATE_INTEREST: found.opens_case,
        FollowUpBasis.ANSWERED: found.answered,
    }
    research = facts.kind is CampaignKind.RESEARCH
    if not research and found.basis is not None and enough.get(found.basis, False):
        return None
    return never(Rule.FOLLOW_UP_NOT_ALLOWED)


# What waits for somebody to do something; time alone changes nothing about it.
BY_AN_ACT: Final = frozenset(
    {
        Rule.RESTRICTED,
        Rule.MINOR,
        Rule.FORMER_CUSTOMER,
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

# Nobody can be reached, whatever time it is. Any other no without a later moment ends too late.
UNREACHABLE: Final = frozenset(
    {Rule.NO_NUMBER, Rule.NO_ADDRESS, Rule.NUMBER_NOT_VALID, Rule.NO_ATTEMPTS_LEFT}
)

# In the order in which a reader would ask: of several that say no, a lasting one decides, and
# otherwise the first.
_ASKING: Final[tuple[Check, ...]] = (
    _objection,
    _restriction,
    minor,
    _invitation_open,
    _not_stale,
    _reachable,
    _sampled,
    _quota,
    _registers,
    _country,
    _attempts_left,
    _throttle,
    still_customer,
    ground,
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
    minor,
    _follow_up,
    _reachable,
    _allow_list,
)
# What somebody was told a moment ago that they will be sent: neither due nor counted as asking.
_SERVING: Final[tuple[Check, ...]] = (_objection, _restriction, _reachable, _allow_list)
RULES: Final[Mapping[ContactPurpose, tuple[Check, ...]]] = {
    ContactPurpose.SURVEY: _ASKING,
    ContactPurpose.REMINDER: _ASKING,
    ContactPurpose.FOLLOW_UP: _FOLLOWING_UP,
    ContactPurpose.SERVICE: _SERVING,
}
