"""Money: what a campaign spent, by the day of its organisation, and what one more contact may cost.

An attempt counts with the highest price it can have from the moment it begins, and with the real
one when that is known. So however many diallers begin attempts, the sum never passes a ceiling
that each of them asked about under the campaign's lock.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from config.campaign_limits import LONGEST_CALL, micros_of
from config.campaign_rules import Campaign as CampaignRules
from storage.identity import new_id
from storage.prepared import Prepared, connection_of
from storage.states import AttemptMethod
from storage.tables import Attempt, Campaign, Invitation, Organisation, Spending
from survey import money_held
from survey.money_held import Hold
from survey.permission_files import rules_of
from survey.permission_terms import Method, Money

_METHOD: Final[Mapping[Method, AttemptMethod]] = {
    Method.CALLS: AttemptMethod.CALL,
    Method.SMS: AttemptMethod.SMS,
    Method.EMAIL: AttemptMethod.EMAIL,
}


# Made once: every attempt asks.
_LOCK: Final = Prepared(
    select(Campaign.id).where(Campaign.id == bindparam("campaign")).with_for_update(key_share=True)
)
_SPENT: Final = Prepared(
    select(Spending.day, func.sum(Spending.micros))
    .where(
        Spending.organisation_id == bindparam("owner"),
        Spending.campaign_id == bindparam("campaign"),
    )
    .group_by(Spending.day)
)
_ZONE: Final = select(Organisation.timezone).where(Organisation.id == bindparam("owner"))
_CAMPAIGN_OF: Final = (
    select(Campaign)
    .join(Invitation, Invitation.campaign_id == Campaign.id)
    .where(Invitation.id == bindparam("item"))
)


def highest_price(rules: CampaignRules, method: AttemptMethod, *, parts: int = 1) -> int:
    """What a contact can cost at most, in millionths; 0 when the file gives no price.

    `parts` is in how many pieces a text message travels.
    """
    if rules.price is None or method is AttemptMethod.EMAIL:
        return 0
    if method is AttemptMethod.SMS:
        return micros_of(rules.price.per_sms * parts)
    return rules.price.micros(LONGEST_CALL)


def money_of(
    session: Session,
    campaign: Campaign,
    rules: CampaignRules,
    *,
    method: Method,
    now: datetime,
    parts: int = 1,
) -> Money | None:
    """What is spent and what one more contact may cost; None for a campaign without a ceiling."""
    if rules.price is None or rules.ceiling is None:
        return None
    per_day, whole = rules.ceiling.per_day, rules.ceiling.whole
    zone = _zone(session, campaign)
    today = now.astimezone(zone).date()
    spent = _spent(session, campaign)
    money = Money(
        currency=rules.price.currency,
        price=highest_price(rules, _METHOD[method], parts=parts),
        day=today,
        spent_today=spent.get(today, 0),
        spent_whole=sum(spent.values()),
        per_day=None if per_day is None else micros_of(per_day),
        whole=None if whole is None else micros_of(whole),
    )
    if money_held.reaches(money):
        return money
    holds = money_held.holds_of(session, campaign, rules, zone=zone)
    return money_held.with_holds(money, holds, now=now)


def lock(session: Session, campaign: Campaign) -> None:
    """Have nobody else begin an attempt of that campaign until this transaction ends."""
    _LOCK.rows(session, {"campaign": campaign.id})


def reserve(
    session: Session,
    attempt: Attempt,
    campaign: Campaign,
    rules: CampaignRules,
    *,
    parts: int = 1,
) -> None:
    """Count an attempt that begins with the highest price it can have."""
    pay(session, attempt, highest_price(rules, attempt.method, parts=parts), campaign=campaign)


@dataclass(slots=True)
class Purse:
    """A campaign's money while calls are begun together: nobody else spends of it meanwhile."""

    campaign: Campaign
    zone: ZoneInfo
    # What one call can cost at most.
    price: int
    # None for a campaign without a ceiling.
    money: Money | None
    # How many calls begin now, and what they take of it.
    begun: int = 0
    reserved: int = 0

    def reserve(self, session: Session, *, at: datetime) -> None:
        """One more call begins."""
        self.reserved += self.price
        self.begun += 1
        if self.money is None:
            return
        self.money = replace(
            self.money,
            spent_today=self.money.spent_today + self.price,
            spent_whole=self.money.spent_whole + self.price,
        )
        if not money_held.reaches(self.money):
            # What calls under way hold matters only now, and there may be hundreds of them.
            self.money = money_held.with_holds(self.money, self._holds(session, at=at), now=at)

    def _holds(self, session: Session, *, at: datetime) -> list[Hold]:
        """What calls under way hold, those that begin now among them."""
        rules = rules_of(self.campaign)
        mine = money_held.hold_of(rules, self.price, at=at, zone=self.zone)
        under_way = money_held.holds_of(session, self.campaign, rules, zone=self.zone)
        return [*under_way, *([mine] * self.begun)]

    def write(self, session: Session, *, at: datetime) -> None:
        """Count what was reserved; the attempts that begin then bear their own part already."""
        if self.reserved:
            _add(session, self.campaign, self.reserved, day=_day(session, self.campaign, at))
        self.reserved = 0


