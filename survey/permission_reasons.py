"""Why somebody was not contacted, a few words for each rule, with its values.

Days and times are told on the organisation's clock. Nothing in it names a person who is asked.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from config.campaign_limits import MICROS, RegisterBlocks
from config.campaign_rules import CallsAllowedBy, CampaignKind, FollowUpBasis
from storage.states import Disposition
from survey.hours_notation import week_in_words
from survey.permission_terms import Method, Money, PermissionFacts, RegisterAnswer, Rule

Words = Callable[[PermissionFacts, datetime], str]

WAYS: Final[Mapping[Method, str]] = {
    Method.CALLS: "calls",
    Method.SMS: "text messages",
    Method.EMAIL: "mail",
    Method.ALL: "all contact",
}


def _objection(facts: PermissionFacts, at: datetime) -> str:
    whole = Method.ALL in facts.objected_to
    return f"the person objected to {WAYS[Method.ALL if whole else facts.method]}"


def _no_attempts(facts: PermissionFacts, at: datetime) -> str:
    count = len(facts.past)
    last = facts.past[-1].disposition
    if last in (Disposition.COMPLETED, Disposition.REFUSED):
        return "the person has given a last word"
    how = last.value.replace("_", " ")
    tries = "one attempt" if count == 1 else f"{count} attempts"
    return f"after {tries}, the last of them “{how}”, the rules allow no further one"


def _not_classified(facts: PermissionFacts, at: datetime) -> str:
    if facts.calls_allowed_by is None and facts.country is not None:
        return f"nobody has decided on what ground a machine may call in {facts.country}"
    return "nobody has signed that this campaign is not marketing"


def _no_consent(facts: PermissionFacts, at: datetime) -> str:
    over = [
        one.expires_at
        for one in facts.consents
        if one.expires_at is not None
        and one.expires_at <= at
        and one.method in (facts.method, Method.ALL)
    ]
    if over:
        return f"the consent to {WAYS[facts.method]} ended on {day(_local(max(over), facts.zone))}"
    return f"there is no consent to {WAYS[facts.method]} on file"


def _machine(facts: PermissionFacts, at: datetime) -> str:
    if facts.calls_allowed_by is CallsAllowedBy.HANDED_OVER:
        return "a signed-in person must start each call of this campaign"
    return "in this campaign only the customer calls"


def _not_due(facts: PermissionFacts, at: datetime) -> str:
    if facts.due_at > at:
        return f"not due before {moment(facts.due_at, facts.zone)}"
    return "it is too soon after the last attempt"


def _outside(facts: PermissionFacts, at: datetime) -> str:
    whose = {
        True: "a company's calling hours",
        False: "the calling hours",
        None: "the hours that suit a company and a person alike, as long as no register has said "
        "which of them the number is",
    }[facts.company]
    return f"outside {whose} (rule: {week_in_words(facts.hours.week)}, {_clocks(facts)})"


def _clocks(facts: PermissionFacts) -> str:
    names = [zone.key for zone in facts.hours.zones]
    if len(names) == 1:
        return f"clock of {names[0]}"
    return f"all clocks that the number may have: {', '.join(names[:-1])} and {names[-1]}"


def _throttled(facts: PermissionFacts, at: datetime) -> str:
    if facts.throttle is None:
        return "asked too recently"
    asked, period = facts.throttle.asked_at, facts.throttle.period
    free = period.after(asked, facts.zone)
    return (
        f"last asked on {day(_local(asked, facts.zone))} about another matter; asked again at the "
        f"earliest on {day(_local(free, facts.zone))} (rule: {period})"
    )


def _former(facts: PermissionFacts, at: datetime) -> str:
    if facts.customer_until is None:
        return f"the person is a customer from {day(facts.customer_since)} on"
    return (
        f"the person was a customer until {day(facts.customer_until)}, longer ago than marketing "
        f"may call without consent (rule: {facts.former_for})"
    )


def _blocked_by_register(facts: PermissionFacts, at: datetime) -> str:
    for one in facts.registers:
        if one.listed is (one.blocks is RegisterBlocks.LISTED):
            verb = "lists" if one.listed else "does not list"
            return f"the register {one.key} {verb} the number{_wash(one, facts.zone)}"
    return "a register forbids it"


def _wash(one: RegisterAnswer, zone: ZoneInfo) -> str:
    """When it was asked and until when that counts, as far as it is on record."""
    asked = None if one.checked_at is None else f"asked on {day(_local(one.checked_at, zone))}"
    ends = None if one.valid_until is None else f"counts until {moment(one.valid_until, zone)}"
    told = ", ".join(part for part in (asked, ends) if part is not None)
    return f" ({told})" if told else ""


def _not_washed(facts: PermissionFacts, at: datetime) -> str:
    names = _registers(facts, lambda one: one.listed is None)
    return f"the number has not been checked against the register {names}"


def _wash_expired(facts: PermissionFacts, at: datetime) -> str:
    names = _registers(facts, lambda one: one.valid_until is not None and one.valid_until <= at)
    return f"the check of the number against the register {names} counts no more"


def _registers(facts: PermissionFacts, wanted: Callable[[RegisterAnswer], bool]) -> str:
    return ", ".join(one.key for one in facts.registers if wanted(one))


def _country(facts: PermissionFacts, at: datetime) -> str:
    where = f"in {facts.country}" if facts.country else "that belong to no country"
    return f"this campaign does not contact numbers {where}"


def _ceiling_of_day(facts: PermissionFacts, at: datetime) -> str:
    money = facts.money
    if money is None:
        return "the ceiling of money for the day is reached"
    return (
        f"one more call could pass the day's ceiling of {_amount(money.per_day, money)}, of which "
        f"{_amount(money.spent_today, money)} are spent{_held(money)}"
    )


def _held(money: Money) -> str:
    if money.free_by is None:
        return ""
    return " or held by calls under way, which may bring some of it back"


def _ceiling(facts: PermissionFacts, at: datetime) -> str:
    money = facts.money
    if money is None:
        return "the campaign's ceiling of money is reached"
    return (
        f"one more call could pass the campaign's ceiling of {_amount(money.whole, money)}, of "
        f"which {_amount(money.spent_whole, money)} are spent"
    )


def _ceiling_held(facts: PermissionFacts, at: datetime) -> str:
    return f"{_ceiling(facts, at)} or held by calls under way, which may bring some of it back"


def _amount(micros: int | None, money: Money) -> str:
    return f"{(micros or 0) / MICROS:,.2f} {money.currency}"


def _other_method(facts: PermissionFacts, at: datetime) -> str:
    return "the next attempt goes by " + (
        "telephone" if facts.method is Method.SMS else "text message"
    )


def _follow_up(facts: PermissionFacts, at: datetime) -> str:
    found = facts.follow_up
    if facts.kind is CampaignKind.RESEARCH:
        return "this is research, and the person has not asked to be contacted"
    if found is None or found.basis is None:
        return "this organisation has decided nothing that would let its staff do so"
    return {
        FollowUpBasis.CONSENT: "the person has not said yes to it",
        FollowUpBasis.LEGITIMATE_INTEREST: (
            "no answer reached the organisation's threshold, and the person has not said yes to it"
        ),
        FollowUpBasis.ANSWERED: "the person has not answered anything",
    }[found.basis]


def _plain(text: str) -> Words:
    return lambda facts, at: text


REASONS: Final[Mapping[Rule, Words]] = {
    Rule.OBJECTION: _objection,
    Rule.INVITATION_OVER: _plain("the matter is over"),
    Rule.INVITATION_EXPIRED: lambda facts, at: (
        f"too long ago to ask about since {moment(facts.expires_at, facts.zone)}"
    ),
    Rule.NO_NUMBER: _plain("there is no number"),
    Rule.NO_ADDRESS: _plain("there is no address"),
    Rule.NUMBER_NOT_VALID: _plain("the number is not one that exists"),
    Rule.NO_ATTEMPTS_LEFT: _no_attempts,
    Rule.NOT_CLASSIFIED: _not_classified,
    Rule.NO_CONSENT: _no_consent,
    Rule.MACHINE_MAY_NOT_CALL: _machine,
    Rule.CAMPAIGN_NOT_RUNNING: lambda facts, at: f"the campaign is {facts.campaign_state.value}",
    Rule.NOT_ON_ALLOW_LIST: _plain("this installation contacts listed numbers only"),
    Rule.NOT_YET_DUE: _not_due,
    Rule.OUTSIDE_CALLING_HOURS: _outside,
    Rule.ON_THE_LINE: _plain("the person was on the line for another matter"),
    Rule.PUBLIC_HOLIDAY: _plain("a public holiday"),
    Rule.RESTRICTED: _plain("the person's data are frozen until somebody lifts that"),
    Rule.MINOR: _plain("the person is a minor, and no guardian's leave is on record"),
    Rule.FORMER_CUSTOMER: _former,
    Rule.THROTTLED: _throttled,
    Rule.NOT_SAMPLED: _plain("not in the share of cases that is asked about"),
    Rule.QUOTA_FULL: _plain("enough people of this segment have answered"),
    Rule.BLOCKED_BY_REGISTER: _blocked_by_register,
    Rule.NOT_WASHED: _not_washed,
    Rule.WASH_EXPIRED: _wash_expired,
    Rule.BLOCKED_DAY: _plain("a day that the campaign keeps free"),
    Rule.COUNTRY_NOT_ALLOWED: _country,
    Rule.LINE_NOT_FOR_COUNTRY: lambda facts, at: (
        f"the line's number may not be shown in {facts.country or 'no country'}"
    ),
    Rule.CEILING_OF_DAY: _ceiling_of_day,
    Rule.CEILING_REACHED: _ceiling,
    Rule.CEILING_HELD: _ceiling_held,
    Rule.NOT_SIGNED_YET: lambda facts, at: (
        f"the decision that this is not marketing counts from {day(facts.signed_on)} on"
    ),
    Rule.OTHER_METHOD_NEXT: _other_method,
    Rule.FOLLOW_UP_DECLINED: _plain("the person said no to it"),
    Rule.FOLLOW_UP_NOT_ALLOWED: _follow_up,
}


def _local(when: datetime, zone: ZoneInfo) -> date:
    return when.astimezone(zone).date()


def day(which: date | None) -> str:
    """A day as it is written in a sentence."""
    return "no day" if which is None else f"{which.day} {which:%B %Y}"


def moment(when: datetime, zone: ZoneInfo) -> str:
    """A moment on the clock of a zone, likewise."""
    local = when.astimezone(zone)
    return f"{day(local.date())} at {local:%H:%M}"
