"""A permission decision as one plain sentence, for whoever asks why somebody was contacted or not.

Days and times are told on the organisation's clock. Nothing in a sentence names a person.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from config.campaign_limits import MICROS, RegisterBlocks
from config.campaign_rules import CallsAllowedBy, CampaignKind, FollowUpBasis
from storage.states import ContactPurpose, Disposition, FollowUp
from storage.tables import PermissionDecision
from survey.hours_notation import week_in_words
from survey.permission_record import UnreadableRecordError
from survey.permission_replay import replay
from survey.permission_terms import (
    Decision,
    Method,
    Money,
    PermissionFacts,
    RegisterAnswer,
    Rule,
)

Words = Callable[[PermissionFacts, datetime], str]

_DONE: Final[Mapping[Method, str]] = {
    Method.CALLS: "called",
    Method.SMS: "texted",
    Method.EMAIL: "mailed",
    Method.ALL: "contacted",
}
_WAYS: Final[Mapping[Method, str]] = {
    Method.CALLS: "calls",
    Method.SMS: "text messages",
    Method.EMAIL: "mail",
    Method.ALL: "all contact",
}


def in_words(row: PermissionDecision) -> str:
    """What a stored decision says; only its rule when its facts cannot be read."""
    if row.rule == Rule.CALLED_US.value and not row.facts:  # as it was written once
        return "May be called: the person called us."
    try:
        decision = replay(row)
    except UnreadableRecordError:
        decision = None
    if decision is not None and decision.rule.value == row.rule:
        return sentence(decision, at=row.decided_at)
    head = "Allowed" if row.allowed else "Not allowed"
    return f"{head} (rule: {row.rule.replace('_', ' ')})."


def sentence(decision: Decision, *, at: datetime) -> str:
    """Whether, why, and when it is looked at again."""
    facts = decision.facts
    if decision.allowed:
        return f"{_allowed_head(facts)}: {_ground(facts)}."
    reason = _REASONS[decision.rule](facts, at)
    again = ""
    if decision.next_allowed_at is not None:
        again = f" Looked at again on {_moment(decision.next_allowed_at, facts.zone)}."
    return f"{_refused_head(facts)}: {reason}.{again}"


def _allowed_head(facts: PermissionFacts) -> str:
    if facts.purpose is ContactPurpose.FOLLOW_UP:
        return "Staff may contact the person"
    return f"May be {_DONE[facts.method]}"


def _refused_head(facts: PermissionFacts) -> str:
    if facts.purpose is ContactPurpose.FOLLOW_UP:
        return "Staff may not contact the person"
    return f"Not {_DONE[facts.method]}"


def _ground(facts: PermissionFacts) -> str:
    if facts.called_in:
        return "the person called us"
    if facts.purpose is ContactPurpose.FOLLOW_UP:
        return _follow_up_ground(facts)
    if facts.method is not Method.CALLS:
        return "there is consent on file" if facts.marketing else "not marketing"
    match facts.calls_allowed_by:
        case CallsAllowedBy.CONSENT:
            return "there is consent on file"
        case CallsAllowedBy.HANDED_OVER:
            return "a signed-in person started the call"
    signed = f", signed on {_day(facts.signed_on)}" if facts.signed_on else ""
    return f"decided not to be marketing{signed}"


def _follow_up_ground(facts: PermissionFacts) -> str:
    found = facts.follow_up
    if found is None or found.said is FollowUp.YES:
        return "the person said yes to it"
    if found.basis is FollowUpBasis.ANSWERED:
        return "the person answered, and this organisation may contact whoever did"
    return "the answer reached the organisation's threshold for legitimate interest"


def _objection(facts: PermissionFacts, at: datetime) -> str:
    whole = Method.ALL in facts.objected_to
    return f"the person objected to {_WAYS[Method.ALL if whole else facts.method]}"


def _no_attempts(facts: PermissionFacts, at: datetime) -> str:
    count = len(facts.past)
    last = facts.past[-1].disposition
    if last in (Disposition.COMPLETED, Disposition.REFUSED):
        return "the person has given a last word"
    how = last.value.replace("_", " ")
    tries = "one attempt" if count == 1 else f"{count} attempts"
    return f"after {tries}, the last of them “{how}”, the rules allow no further one"


def _no_consent(facts: PermissionFacts, at: datetime) -> str:
    over = [
        one.expires_at
        for one in facts.consents
        if one.expires_at is not None
        and one.expires_at <= at
        and one.method in (facts.method, Method.ALL)
    ]
    if over:
        return (
            f"the consent to {_WAYS[facts.method]} ended on {_day(_local(max(over), facts.zone))}"
        )
    return f"there is no consent to {_WAYS[facts.method]} on file"


def _machine(facts: PermissionFacts, at: datetime) -> str:
    if facts.calls_allowed_by is CallsAllowedBy.HANDED_OVER:
        return "a signed-in person must start each call of this campaign"
    return "in this campaign only the customer calls"


def _not_due(facts: PermissionFacts, at: datetime) -> str:
    if facts.due_at > at:
        return f"not due before {_moment(facts.due_at, facts.zone)}"
    return "it is too soon after the last attempt"


def _outside(facts: PermissionFacts, at: datetime) -> str:
    whose = "a company's calling hours" if facts.company else "the calling hours"
    clock = facts.hours.zone.key
    return f"outside {whose} (rule: {week_in_words(facts.hours.week)}, clock of {clock})"


def _throttled(facts: PermissionFacts, at: datetime) -> str:
    if facts.throttle is None:
        return "asked too recently"
    asked, period = facts.throttle.asked_at, facts.throttle.period
    free = period.after(asked, facts.zone)
    return (
        f"last asked on {_day(_local(asked, facts.zone))} about another matter; asked again at the "
        f"earliest on {_day(_local(free, facts.zone))} (rule: {period})"
    )


def _blocked_by_register(facts: PermissionFacts, at: datetime) -> str:
    for one in facts.registers:
        if one.listed is (one.blocks is RegisterBlocks.LISTED):
            verb = "lists" if one.listed else "does not list"
            return f"the register {one.key} {verb} the number"
    return "a register forbids it"


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
        f"{_amount(money.spent_today, money)} are spent"
    )


def _ceiling(facts: PermissionFacts, at: datetime) -> str:
    money = facts.money
    if money is None:
        return "the campaign's ceiling of money is reached"
    return (
        f"one more call could pass the campaign's ceiling of {_amount(money.whole, money)}, of "
        f"which {_amount(money.spent_whole, money)} are spent"
    )


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


_REASONS: Final[Mapping[Rule, Words]] = {
    Rule.OBJECTION: _objection,
    Rule.INVITATION_OVER: _plain("the matter is over"),
    Rule.INVITATION_EXPIRED: lambda facts, at: (
        f"too long ago to ask about since {_moment(facts.expires_at, facts.zone)}"
    ),
    Rule.NO_NUMBER: _plain("there is no number"),
    Rule.NO_ADDRESS: _plain("there is no address"),
    Rule.NUMBER_NOT_VALID: _plain("the number is not one that exists"),
    Rule.NO_ATTEMPTS_LEFT: _no_attempts,
    Rule.NOT_CLASSIFIED: _plain("nobody has signed that this campaign is not marketing"),
    Rule.NO_CONSENT: _no_consent,
    Rule.MACHINE_MAY_NOT_CALL: _machine,
    Rule.CAMPAIGN_NOT_RUNNING: lambda facts, at: f"the campaign is {facts.campaign_state.value}",
    Rule.NOT_ON_ALLOW_LIST: _plain("this installation contacts listed numbers only"),
    Rule.NOT_YET_DUE: _not_due,
    Rule.OUTSIDE_CALLING_HOURS: _outside,
    Rule.ON_THE_LINE: _plain("the person was on the line for another matter"),
    Rule.PUBLIC_HOLIDAY: _plain("a public holiday"),
    Rule.RESTRICTED: _plain("the person's data are frozen until somebody lifts that"),
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
    Rule.NOT_SIGNED_YET: lambda facts, at: (
        f"the decision that this is not marketing counts from {_day(facts.signed_on)} on"
    ),
    Rule.OTHER_METHOD_NEXT: _other_method,
    Rule.FOLLOW_UP_DECLINED: _plain("the person said no to it"),
    Rule.FOLLOW_UP_NOT_ALLOWED: _follow_up,
}


def _local(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _day(day: date | None) -> str:
    return "no day" if day is None else f"{day.day} {day:%B %Y}"


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{_day(local.date())} at {local:%H:%M}"
