"""Gathering what a permission decision stands on, in the transaction that will act on it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from config.campaign_rules import HoursOf
from storage.states import NOBODY_RANG, ContactPurpose
from storage.tables import Campaign, Customer, Invitation, Organisation
from survey import numbers, quotas, registers, spending, throttling
from survey.numbers import Told
from survey.permission_files import file_facts, in_sample, line_of, rules_of
from survey.permission_sources import on_record
from survey.permission_terms import Method, PermissionFacts, Throttle
from survey.retries import PastAttempt
from survey.subjects import hashes_of_customer
from survey.trying_out import disregards_hours

__all__ = ["ORDER_HOLDS", "Asking", "gather", "gather_many", "rules_of"]

ORDER_HOLDS: Final = timedelta(minutes=10)
"""So long somebody who ordered a call is taken to wait for it."""


# Made once: every decision asks.
_ITEMS: Final[BindParameter[Any]] = bindparam("items", expanding=True)
_PEOPLE: Final = (
    select(Customer)
    .where(Customer.organisation_id == bindparam("owner"), Customer.id.in_(_ITEMS))
    .order_by(Customer.id)
)
_LOCK_PEOPLE: Final = _PEOPLE.with_for_update(key_share=True)


@dataclass(frozen=True, slots=True)
class Asking:
    """How people are to be contacted, and from which numbers one may choose.

    An empty list of allowed numbers allows every number.
    """

    allowed_numbers: Collection[str]
    method: Method = Method.CALLS
    purpose: ContactPurpose = ContactPurpose.SURVEY


def gather(
    session: Session,
    invitation: Invitation,
    *,
    now: datetime,
    number: str | None,
    allowed_numbers: Collection[str],
    method: Method = Method.CALLS,
    purpose: ContactPurpose = ContactPurpose.SURVEY,
) -> PermissionFacts:
    """The facts about contacting the holder of `number` (E.164, opened by the caller)."""
    asking = Asking(allowed_numbers, method, purpose)
    numbers_of = {invitation.customer_id: number}
    return gather_many(session, [invitation], now=now, numbers_of=numbers_of, asking=asking)[0]


def gather_many(
    session: Session,
    invitations: Sequence[Invitation],
    *,
    now: datetime,
    numbers_of: Mapping[UUID, str | None],
    asking: Asking,
    lock: bool = True,
    held: Mapping[UUID, Customer] | None = None,
) -> list[PermissionFacts]:
    """The facts about each invitation, in their order; `numbers_of` has a number per customer.

    Locks the customers' rows and their addresses until the transaction ends, so that of two
    diallers only one finds a person free, or one of several who share an address, and an objection
    is either seen here or sees the attempt. Whoever only looks sets `lock` to False; whoever has
    locked the customers before reading them gives them as `held`. Two invitations of one person do
    not see each other: begin one at a time.
    """
    by_campaign: dict[UUID, list[Invitation]] = {}
    for one in invitations:
        by_campaign.setdefault(one.campaign_id, []).append(one)
    people = held if held is not None else _people(session, invitations, lock=lock)
    if lock:
        throttling.one_at_a_time(session, [people[one.customer_id] for one in invitations])
    facts: dict[UUID, PermissionFacts] = {}
    for campaign_id, theirs in by_campaign.items():
        campaign = session.get_one(Campaign, campaign_id)
        gathering = _Gathering(session, campaign, theirs, people, asking=asking, now=now)
        for one in theirs:
            facts[one.id] = gathering.facts(one, numbers_of.get(one.customer_id))
    return [facts[one.id] for one in invitations]


def gather_unwritten(
    session: Session,
    campaign: Campaign,
    planned: Sequence[tuple[Invitation, Customer]],
    *,
    now: datetime,
    numbers_of: Mapping[UUID, str | None],
    asking: Asking,
) -> list[PermissionFacts]:
    """The facts about invitations of one campaign that are in no table yet, in their order.

    That one belongs to a segment with a full quota is for the caller to know.
    """
    people = {customer.id: customer for _, customer in planned}
    invitations = [one for one, _ in planned]
    gathering = _Gathering(session, campaign, invitations, people, asking=asking, now=now)
    return [gathering.facts(one, numbers_of.get(one.customer_id)) for one in invitations]


def _people(
    session: Session, invitations: Sequence[Invitation], *, lock: bool
) -> dict[UUID, Customer]:
    found: dict[UUID, Customer] = {}
    by_organisation: dict[UUID, set[UUID]] = {}
    for one in invitations:
        by_organisation.setdefault(one.organisation_id, set()).add(one.customer_id)
    for organisation_id, wanted in sorted(by_organisation.items()):
        names = {"owner": organisation_id, "items": sorted(wanted)}
        people = session.scalars(_LOCK_PEOPLE if lock else _PEOPLE, names)
        found |= {customer.id: customer for customer in people}
    return found


class _Gathering:
    """The facts about invitations of one campaign, from a handful of questions in all."""

    def __init__(
        self,
        session: Session,
        campaign: Campaign,
        invitations: Sequence[Invitation],
        people: Mapping[UUID, Customer],
        *,
        asking: Asking,
        now: datetime,
    ) -> None:
        self._campaign, self._people, self._asking, self._now = campaign, people, asking, now
        self._organisation = session.get_one(Organisation, campaign.organisation_id)
        self._rules = rules = rules_of(campaign)
        self._zone = ZoneInfo(self._organisation.timezone)
        self._line = line_of(session, self._organisation, campaign)
        customers = [people[one.customer_id] for one in invitations]
        owner = campaign.organisation_id
        self._record = on_record(session, owner, customers, invitations)
        companies = [] if rules.company_numbers is None else [rules.company_numbers.register_key]
        self._standing = registers.standing(
            session,
            owner,
            [one.phone_hash for one in customers if one.phone_hash is not None],
            among={*companies, *(one.key for one in rules.registers)},
        )
        self._period = throttling.heeded_period(self._organisation, campaign)
        hashes = [one for customer in customers for one in hashes_of_customer(customer)]
        self._last = throttling.last_asked(session, owner, hashes) if self._period else {}
        self._full = quotas.in_full_segment(session, campaign, rules.quotas, invitations)
        self._money = spending.money_of(session, campaign, rules, method=asking.method, now=now)
        self._of_files: dict[tuple[object, ...], Mapping[str, Any]] = {}

    def facts(self, invitation: Invitation, number: str | None) -> PermissionFacts:
        """What is known about one of them."""
        campaign, asking, record = self._campaign, self._asking, self._record
        customer = self._people[invitation.customer_id]
        told = None if number is None else numbers.told_by(number)
        country = None if told is None else told.country
        standing = self._standing.get(customer.phone_hash or b"", {})
        company = registers.is_company(standing, self._rules.company_numbers, now=self._now)
        past = tuple(record.past.get(invitation.id, ()))
        return PermissionFacts(
            **self._file_facts(self._clocks(told), country, company, invitation.expires_at.date()),
            purpose=asking.purpose,
            method=asking.method,
            objected_to=record.objected_to(customer),
            consents=record.consented_to(customer),
            restricted=customer.id in record.restricted,
            minor=bool(customer.minor),
            guardian_leave_on=customer.guardian_leave_on,
            customer_since=customer.customer_since,
            customer_until=customer.customer_until,
            throttle=self._throttle(customer, invitation),
            sampled=in_sample(invitation.id, self._rules.sample_percent),
            quota_full=invitation.id in self._full,
            registers=registers.answers(standing, self._rules.registers, zone=self._zone),
            company=company,
            invitation_state=invitation.state,
            due_at=invitation.due_at,
            expires_at=invitation.expires_at,
            has_number=_reachable(customer, number, asking.method),
            number_valid=told is not None and told.valid,
            country=country,
            on_allow_list=not asking.allowed_numbers or number in asking.allowed_numbers,
            past=past,
            started_by_person=_started(invitation, past, now=self._now),
            campaign_state=campaign.state,
            money=self._money,
            rings_at_any_hour=disregards_hours(campaign),
            on_the_line=customer.id in record.on_the_line,
        )

    def _throttle(self, customer: Customer, invitation: Invitation) -> Throttle | None:
        if customer.id in self._record.on_the_line:
            # Whether that call asks the person at all shows when it is over.
            return None
        tokens = (self._last.get(one) for one in hashes_of_customer(customer))
        asked = [one.asked_at for one in tokens if one and one.invitation_id != invitation.id]
        return Throttle(max(asked), self._period) if asked and self._period else None

    def _clocks(self, told: Told | None) -> tuple[ZoneInfo, ...]:
        if self._rules.hours_of is HoursOf.ORGANISATION or told is None:
            return (self._zone,)
        return told.zones(fallback=self._zone, at=self._now)

    def _file_facts(
        self,
        clocks: tuple[ZoneInfo, ...],
        country: str | None,
        company: bool | None,
        last: date,
    ) -> Mapping[str, Any]:
        """Most people of a campaign share these."""
        key = (clocks, country, company, last)
        if key not in self._of_files:
            self._of_files[key] = file_facts(
                self._rules,
                self._organisation,
                self._line,
                clocks=clocks,
                customers_country=country,
                company=company,
                first=self._now.date(),
                last=last,
            )
        return self._of_files[key]


def _started(invitation: Invitation, past: Sequence[PastAttempt], *, now: datetime) -> bool:
    """Whether a person ordered the call that comes next, and is still there to take it over.

    An order is for one ringing alone, and for a few minutes.
    """
    at = invitation.started_at
    if at is None or now - at >= ORDER_HOLDS:
        return False
    return not any(one.ended_at > at for one in past if one.disposition not in NOBODY_RANG)


def _reachable(customer: Customer, number: str | None, method: Method) -> bool:
    if method is Method.EMAIL:
        return customer.email_sealed is not None
    return number is not None
