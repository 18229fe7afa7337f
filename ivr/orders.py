"""From due invitations to orders for calls: decided and committed before anybody is asked."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from config.campaign_limits import LONGEST_CALL
from config.campaign_rules import MachineDetection
from ivr import scripts
from ivr.addresses import CallAddresses
from ivr.flow_path import language_for
from ivr.pacing import LineLimit
from storage.house import house
from storage.identity import new_id, new_token
from storage.insertion import insert_all
from storage.keyring import KeyDestroyedError
from storage.permits import Permit
from storage.provider import CallOrder
from storage.states import CampaignState
from storage.tables import Call, Campaign, Customer, Invitation
from survey import (
    attempts,
    campaigns,
    claims,
    customers,
    invitations,
    permission,
    permission_facts,
    spending,
)
from survey.attempts import Beginning
from survey.calling_hours import CallingHours
from survey.claims import Carrying
from survey.permission import Decision, Refusal, Rule
from survey.permission_facts import Asking
from survey.permission_grounds import stands_on_consent
from survey.subjects import hashes_of_customer


@dataclass(frozen=True, slots=True)
class Order:
    """One attempt that is committed as PLACING; the number lives in memory alone."""

    attempt_id: UUID
    call_id: UUID
    organisation_id: UUID
    permit: Permit
    # What the decision stands on, and whose number it was made about, for the last look.
    needs_consent: bool
    phone_hash: bytes | None = field(repr=False)
    line: LineLimit
    # None when the campaign rings at any hour.
    hours: CallingHours | None
    token: str = field(repr=False)
    wanted: CallOrder


@dataclass(frozen=True, slots=True)
class Claimed:
    """What one look at the due invitations brought."""

    orders: tuple[Order, ...]
    refused: int
    # Whether more may be due than was looked at.
    more: bool = False


@dataclass(frozen=True, slots=True)
class _Allowed:
    invitation: Invitation
    customer: Customer
    campaign: Campaign
    number: str
    decision: Decision


_Refused = tuple[Decision, Invitation]


def claim(
    session: Session,
    *,
    now: datetime,
    limit: int,
    at_most: Callable[[Carrying], int] | None = None,
) -> Claimed:
    """Orders for up to `limit` due invitations; those that may not be rung are put off.

    However many they are, each kind of row is read and written by one statement for all of them.
    """
    claimed = claims.claim_due(session, now=now, limit=limit, at_most=at_most)
    if not claimed.invitations:
        return Claimed((), 0, more=claimed.more)
    people = customers.of_invitations(session, claimed.invitations)
    due = _one_each(claimed.invitations, people)
    numbers_of = customers.numbers_of(
        [people[one.customer_id] for one in due], keyring=house().keyring
    )
    asking = Asking(house().settings.allowed_numbers)
    files = claims.files_of(session, due)
    gathered = permission_facts.gather_many(
        session, due, now=now, numbers_of=numbers_of, asking=asking, held=people
    )
    allowed: list[_Allowed] = []
    refused: list[_Refused] = []
    for invitation, facts in zip(due, gathered, strict=True):
        if facts.campaign_state is not CampaignState.RUNNING:
            # Paused since it was claimed: undecided, it stays due for when the campaign goes on.
            continue
        number = numbers_of[invitation.customer_id]
        decision = permission.decide(facts, now=now)
        if decision.allowed and number is not None:
            campaign = files[invitation.campaign_id].campaign
            customer = people[invitation.customer_id]
            allowed.append(_Allowed(invitation, customer, campaign, number, decision))
        else:
            refused.append((decision, invitation))
    over = _refuse_all(session, refused, now=now)
    orders, too_dear = _orders(session, allowed, now=now)
    over += _refuse_all(session, too_dear, now=now)
    return Claimed(orders, over, more=claimed.more)


def _orders(
    session: Session, allowed: list[_Allowed], *, now: datetime
) -> tuple[tuple[Order, ...], list[_Refused]]:
    """An order for each that still fits on its line and below its ceiling; and the too dear.

    Those that do not fit on the line wait, undecided. Lines and campaigns are locked here and not
    before, so that diallers keep each other waiting for the moments of writing alone.
    """
    orders: list[Order] = []
    refused: list[_Refused] = []
    for line_id in sorted({one.campaign.line_id for one in allowed}):
        line, room = claims.room_on(session, line_id)
        purses: dict[UUID, spending.Purse] = {}
        fitting: list[tuple[_Allowed, Decision]] = []
        for one in [one for one in allowed if one.campaign.line_id == line_id]:
            if len(fitting) >= room:
                break
            purse = purses.get(one.campaign.id)
            if purse is None:
                purse = spending.open_purse(session, one.campaign, now=now)
                purses[one.campaign.id] = purse
            decision = _with_money(one, purse, now=now)
            if decision.allowed:
                purse.reserve(session, at=now)
                fitting.append((one, decision))
            else:
                refused.append((decision, one.invitation))
        orders += _begin(session, line, fitting, purses, now=now)
    return tuple(orders), refused


def _with_money(one: _Allowed, purse: spending.Purse, *, now: datetime) -> Decision:
    """The decision once more with what is spent by now, if the campaign has a ceiling."""
    if purse.money is None:
        return one.decision
    return permission.decide(dataclasses.replace(one.decision.facts, money=purse.money), now=now)


def _refuse_all(session: Session, refused: Sequence[_Refused], *, now: datetime) -> int:
    """Store the refusals and what follows from them; how many were refused."""
    if not refused:
        return 0
    decided = [(decision, invitation, None) for decision, invitation in refused]
    stored = permission.store_all(session, decided, now=now)
    put_off = [
        (invitation, one)
        for (_, invitation), one in zip(refused, stored, strict=True)
        if isinstance(one, Refusal)
    ]
    invitations.put_off_all(session, put_off, now=now)
    for campaign_id in sorted(
        {one.campaign_id for one, why in put_off if why.rule is Rule.CEILING_REACHED}
    ):
        campaigns.stop_at_ceiling(session, session.get_one(Campaign, campaign_id), now=now)
    return len(put_off)


def _one_each(due: Sequence[Invitation], people: Mapping[UUID, Customer]) -> list[Invitation]:
    """No two about one person, or about two who share an address.

    What is decided about the first belongs to the facts of the second, which waits its turn.
    """
    seen, chosen = set[object](), []
    for one in due:
        known_by = {one.customer_id, *hashes_of_customer(people[one.customer_id])}
        if not known_by & seen:
            chosen.append(one)
        seen |= known_by
    return chosen


def number_of(customer: Customer) -> str | None:
    """The customer's number in E.164; None when there is none, or no longer."""
    try:
        return house().keyring.open(customer.id, "customer.phone", customer.phone_sealed)
    except KeyDestroyedError:
        return None


