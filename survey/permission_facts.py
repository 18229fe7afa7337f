"""Gathering what a permission decision stands on, in the transaction that will act on it."""

import functools
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from config.campaign_checks import countries_of
from config.campaign_limits import Weekday, Window
from config.campaign_rules import Campaign as CampaignRules
from config.campaign_rules import HoursOf, Purpose
from config.notations import minutes_of
from config.number_rules import Line as LineRules
from config.number_rules import country_of
from storage.states import AttemptState, Disposition
from storage.tables import Attempt, Campaign, Customer, Invitation, Line, Objection, Organisation
from survey import calling_hours, numbers
from survey.calling_hours import CallingHours
from survey.permission_terms import ContactPurpose, Method, PermissionFacts
from survey.retries import PastAttempt

_DAY: Final = timedelta(days=1)


def gather(
    session: Session,
    invitation: Invitation,
    *,
    now: datetime,
    number: str | None,
    allowed_numbers: Collection[str],
    method: Method = Method.CALLS,
    purpose: ContactPurpose = ContactPurpose.SURVEY,
    started_by_person: bool = False,
) -> PermissionFacts:
    """The facts about contacting the holder of `number` (E.164, opened by the caller).

    Locks the customer's row until the transaction ends, so that of two dialers only one finds the
    person free, and an objection is either seen here or sees the attempt. An empty list of
    allowed numbers allows every number.
    """
    customer = session.scalars(
        select(Customer)
        .where(
            Customer.organisation_id == invitation.organisation_id,
            Customer.id == invitation.customer_id,
        )
        .with_for_update(key_share=True)
    ).one()
    organisation = session.get_one(Organisation, invitation.organisation_id)
    campaign = session.get_one(Campaign, invitation.campaign_id)
    rules = rules_of(campaign)
    country = None if number is None else country_of(number)
    # A number that a register lists as a company's is called in a company's hours.
    company = False
    return PermissionFacts(
        purpose=purpose,
        method=method,
        zone=ZoneInfo(organisation.timezone),
        kind=rules.kind,
        legal_basis=rules.legal_basis,
        objected_to=objections_of(session, customer),
        consents=(),
        restricted=False,
        throttle=None,
        sampled=True,
        quota_full=False,
        registers=(),
        company=company,
        invitation_state=invitation.state,
        due_at=invitation.due_at,
        expires_at=invitation.expires_at,
        has_number=_reachable(customer, number, method),
        number_valid=number is not None and numbers.is_valid(number),
        country=country,
        country_allowed=country in countries_of(rules, country=organisation.country),
        line_for_country=country in _line_rules(session, organisation, campaign).countries,
        on_allow_list=not allowed_numbers or number in allowed_numbers,
        past=past_attempts(session, invitation),
        retry=rules.retry,
        marketing=rules.classification.purpose is Purpose.MARKETING,
        calls_allowed_by=rules.classification.calls_allowed_by,
        signed_on=rules.classification.decided_on,
        started_by_person=started_by_person,
        campaign_state=campaign.state,
        money=None,
        hours=_hours(rules, organisation, invitation, number, company=company, now=now),
        rings_at_any_hour=campaign.rings_at_any_hour,
        on_the_line=on_the_line(session, customer),
    )


def rules_of(campaign: Campaign) -> CampaignRules:
    """The campaign's rules as its organisation's file gave them."""
    return CampaignRules.model_validate(campaign.rules)


def _line_rules(session: Session, organisation: Organisation, campaign: Campaign) -> LineRules:
    """The campaign's line as the file has it; one that is in no file any more has defaults."""
    line = session.get_one(Line, campaign.line_id)
    for one in organisation.document.get("lines", ()):
        if one["number"] == line.number:
            return LineRules.model_validate(one)
    return LineRules(number=line.number, name=line.name)


def _reachable(customer: Customer, number: str | None, method: Method) -> bool:
    if method is Method.EMAIL:
        return customer.email_sealed is not None
    return number is not None


def _hours(
    rules: CampaignRules,
    organisation: Organisation,
    invitation: Invitation,
    number: str | None,
    *,
    company: bool,
    now: datetime,
) -> CallingHours:
    """When the telephone may ring, with the silent days that may matter before it is too late."""
    own = ZoneInfo(organisation.timezone)
    by_customer = rules.hours_of is HoursOf.CUSTOMER and number is not None
    zone = numbers.zone_of(number, fallback=own, at=now) if by_customer and number else own
    first, last = now.date() - _DAY, invitation.expires_at.date() + _DAY
    countries = {organisation.country, country_of(number) if number else None}
    silent = {
        day
        for country in countries
        if country is not None and rules.public_holidays
        for year in range(first.year, last.year + 1)
        for day in holidays_of(country, year)
    }
    companies = rules.company_numbers if company else None
    return CallingHours(
        zone=zone,
        week=week_of(rules.window if companies is None else companies.window),
        holidays=frozenset(day for day in silent if first <= day <= last),
        blocked=frozenset(day for day in rules.blocked_days if first <= day <= last),
    )


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

    Sundays are not among them as such.
    """
    if country not in holidays.list_supported_countries():
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year))


def objections_of(session: Session, customer: Customer) -> frozenset[Method]:
    """What the person has objected to, found by any keyed hash they are known by."""
    hashes = [one for one in (customer.phone_hash, customer.email_hash) if one is not None]
    if not hashes:
        return frozenset()
    methods = session.scalars(
        select(Objection.method).where(
            Objection.organisation_id == customer.organisation_id,
            Objection.subject_hash.in_(hashes),
            Objection.withdrawn_at.is_(None),
        )
    )
    return frozenset(Method(method) for method in methods)


def past_attempts(session: Session, invitation: Invitation) -> tuple[PastAttempt, ...]:
    """The attempts that are over, in their order; one that was given back was none."""
    rows = session.execute(
        select(Attempt.disposition, Attempt.ended_at)
        .where(
            Attempt.organisation_id == invitation.organisation_id,
            Attempt.invitation_id == invitation.id,
            Attempt.state == AttemptState.ENDED,
        )
        .order_by(Attempt.number)
    )
    return tuple(
        PastAttempt(disposition, ended_at)
        for disposition, ended_at in rows
        if disposition not in (None, Disposition.GIVEN_BACK) and ended_at is not None
    )


def on_the_line(session: Session, customer: Customer) -> bool:
    """Whether a call with this person, for whatever campaign, is not known to be over."""
    alive: ColumnElement[bool] = exists().where(
        Invitation.customer_id == customer.id,
        Attempt.invitation_id == Invitation.id,
        Attempt.organisation_id == customer.organisation_id,
        Attempt.state != AttemptState.ENDED,
    )
    return bool(session.scalar(select(alive)))
