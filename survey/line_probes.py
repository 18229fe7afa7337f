"""Probe calls of lines: decided by rules of their own, and counted in the money.

Whoever starts one has their own telephone rung, to see whether calls of a line get through and
which number is shown. It asks nobody anything, and is no attempt: no funnel counts it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.campaign_limits import micros_of
from config.number_rules import country_of
from storage import permits
from storage.faults import GiveUp
from storage.house import house
from storage.identity import new_token
from storage.keyring import Keyring
from storage.permits import AskedFor
from storage.restrictions import frozen_callers
from storage.states import CallState
from storage.tables import Campaign, Customer, Line, LineProbe, Organisation, Restriction, User
from survey import line_holds, numbers, objections, probe_ends, spending
from survey.permission_files import line_rules, rules_of
from survey.permission_terms import Method
from survey.trying_out import rings_nobody

# So long a probe lasts at the provider at most, and so long it may ring.
LONGEST: Final = timedelta(minutes=3)


class ProbeRule(StrEnum):
    """What decided about a probe; the value is stored with it."""

    ALLOWED = "allowed"
    NUMBER_NOT_VALID = "number_not_valid"
    NOT_ON_ALLOW_LIST = "not_on_allow_list"
    LINE_NOT_FOR_COUNTRY = "line_not_for_country"
    # Customers are rung by the rules about asking, never around them.
    IS_CUSTOMER = "is_customer"
    OBJECTION = "objection"
    RESTRICTED = "restricted"
    LINE_HELD = "line_held"
    CEILING = "ceiling"


@dataclass(frozen=True, slots=True)
class ProbeFacts:
    """What the decision stands on; nothing in it names the person or the number."""

    number_valid: bool
    on_allow_list: bool
    country: str | None
    line_for_country: bool
    is_customer: bool
    objected: bool
    restricted: bool
    line_held: bool
    price: int
    # How much the campaign may still spend, the less of the day's and the whole; None: no ceiling.
    left: int | None


def decide(facts: ProbeFacts) -> ProbeRule:
    """Permission, or the first rule that forbids."""
    noes = {
        ProbeRule.NUMBER_NOT_VALID: not facts.number_valid,
        ProbeRule.NOT_ON_ALLOW_LIST: not facts.on_allow_list,
        ProbeRule.LINE_NOT_FOR_COUNTRY: not facts.line_for_country,
        ProbeRule.IS_CUSTOMER: facts.is_customer,
        ProbeRule.OBJECTION: facts.objected,
        ProbeRule.RESTRICTED: facts.restricted,
        ProbeRule.LINE_HELD: facts.line_held,
        ProbeRule.CEILING: facts.left is not None and facts.price > facts.left,
    }
    return next((rule for rule, says_no in noes.items() if says_no), ProbeRule.ALLOWED)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which line is to ring which number, for whom, and whose money pays."""

    organisation: Organisation
    line: Line
    campaign: Campaign | None
    user: User
    to: str


def find_line(session: Session, owner: Organisation, named: str) -> Line:
    """The organisation's line of that number or name; GiveUp names those there are."""
    lines = lines_of(session, owner)
    found = [one for one in lines if named in (one.number, one.name)]
    if len(found) == 1:
        return found[0]
    there = ", ".join(f"{one.number} ({one.name})" for one in lines) or "none"
    why = "several lines are" if found else "there is no line"
    raise GiveUp(f"{why} called {named[:60]!r} in {owner.key}; there are: {there}")


def lines_of(session: Session, owner: Organisation) -> Sequence[Line]:
    """The organisation's lines by their numbers."""
    wanted = select(Line).where(Line.organisation_id == owner.id).order_by(Line.number)
    return session.scalars(wanted).all()


def payer(session: Session, owner: Organisation, line: Line, key: str | None) -> Campaign | None:
    """The campaign of the line whose money pays; GiveUp when that must be said and is not."""
    there = campaigns_of(session, owner, line)
    if key is None and len(there) > 1:
        keys = ", ".join(one.key for one in there)
        raise GiveUp(f"{line.number} has several campaigns ({keys}); say with --campaign who pays")
    if key is None:
        return there[0] if there else None
    found = next((one for one in there if one.key == key), None)
    if found is None:
        keys = ", ".join(one.key for one in there) or "none"
        raise GiveUp(f"{line.number} has no campaign called {key[:60]!r}; there are: {keys}")
    return found