def open_purse(session: Session, campaign: Campaign, *, now: datetime) -> Purse:
    """The campaign's money, and nobody else begins an attempt until this transaction ends."""
    rules = rules_of(campaign)
    money = None
    if rules.ceiling is not None:
        lock(session, campaign)
        money = money_of(session, campaign, rules, method=Method.CALLS, now=now)
    zone = _zone(session, campaign)
    return Purse(campaign, zone, highest_price(rules, AttemptMethod.CALL), money)


def settle(session: Session, attempt: Attempt, *, talk: timedelta) -> None:
    """Count an attempt that is over with what so long a talk costs by the operator's file."""
    if attempt.cost_micros == 0:
        return  # nothing was reserved, so nothing is counted
    campaign = _campaign_of(session, attempt)
    rules = rules_of(campaign)
    if rules.price is not None:
        pay(session, attempt, rules.price.micros(talk), campaign=campaign)


def told(session: Session, attempt: Attempt, *, micros: int, currency: str) -> None:
    """Count an attempt with the price that the provider itself names, if it is in our currency."""
    campaign = _campaign_of(session, attempt)
    rules = rules_of(campaign)
    if rules.price is not None and rules.price.currency == currency:
        pay(session, attempt, micros, campaign=campaign)


def refund(session: Session, attempt: Attempt) -> None:
    """Count an attempt of which the provider knows nothing with nothing."""
    if attempt.cost_micros:
        pay(session, attempt, 0, campaign=_campaign_of(session, attempt))


def pay(session: Session, attempt: Attempt, micros: int, *, campaign: Campaign) -> None:
    """Have the attempt count with that much instead of what it counted with, on its own day."""
    more = micros - attempt.cost_micros
    if more == 0:
        return
    attempt.cost_micros = micros
    session.flush()
    _add(session, campaign, more, day=_day(session, campaign, attempt.placing_at))


def count(
    session: Session, organisation_id: UUID, campaign_id: UUID, more: int, *, day: date
) -> None:
    """Have so much more, or less, count on that day of that campaign."""
    dialect = connection_of(session).dialect.name
    row = {
        "id": new_id(),
        "organisation_id": organisation_id,
        "campaign_id": campaign_id,
        "day": day,
        "micros": more,
    }
    _counting(dialect).write(session, row)


@functools.cache
def _counting(dialect: str) -> Prepared:
    """Every attempt comes here twice, and nobody holds these rows as objects."""
    insert = sqlite.insert(Spending) if dialect == "sqlite" else postgresql.insert(Spending)
    adding = insert.on_conflict_do_update(
        index_elements=("campaign_id", "day"),
        set_={"micros": Spending.micros + insert.excluded.micros},
    )
    return Prepared(adding, sets=("id", "organisation_id", "campaign_id", "day", "micros"))


def count_beside(session: Session, campaign: Campaign, more: int, *, at: datetime) -> None:
    """Count what no attempt bears, such as a probe of the line, on the day of that moment."""
    if more:
        _add(session, campaign, more, day=_day(session, campaign, at))


def _add(session: Session, campaign: Campaign, more: int, *, day: date) -> None:
    count(session, campaign.organisation_id, campaign.id, more, day=day)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a campaign spent, in millionths; calls under way count with their highest price."""

    today: int
    whole: int


def of_campaign(session: Session, campaign: Campaign, *, now: datetime) -> Spent:
    """What the campaign spent on this day of its organisation, and in all."""
    spent = _spent(session, campaign)
    return Spent(spent.get(_day(session, campaign, now), 0), sum(spent.values()))


def _spent(session: Session, campaign: Campaign) -> dict[date, int]:
    names = {"owner": campaign.organisation_id, "campaign": campaign.id}
    return {day: int(micros) for day, micros in _SPENT.rows(session, names)}


def _day(session: Session, campaign: Campaign, at: datetime) -> date:
    return at.astimezone(_zone(session, campaign)).date()


def _zone(session: Session, campaign: Campaign) -> ZoneInfo:
    owner = campaign.organisation_id
    known = session.identity_map.get(identity_key(Organisation, owner))
    # Its file, which is long, is not read for the zone alone.
    zone = known.timezone if known is not None else session.scalars(_ZONE, {"owner": owner}).one()
    return ZoneInfo(zone)


def _campaign_of(session: Session, attempt: Attempt) -> Campaign:
    return session.scalars(_CAMPAIGN_OF, {"item": attempt.invitation_id}).one()
