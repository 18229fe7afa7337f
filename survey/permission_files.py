"""What the operator's files say about a contact: the same for a decision now and for its replay."""

import functools
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy.orm import Session

from config.campaign_checks import countries_of
from config.campaign_grounds import ground_in
from config.campaign_limits import LONGEST_CALL, Weekday, Window, micros_of
from config.campaign_rules import Campaign as CampaignRules
from config.campaign_rules import HoursOf, Purpose
from config.notations import minutes_of
from config.number_rules import Line as LineRules
from storage.tables import Campaign, Line, Organisation
from survey import calling_hours
from survey.calling_hours import CallingHours
from survey.permission_terms import (
    FollowUpFacts,
    Method,
    Money,
    PermissionFacts,
    RegisterAnswer,
)
from survey.throttling import period_of

_DAY: Final = timedelta(days=1)
_NORDIC: Final = frozenset({"SE", "NO", "DK", "FI", "IS"})


# A handful of campaigns whose rules every attempt asks for; the bound only guards against a process
# that never ends.
_MOST_READ: Final = 500
_read: dict[UUID, tuple[dict[str, Any], CampaignRules]] = {}
_read_lines: dict[UUID, tuple[dict[str, Any], LineRules]] = {}
_read_text: dict[UUID, tuple[str, CampaignRules]] = {}


def rules_of(campaign: Campaign) -> CampaignRules:
    """The campaign's rules as its organisation's file gave them."""
    known = _read.get(campaign.id)
    if known is not None and known[0] == campaign.rules:
        return known[1]
    rules = CampaignRules.model_validate(campaign.rules)
    if len(_read) >= _MOST_READ:
        _read.clear()
    # A copy, so that whoever changes the row's own document is noticed.
    _read[campaign.id] = (deepcopy(campaign.rules), rules)
    return rules


def rules_in(campaign_id: UUID, text: str) -> CampaignRules:
    """The same from the document as the database writes it, for those who do not hold the row."""
    known = _read_text.get(campaign_id)
    if known is not None and known[0] == text:
        return known[1]
    rules = CampaignRules.model_validate_json(text)
    if len(_read_text) >= _MOST_READ:
        _read_text.clear()
    _read_text[campaign_id] = (text, rules)
    return rules


def line_of(session: Session, organisation: Organisation, campaign: Campaign) -> LineRules:
    """The campaign's line as the file has it; one that is in no file any more has defaults."""
    return line_rules(organisation, session.get_one(Line, campaign.line_id))


def line_rules(organisation: Organisation, line: Line) -> LineRules:
    """A line as the organisation's file has it, likewise."""
    for one in organisation.document.get("lines", ()):
        if one["number"] == line.number:
            return _line_in(line.id, one)
    # Whatever rules numbers have today, this one was ours.
    return LineRules.model_construct(number=line.number, name=line.name, calls_to=None)


def _line_in(line_id: UUID, document: dict[str, Any]) -> LineRules:
    known = _read_lines.get(line_id)
    if known is not None and known[0] == document:
        return known[1]
    rules = LineRules.model_validate(document)
    if len(_read_lines) >= _MOST_READ:
        _read_lines.clear()
    _read_lines[line_id] = (deepcopy(document), rules)
    return rules


def file_facts(
    rules: CampaignRules,
    organisation: Organisation,
    line: LineRules,
    *,
    clocks: tuple[ZoneInfo, ...],
    customers_country: str | None,
    company: bool | None,
    first: date,
    last: date,
) -> Mapping[str, Any]:
    """The facts that the files give, by their names, for a contact between two days.

    `clocks` are the zones whose hours count, all of them; the public holidays of the organisation's
    country and of the customer's are both silent. Of a number that may be a company's or a person's
    (`company` is None) both have their hours.
    """
    first, last = first - _DAY, last + _DAY
    silent: set[date] = set()
    for country in {organisation.country, customers_country} if rules.public_holidays else ():
        for year in range(first.year, last.year + 1):
            silent |= holidays_of(country, year) if country else set()
    ground = ground_in(rules, customers_country)
    return {
        "zone": ZoneInfo(organisation.timezone),
        "kind": rules.kind,
        "legal_basis": rules.legal_basis,
        "retry": rules.retry,
        "most_calls": rules.most_calls,
        "former_for": rules.former_customers_for,
        "marketing": rules.classification.purpose is Purpose.MARKETING,
        "calls_allowed_by": ground.by if ground else None,
        "signed_by": ground.decided_by if ground else None,
        "signed_on": ground.decided_on if ground else None,
        "country_allowed": customers_country in countries_of(rules, country=organisation.country),
        "line_for_country": customers_country in line.countries,
        "hours": CallingHours(
            zone=clocks[0],
            also=clocks[1:],
            week=_week(rules, company=company),
            holidays=frozenset(day for day in silent if first <= day <= last),
            blocked=frozenset(day for day in rules.blocked_days if first <= day <= last),
        ),
    }


