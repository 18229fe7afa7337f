"""From an invitation whose next attempt is a text to an order: decided and committed first."""

import dataclasses
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from messaging import asking_text
from messaging.asking_text import NoTextError
from messaging.text_parts import parts_of
from storage import alarms
from storage.house import house
from storage.identity import new_id, new_token
from storage.permits import Permit
from storage.provider import TextOrder
from storage.tables import Campaign, Customer, Invitation, Line, SentText
from survey import (
    attempts,
    campaigns,
    customers,
    invitations,
    permission,
    permission_facts,
    spending,
    text_claims,
)
from survey.permission import Decision, Method, Refusal, Rule
from survey.permission_facts import Asking

BODY: Final = "sent_text.body"
NO_TEXT: Final = "text.not_made"
# How soon a campaign is looked at again whose text cannot be made.
_LOOK_AGAIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Order:
    """One text that is committed as ASKING; number and words live in memory alone."""

    text_id: UUID
    organisation_id: UUID
    line_id: UUID
    permit: Permit
    wanted: TextOrder


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look brought: whether anybody was due, and the order if they may be texted."""

    due: bool
    order: Order | None = None


def status_address(base_url: str, token: str) -> str:
    """Where the provider tells what became of a text; `base_url` is PUBLIC_BASE_URL."""
    return f"{base_url}/sms/status/{token}"


def order_of(text: SentText, line: Line, permit: Permit, *, to: str, body: str) -> Order:
    """What is asked of the provider for a text that is written down."""
    return Order(
        text_id=text.id,
        organisation_id=text.organisation_id,
        line_id=line.id,
        permit=permit,
        wanted=TextOrder(
            to=to,
            from_=line.number,
            body=body,
            status_url=status_address(house().settings.public_base_url, text.token),
            attempt_id=permit.attempt_id,
            purpose=permit.purpose,
        ),
    )


def claim(session: Session, *, now: datetime) -> Looked:
    """Decide about whoever waits longest for a text; commit before the provider is asked."""
    invitation = text_claims.claim_next(session, now=now)
    if invitation is None:
        return Looked(due=False)
    campaign = session.get_one(Campaign, invitation.campaign_id)
    customer = session.get_one(Customer, invitation.customer_id)
    line = session.get_one(Line, campaign.line_id)
    try:
        body = asking_text.text_for(session, campaign, customer, line)
    except NoTextError:
        invitation.due_at = now + _LOOK_AGAIN
        owner = campaign.organisation_id
        alarms.sound(session, NO_TEXT, subject=str(campaign.id), organisation_id=owner, at=now)
        return Looked(due=True)
    alarms.clear(session, NO_TEXT, subject=str(campaign.id), at=now)
    numbers_of = customers.numbers_of([customer], keyring=house().keyring)
    number = numbers_of[customer.id]
    decision = _decide(session, invitation, numbers_of, parts=parts_of(body), now=now)
    stored = permission.store(session, decision, invitation, to=number, now=now)
    if isinstance(stored, Refusal):
        _refuse(session, invitation, campaign, stored, now=now)
        return Looked(due=True)
    if number is None:  # a decision never allows that
        raise ValueError("somebody without a number may not be texted")
    return Looked(due=True, order=_order(session, invitation, stored, number, body, now=now))


def _decide(
    session: Session,
    invitation: Invitation,
    numbers_of: dict[UUID, str | None],
    *,
    parts: int,
    now: datetime,
) -> Decision:
    """The decision, with the price of so many parts against what is spent by now."""
    campaign = session.get_one(Campaign, invitation.campaign_id)
    rules = permission_facts.rules_of(campaign)
    (facts,) = permission_facts.gather_many(
        session,
        [invitation],
        now=now,
        numbers_of=numbers_of,
        asking=Asking(house().settings.allowed_numbers, Method.SMS),
    )
    if rules.ceiling is not None:
        spending.lock(session, campaign)
        money = spending.money_of(session, campaign, rules, method=Method.SMS, now=now, parts=parts)
        facts = dataclasses.replace(facts, money=money)
    return permission.decide(facts, now=now)


def _refuse(
    session: Session, invitation: Invitation, campaign: Campaign, refusal: Refusal, *, now: datetime
) -> None:
    invitations.put_off(session, invitation, refusal, now=now)
    if refusal.rule is Rule.CEILING_REACHED:
        campaigns.stop_at_ceiling(session, campaign, now=now)


def _order(
    session: Session,
    invitation: Invitation,
    permit: Permit,
    number: str,
    body: str,
    *,
    now: datetime,
) -> Order:
    campaign = session.get_one(Campaign, invitation.campaign_id)
    attempt = attempts.begin(session, invitation, permit, now=now)
    parts = parts_of(body)
    spending.reserve(session, attempt, campaign, permission_facts.rules_of(campaign), parts=parts)
    line = session.get_one(Line, attempt.line_id)
    text = SentText(
        id=new_id(),
        organisation_id=attempt.organisation_id,
        attempt_id=attempt.id,
        line_id=line.id,
        token=new_token(),
        # The one that the body was made of, in this transaction.
        survey_version_id=campaign.survey_version_id,
        parts=parts,
        asked_at=now,
    )
    text.body_sealed = house().keyring.seal_one(text.id, BODY, body)
    session.add(text)
    session.flush()
    return order_of(text, line, permit, to=number, body=body)
