"""Gathering what a permission decision stands on, in the transaction that will act on it."""

import functools
from collections.abc import Collection
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from config.campaign_rules import Campaign as CampaignRules
from config.campaign_rules import Weekday
from config.notations import minutes_of
from storage.states import AttemptState
from storage.tables import Attempt, Campaign, Customer, Invitation, Objection, Organisation
from survey import numbers
from survey.calling_hours import CallingHours, Window
from survey.permission import Method, PermissionFacts
from survey.retries import PastAttempt

_DAY: Final = timedelta(days=1)


def gather(
    session: Session,
    invitation: Invitation,
    *,
    number: str | None,
    allowed_numbers: Collection[str],
    method: Method = Method.CALLS,
) -> PermissionFacts:
    """The facts about calling `number` (E.164, opened by the caller) for this invitation.

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
    return PermissionFacts(
        method=method,
        objected_to=objections_of(session, customer),
        invitation_state=invitation.state,
        due_at=invitation.due_at,
        expires_at=invitation.expires_at,
        has_number=number is not None,
        number_valid=number is not None and numbers.is_valid(number),
        on_allow_list=not allowed_numbers or number in allowed_numbers,
        past=past_attempts(session, invitation),
        retry=rules.retry,
        calls_allowed_by=rules.classification.calls_allowed_by,
        # No consent is kept yet; without one a campaign that needs it does not ring.
        consent_on_file=False,
        campaign_state=campaign.state,
        hours=hours_of(
            rules,
            ZoneInfo(organisation.timezone),
            silent_days=_holidays(organisation.country, invitation)
            if rules.public_holidays
            else frozenset(),
        ),
        rings_at_any_hour=campaign.rings_at_any_hour,
        on_the_line=on_the_line(session, customer),
    )


def rules_of(campaign: Campaign) -> CampaignRules:
    """The campaign's rules as its organisation's file gave them."""
    return CampaignRules.model_validate(campaign.rules)


def hours_of(
    rules: CampaignRules, zone: ZoneInfo, *, silent_days: frozenset[date] = frozenset()
) -> CallingHours:
    """The campaign's calling hours in the organisation's zone."""
    return CallingHours(
        zone=zone,
        holidays=silent_days,
        week=tuple(
            tuple(
                Window(minutes_of(opens), minutes_of(closes))
                for opens, closes in rules.window.get(day, ())
            )
            for day in Weekday
        ),
    )


def _holidays(country: str, invitation: Invitation) -> frozenset[date]:
    """The public holidays that may matter before the invitation expires, and a week beyond."""
    first, last = invitation.created_at.date() - _DAY, invitation.expires_at.date() + 7 * _DAY
    years = range(first.year, last.year + 1)
    return frozenset(
        day for year in years for day in holidays_of(country, year) if first <= day <= last
    )


@functools.cache
def holidays_of(country: str, year: int) -> frozenset[date]:
    """The public holidays of a country in a year; Sundays are not among them as such."""
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
    """The attempts that are over, in their order."""
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
        if disposition is not None and ended_at is not None
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