def not_probed(session: Session, campaign: Campaign) -> str | None:
    """What to say of a campaign whose line was never probed; None where it was, or where the
    provider rings nobody's telephone."""
    probed = select(LineProbe.id).where(
        LineProbe.organisation_id == campaign.organisation_id,
        LineProbe.line_id == campaign.line_id,
        LineProbe.allowed,
    )
    if rings_nobody(house().settings) or session.scalars(probed.limit(1)).first() is not None:
        return None
    line, owner = (
        session.get_one(Line, campaign.line_id),
        session.get_one(Organisation, campaign.organisation_id),
    )
    return (
        f"the line {line.number} was never probed: networks stop or replace numbers that they do "
        f"not trust; 'flask lines probe {line.number} --organisation {owner.key}' rings your own "
        "telephone from it"
    )


def campaigns_of(session: Session, owner: Organisation, line: Line) -> Sequence[Campaign]:
    """The campaigns that ring from a line."""
    wanted = select(Campaign).where(
        Campaign.organisation_id == owner.id, Campaign.line_id == line.id
    )
    return session.scalars(wanted.order_by(Campaign.key)).all()


def begin(
    session: Session,
    wish: Wish,
    *,
    keyring: Keyring,
    allowed_numbers: Sequence[str],
    now: datetime,
) -> tuple[LineProbe, AskedFor | None]:
    """Store the decision, and the paper to ring with if it allows; the money is reserved."""
    facts = _facts(session, wish, keyring=keyring, allowed_numbers=allowed_numbers, now=now)
    rule = decide(facts)
    allowed = rule is ProbeRule.ALLOWED
    probe = LineProbe(
        organisation_id=wish.organisation.id,
        line_id=wish.line.id,
        campaign_id=None if wish.campaign is None else wish.campaign.id,
        started_by=wish.user.id,
        allowed=allowed,
        rule=rule.value,
        facts=asdict(facts),
        token=new_token(),
        state=CallState.NEW if allowed else CallState.CANCELED,
        ended_at=None if allowed else now,
        asked_at=now,
    )
    paper = permits.store_probe(session, probe, to=wish.to)
    if allowed:
        probe_ends.count(session, probe, facts.price)
    return probe, paper


def _facts(
    session: Session,
    wish: Wish,
    *,
    keyring: Keyring,
    allowed_numbers: Sequence[str],
    now: datetime,
) -> ProbeFacts:
    owner, country = wish.organisation, country_of(wish.to)
    known = keyring.lookup_hash(owner.id, "phone", wish.to)
    customer = select(Customer.id).where(
        Customer.organisation_id == owner.id, Customer.phone_hash == known
    )
    frozen = frozen_callers().where(
        Restriction.organisation_id == owner.id, Restriction.subject_hash == known
    )
    held = select(Line.id).where(Line.id == wish.line.id, line_holds.is_held(session))
    noes = objections.in_force(session, owner.id, [known]).get(known, frozenset())
    price, left = _money(session, wish.campaign, now=now)
    return ProbeFacts(
        number_valid=numbers.is_valid(wish.to),
        on_allow_list=not allowed_numbers or wish.to in allowed_numbers,
        country=country,
        line_for_country=country in line_rules(owner, wish.line).countries,
        is_customer=session.scalars(customer).first() is not None,
        objected=bool(noes & {Method.CALLS, Method.ALL}),
        restricted=session.scalars(frozen).first() is not None,
        line_held=session.scalars(held).first() is not None,
        price=price,
        left=left,
    )


def _money(session: Session, campaign: Campaign | None, *, now: datetime) -> tuple[int, int | None]:
    if campaign is None:
        return 0, None
    spending.lock(session, campaign)
    rules = rules_of(campaign)
    price = 0 if rules.price is None else rules.price.micros(LONGEST)
    if rules.ceiling is None:
        return price, None
    spent = spending.of_campaign(session, campaign, now=now)
    ceiling = rules.ceiling
    rest = [
        micros_of(most) - gone
        for most, gone in ((ceiling.per_day, spent.today), (ceiling.whole, spent.whole))
        if most is not None
    ]
    return price, min(rest, default=None)
