"""From due invitations to orders for calls: decided and committed before anybody is asked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.campaign_limits import LONGEST_CALL
from config.campaign_rules import MachineDetection
from ivr import scripts
from ivr.addresses import CallAddresses
from ivr.flow_path import language_for
from storage.house import house
from storage.identity import new_id, new_token
from storage.keyring import KeyDestroyedError
from storage.permits import Permit
from storage.provider import CallOrder
from storage.states import AttemptState
from storage.tables import Attempt, Call, Campaign, Customer, Invitation, Line
from survey import invitations, permission, permission_facts


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt that is committed as PLACING; the number lives in memory alone."""

    attempt_id: UUID
    call_id: UUID
    permit: Permit
    line_id: UUID
    calls_per_second: float
    wanted: CallOrder


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one look at the due invitations brought."""

    orders: tuple[Order, ...]
    refused: int


def claim(session: Session, *, now: datetime, limit: int) -> Claimed:
    """Orders for up to `limit` due invitations; those that may not be rung are put off."""
    orders, refused = [], 0
    for invitation in invitations.claim_due(session, now=now, limit=limit):
        number = number_of(session.get_one(Customer, invitation.customer_id))
        facts = permission_facts.gather(
            session,
            invitation,
            now=now,
            number=number,
            allowed_numbers=house().settings.allowed_numbers,
        )
        decided = permission.store(session, permission.decide(facts, now=now), invitation, now=now)
        if isinstance(decided, Permit) and number is not None:
            orders.append(_order(session, invitation, decided, number, now=now))
        elif not isinstance(decided, Permit):
            invitations.put_off(session, invitation, decided, now=now)
            refused += 1
    return Claimed(tuple(orders), refused)


def number_of(customer: Customer) -> str | None:
    """The customer's number in E.164; None when there is none, or no longer."""
    try:
        return house().keyring.open(customer.id, "customer.phone", customer.phone_sealed)
    except KeyDestroyedError:
        return None


def still_wanted(session: Session, order: Order) -> bool:
    """Whether the call may still be placed: an objection may have come since it was decided."""
    attempt = session.get(Attempt, order.attempt_id)
    if attempt is None or attempt.state is not AttemptState.PLACING:
        return False
    invitation = session.get_one(Invitation, attempt.invitation_id)
    return invitation.state in invitations.OPEN


def _order(
    session: Session, invitation: Invitation, permit: Permit, number: str, *, now: datetime
) -> Order:
    attempt = invitations.begin_attempt(session, invitation, permit, now=now)
    campaign = session.get_one(Campaign, invitation.campaign_id)
    line = session.get_one(Line, attempt.line_id)
    call = Call(
        id=new_id(),
        organisation_id=invitation.organisation_id,
        attempt_id=attempt.id,
        line_id=line.id,
        token=new_token(),
        started_at=now,
    )
    session.add(call)
    session.flush()
    settings, rules = house().settings, permission_facts.rules_of(campaign)
    urls = CallAddresses(settings.public_base_url, call.token)
    detection = rules.answering_machine_detection
    return Order(
        attempt_id=attempt.id,
        call_id=call.id,
        permit=permit,
        line_id=line.id,
        calls_per_second=line.calls_per_second,
        wanted=CallOrder(
            to=number,
            from_=line.number,
            answer_url=urls.answer,
            status_url=urls.status,
            fallback_url=_fallback(session, invitation, campaign),
            detected_url=urls.detected if detection is MachineDetection.ASYNC else None,
            waits_for_guess=detection is MachineDetection.SYNC,
            ring_seconds=rules.ring_seconds,
            limit_seconds=round(LONGEST_CALL.total_seconds()),
        ),
    )


def _fallback(session: Session, invitation: Invitation, campaign: Campaign) -> str | None:
    base = house().settings.fallback_base_url
    if base is None:
        return None
    version_id = invitation.survey_version_id or campaign.survey_version_id
    script = scripts.of_version(session, version_id)
    locale = session.get_one(Customer, invitation.customer_id).locale
    return f"{base}/{language_for(script, locale) or script.languages[0]}.xml"