def _begin(
    session: Session,
    line: Carrying,
    fitting: Sequence[tuple[_Allowed, Decision]],
    purses: Mapping[UUID, spending.Purse],
    *,
    now: datetime,
) -> list[Order]:
    """Write down what begins on one line: decisions, attempts, calls and their money."""
    decided = [(decision, one.invitation, one.number) for one, decision in fitting]
    stored = permission.store_all(session, decided, now=now)
    begun = [
        (one, permit)
        for (one, _), permit in zip(fitting, stored, strict=True)
        if isinstance(permit, Permit)
    ]
    attempts.begin_all(
        session,
        [
            Beginning(one.invitation, one.customer, permit, purses[one.campaign.id].price)
            for one, permit in begun
        ],
        line_id=line.id,
        now=now,
    )
    for purse in purses.values():
        purse.write(session, at=now)
    orders = [_order(session, one, permit, line=line) for one, permit in begun]
    rows = [
        {
            "id": order.call_id,
            "organisation_id": order.organisation_id,
            "attempt_id": order.attempt_id,
            "line_id": line.id,
            "token": order.token,
            "started_at": now,
        }
        for order in orders
    ]
    insert_all(session, Call, rows)
    return orders


def _order(session: Session, one: _Allowed, permit: Permit, *, line: Carrying) -> Order:
    rules = permission_facts.rules_of(one.campaign)
    urls = CallAddresses(house().settings.public_base_url, new_token())
    detection = rules.answering_machine_detection
    facts = one.decision.facts
    return Order(
        attempt_id=permit.attempt_id,
        call_id=new_id(),
        organisation_id=line.organisation_id,
        permit=permit,
        needs_consent=stands_on_consent(facts),
        phone_hash=one.customer.phone_hash,
        line=LineLimit(line.id, line.organisation_id, line.calls_per_second),
        hours=None if facts.rings_at_any_hour else facts.hours,
        token=urls.token,
        wanted=CallOrder(
            to=one.number,
            from_=line.number,
            answer_url=urls.answer,
            status_url=urls.status,
            attempt_id=permit.attempt_id,
            purpose=facts.purpose,
            fallback_url=_fallback(session, one),
            detected_url=urls.detected if detection is MachineDetection.ASYNC else None,
            waits_for_guess=detection is MachineDetection.SYNC,
            ring_seconds=rules.ring_seconds,
            limit_seconds=round(LONGEST_CALL.total_seconds()),
        ),
    )


def _fallback(session: Session, one: _Allowed) -> str | None:
    base = house().settings.fallback_base_url
    if base is None:
        return None
    version_id = one.invitation.survey_version_id or one.campaign.survey_version_id
    script = scripts.of_version(session, version_id)
    return f"{base}/{language_for(script, one.customer.locale) or script.languages[0]}.xml"
