"""Gathering what a permission decision stands on, in the transaction that will act on it."""

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from config.campaign_rules import Campaign as CampaignRules
from config.campaign_rules import HoursOf
from config.number_rules import country_of
from storage.states import AttemptState
from storage.tables import Attempt, Campaign, Customer, Invitation, Organisation
from survey import numbers
from survey.permission_files import file_facts, in_sample, line_of, rules_of
from survey.permission_terms import ContactPurpose, Method, PermissionFacts
from survey.permission_wishes import (
    consents_of,
    is_company,
    is_restricted,
    objections_of,
    registers_of,
    throttle_of,
)
from survey.retries import PastAttempt

__all__ = ["gather", "objections_of", "on_the_line", "past_attempts", "rules_of"]


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
    company = is_company(session, customer, rules, now=now)
    return PermissionFacts(
        **file_facts(
            rules,
            organisation,
            line_of(session, organisation, campaign),
            clock=_clock(rules, organisation, number, now=now),
            customers_country=country,
            company=company,
            first=now.date(),
            last=invitation.expires_at.date(),
        ),
        purpose=purpose,
        method=method,
        objected_to=objections_of(session, customer),
        consents=consents_of(session, customer),
        restricted=is_restricted(session, customer),
        throttle=throttle_of(session, customer, invitation, organisation),
        sampled=in_sample(invitation.id, rules.sample_percent),
        quota_full=False,
        registers=registers_of(session, customer, rules, organisation),
        company=company,
        invitation_state=invitation.state,
        due_at=invitation.due_at,
        expires_at=invitation.expires_at,
        has_number=_reachable(customer, number, method),
        number_valid=number is not None and numbers.is_valid(number),
        country=country,
        on_allow_list=not allowed_numbers or number in allowed_numbers,
        past=past_attempts(session, invitation),
        started_by_person=started_by_person,
        campaign_state=campaign.state,
        money=None,
        rings_at_any_hour=campaign.rings_at_any_hour,
        on_the_line=on_the_line(session, customer),
    )


def _reachable(customer: Customer, number: str | None, method: Method) -> bool:
    if method is Method.EMAIL:
        return customer.email_sealed is not None
    return number is not None


def _clock(
    rules: CampaignRules, organisation: Organisation, number: str | None, *, now: datetime
) -> ZoneInfo:
    own = ZoneInfo(organisation.timezone)
    if rules.hours_of is HoursOf.ORGANISATION or number is None:
        return own
    return numbers.zone_of(number, fallback=own, at=now)


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