def _week(
    rules: CampaignRules, *, company: bool | None
) -> tuple[tuple[calling_hours.Window, ...], ...]:
    if rules.company_numbers is None or company is False:
        return week_of(rules.window)
    companies = week_of(rules.company_numbers.window)
    return companies if company else calling_hours.common_week(week_of(rules.window), companies)


def week_of(window: Window) -> tuple[tuple[calling_hours.Window, ...], ...]:
    """An operator's window as seven days of minutes."""
    return tuple(
        tuple(
            calling_hours.Window(minutes_of(opens), minutes_of(closes))
            for opens, closes in window.get(day, ())
        )
        for day in Weekday
    )


@functools.cache
def holidays_of(country: str, year: int) -> frozenset[date]:
    """The public holidays of a country in a year; none of a country that is unknown here.

    With them the eves on which people are at home with their families, whatever the law calls
    them. Sundays are not among them as such.
    """
    if country not in holidays.list_supported_countries():
        return frozenset()
    offered = holidays.country_holidays(country).supported_categories
    wanted = {"public", "de_facto"} & {*offered}
    found = frozenset(holidays.country_holidays(country, years=year, categories=wanted))
    eves = {date(year, 12, day) for day in (24, 31)} if country in _NORDIC else set()
    return found | eves


def in_sample(invitation_id: UUID, percent: int) -> bool:
    """Whether a case belongs to the share that is asked about; a larger share keeps the smaller."""
    drawn = int.from_bytes(blake2b(invitation_id.bytes, digest_size=8).digest(), "big")
    return drawn * 100 < percent << 64


def by_todays_files(
    facts: PermissionFacts,
    campaign: Campaign,
    organisation: Organisation,
    line: LineRules,
    *,
    invitation_id: UUID,
    decided_at: datetime,
) -> PermissionFacts:
    """The same person at the same moment, under the files as they are applied today.

    The number itself is not on record: where the customer's clock counts only since then, the one
    that was used stays; so does what is known of whether it is a company's.
    """
    rules = rules_of(campaign)
    own = ZoneInfo(organisation.timezone)
    now = replace(
        facts,
        **file_facts(
            rules,
            organisation,
            line,
            clocks=facts.hours.zones if rules.hours_of is HoursOf.CUSTOMER else (own,),
            customers_country=facts.country,
            company=facts.company,
            first=decided_at.date(),
            last=facts.expires_at.date(),
        ),
    )
    period = period_of(organisation)
    said = {one.key: one for one in facts.registers}
    return replace(
        now,
        sampled=in_sample(invitation_id, rules.sample_percent),
        throttle=replace(facts.throttle, period=period) if facts.throttle and period else None,
        follow_up=_follow_up(facts.follow_up, rules),
        registers=tuple(
            replace(said[one.key], blocks=one.blocks)
            if one.key in said
            else RegisterAnswer(one.key, one.blocks)
            for one in rules.registers
        ),
        money=_money(facts, rules),
    )


def _follow_up(found: FollowUpFacts | None, rules: CampaignRules) -> FollowUpFacts | None:
    if found is None:
        return None
    return replace(found, basis=None if rules.open_case is None else rules.open_case.contact_by)


def _money(facts: PermissionFacts, rules: CampaignRules) -> Money | None:
    money = facts.money
    if money is None or rules.ceiling is None:
        return None
    per_day, whole = rules.ceiling.per_day, rules.ceiling.whole
    return replace(
        money,
        # A text's stays what it was: it hangs on the parts of the words that were sent then.
        price=money.price
        if rules.price is None or facts.method is not Method.CALLS
        else rules.price.micros(LONGEST_CALL),
        per_day=None if per_day is None else micros_of(per_day),
        whole=None if whole is None else micros_of(whole),
    )
