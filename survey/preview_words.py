"""A preview for a reader: who, by which rule, how long, how much, and what is taken for granted."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from config.campaign_limits import MICROS
from survey.permission_terms import Rule
from survey.preview import Preview
from survey.prospects import Prospects
from survey.tally import HeldBack, Prospect, Wash

PROSPECT: Final[Mapping[Prospect, str]] = {
    Prospect.NOW: "would be called now",
    Prospect.TEXTED: "would be texted now",
    Prospect.LATER: "later, by themselves",
    Prospect.BY_AN_ACT: "wait for somebody to do something",
    Prospect.NEVER: "are not called at all",
}
RULE: Final[Mapping[Rule, str]] = {
    Rule.OBJECTION: "said no",
    Rule.RESTRICTED: "data are frozen",
    Rule.MINOR: "a minor without a guardian's leave",
    Rule.FORMER_CUSTOMER: "no customer any more, and no consent on file",
    Rule.INVITATION_OVER: "the matter is over",
    Rule.INVITATION_EXPIRED: "too long ago to ask about",
    Rule.NO_NUMBER: "no number",
    Rule.NO_ADDRESS: "no address",
    Rule.NUMBER_NOT_VALID: "the number does not exist",
    Rule.NOT_SAMPLED: "not in the share that is asked about",
    Rule.QUOTA_FULL: "enough of the segment have answered",
    Rule.BLOCKED_BY_REGISTER: "a register forbids it",
    Rule.NOT_WASHED: "not checked against a register yet",
    Rule.WASH_EXPIRED: "the check against a register counts no more",
    Rule.COUNTRY_NOT_ALLOWED: "a country the campaign does not call",
    Rule.LINE_NOT_FOR_COUNTRY: "the line's number may not be shown there",
    Rule.NO_ATTEMPTS_LEFT: "no attempt is left",
    Rule.NOT_YET_DUE: "too soon after the case or the last attempt",
    Rule.OTHER_METHOD_NEXT: "the next attempt goes by another way",
    Rule.THROTTLED: "asked too recently about another matter",
    Rule.NOT_CLASSIFIED: "nobody signed what the campaign is",
    Rule.NOT_SIGNED_YET: "the signed decision counts from a later day",
    Rule.NO_CONSENT: "no consent on file",
    Rule.MACHINE_MAY_NOT_CALL: "a person must start the call, or the customer must",
    Rule.CAMPAIGN_NOT_RUNNING: "the campaign does not run",
    Rule.NOT_ON_ALLOW_LIST: "not a number this installation may contact",
    Rule.CEILING_REACHED: "the campaign's money is spent",
    Rule.CEILING_HELD: "calls under way hold what is left of the campaign's money",
    Rule.CEILING_OF_DAY: "the day's money is spent",
    Rule.OUTSIDE_CALLING_HOURS: "outside the calling hours",
    Rule.PUBLIC_HOLIDAY: "a public holiday",
    Rule.BLOCKED_DAY: "a day that is kept free",
    Rule.ON_THE_LINE: "on the line for another matter, or about to be",
}


def lines(found: Preview) -> Iterator[str]:
    """The preview as lines of text."""
    yield (
        f"campaign {found.campaign} of {found.organisation} ({found.state}), "
        f"as it stands on {moment(found.at, found.zone)} if it runs"
    )
    yield f"{found.waiting:,} open" + (
        f", the first {found.looked_at:,} looked at" if found.looked_at < found.waiting else ""
    )
    for prospect, people in counted(found):
        yield f"  {people:>10,}  {PROSPECT[prospect]}"
    if found.held_back:
        yield "not called now, by the rule that decides:"
    for one in found.held_back:
        yield f"  {one.people:>10,}  {held_back(one, found.zone)}"
    yield f"how long: {how_long(found.outlook, found.zone)}"
    yield f"how much: {how_much(found.outlook)}"
    yield f"taken for granted: {'; '.join(assumptions(found))}"


def counted(found: Preview) -> list[tuple[Prospect, int]]:
    """How many of each, in the order of a reader; nobody is texted where no text follows a call."""
    return [(one, found.counts[one]) for one in Prospect if one in found.counts]


def held_back(one: HeldBack, zone: ZoneInfo) -> str:
    """One rule in words, with the earliest moment at which it is looked at again."""
    again = "" if one.earliest is None else f"; looked at again from {moment(one.earliest, zone)}"
    washes = "".join(f"; {key}{_wash(wash, zone)}" for key, wash in sorted(one.washes.items()))
    return f"{RULE[one.rule]} ({one.rule.value}){washes}{again}"


def _washes(one: HeldBack) -> dict[str, dict[str, str | None]]:
    return {
        key: {"asked": _iso(wash.asked), "ends": _iso(wash.ends)}
        for key, wash in sorted(one.washes.items())
    }


def _wash(one: Wash, zone: ZoneInfo) -> str:
    asked = "" if one.asked is None else f" last asked on {one.asked.astimezone(zone).date()}"
    ends = "" if one.ends is None else f", the first answer counts until {moment(one.ends, zone)}"
    return f"{asked}{ends}"


def how_long(outlook: Prospects, zone: ZoneInfo) -> str:
    """The range in which the last of them will have been called."""
    if not outlook.people:
        return "nobody is called as things stand"
    earliest, latest = outlook.span.done_earliest, outlook.span.done_latest
    if earliest is None:
        return "more than a year"
    until = "more than a year from now" if latest is None else moment(latest, zone)
    return f"all are called between {moment(earliest, zone)} and {until}"


def how_much(outlook: Prospects) -> str:
    """The range of what it costs."""
    cost = outlook.cost
    if not outlook.people:
        return "nothing"
    if cost is None:
        return "the file names no price"
    return (
        f"about {amount(cost.expected, cost.currency)} if everybody answers the first call, "
        f"at most {amount(cost.at_most, cost.currency)}"
    )


def assumptions(found: Preview) -> Iterator[str]:
    """What the range of time and money takes for granted."""
    outlook = found.outlook
    talk = _length(outlook.assumed.talk)
    yield f"a talk of {talk}" + (
        ", the mean of this campaign's own" if outlook.measured else ", for want of enough talks"
    )
    yield f"{_length(outlook.assumed.until_answered)} of ringing before an answer, " + (
        f"{_length(outlook.assumed.in_vain)} in vain"
    )
    yield (
        f"{outlook.pace.calls_per_second:g} new calls a second and "
        f"{outlook.pace.simultaneous_calls} at a time, the line for this campaign alone"
    )
    yield f"the hours on the clock of {found.zone.key}, nobody added, nothing done by anybody"
    yield "each person at best once, at worst as often as the retry rules allow"
    if outlook.calls_a_day is not None:
        yield f"money for {outlook.calls_a_day:,} calls a day"


def document(found: Preview) -> dict[str, Any]:
    """The preview for other programs; moments in UTC."""
    outlook = found.outlook
    cost = outlook.cost
    return {
        "organisation": found.organisation,
        "campaign": found.campaign,
        "state": found.state.value,
        "at": found.at.isoformat(),
        "open": found.waiting,
        "looked_at": found.looked_at,
        **{prospect.value: found.counts.get(prospect, 0) for prospect in Prospect},
        "rules": [
            {
                "rule": one.rule.value,
                "in_words": RULE[one.rule],
                "people": one.people,
                "earliest": _iso(one.earliest),
                **({"registers": _washes(one)} if one.washes else {}),
            }
            for one in found.held_back
        ],
        "to_call": outlook.people,
        "calls_least": outlook.span.calls_least,
        "calls_most": outlook.span.calls_most,
        "done_earliest": _iso(outlook.span.done_earliest),
        "done_latest": _iso(outlook.span.done_latest),
        "currency": None if cost is None else cost.currency,
        "cost_expected": None if cost is None else cost.expected / MICROS,
        "cost_at_most": None if cost is None else cost.at_most / MICROS,
        "assumptions": list(assumptions(found)),
    }


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment on the organisation's clock."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%B %Y at %H:%M}"


def amount(micros: int, currency: str) -> str:
    """An amount of money."""
    return f"{micros / MICROS:,.2f} {currency}"


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _length(span: timedelta) -> str:
    minutes, seconds = divmod(round(span.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes and seconds else (
        f"{minutes} min" if minutes else f"{seconds} s"
    )  # fmt: skip
