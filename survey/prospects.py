"""How long it takes to ask so many people and what it costs, by the campaign's rules and past."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.campaign_rules import Campaign as CampaignRules
from storage.states import AttemptMethod
from storage.tables import Attempt, Call, Campaign, Invitation, Line, Organisation
from survey import outlook, spending
from survey.calling_hours import CallingHours
from survey.outlook import Assumed, LinePace, Span
from survey.permission_files import file_facts, line_of, rules_of
from survey.permission_terms import Method
from survey.trying_out import disregards_hours

# Where a campaign has talked with too few people to say how long its own talks are.
USUAL_TALK: Final = timedelta(minutes=2)
UNTIL_ANSWERED: Final = timedelta(seconds=10)
_ENOUGH: Final = 20
_SAMPLE: Final = 200
_A_YEAR: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Cost:
    """In millionths of the currency: if everybody answers the first call, and at the very most."""

    currency: str
    expected: int
    at_most: int


@dataclass(frozen=True, slots=True)
class Prospects:
    """The range in which `people` will have been called; `cost` is None where nothing is priced.

    `measured` says whether the length of a talk is that of the campaign's own last talks.
    """

    people: int
    span: Span
    cost: Cost | None
    assumed: Assumed
    measured: bool
    pace: LinePace
    calls_a_day: int | None


def of(
    session: Session, campaign: Campaign, people: int, *, not_before: datetime | None, at: datetime
) -> Prospects:
    """What lies ahead if nobody is added; the last of the people may be asked at `not_before`."""
    rules = rules_of(campaign)
    talk = _talk(session, campaign)
    assumed = Assumed(UNTIL_ANSWERED, timedelta(seconds=rules.ring_seconds), talk or USUAL_TALK)
    line = session.get_one(Line, campaign.line_id)
    pace = LinePace(line.calls_per_second, line.simultaneous_calls)
    calls_a_day = _calls_a_day(rules, assumed.talk)
    found = outlook.span(
        people,
        hours=_hours(session, campaign, rules, at=at),
        at_any_hour=disregards_hours(campaign),
        pace=pace,
        assumed=assumed,
        retry=rules.retry,
        most_calls=rules.most_calls,
        now=at,
        calls_a_day=calls_a_day,
    )
    found = _not_before(found, not_before)
    cost = _cost(session, campaign, rules, found, assumed.talk, at=at)
    return Prospects(people, found, cost, assumed, talk is not None, pace, calls_a_day)


def _talk(session: Session, campaign: Campaign) -> timedelta | None:
    """The mean of some of the campaign's talks; None when there are too few."""
    some = (
        select(Call.seconds)
        .join(Attempt, Attempt.id == Call.attempt_id)
        .join(Invitation, Invitation.id == Attempt.invitation_id)
        .where(
            Call.organisation_id == campaign.organisation_id,
            Invitation.campaign_id == campaign.id,
            Call.answered_at.is_not(None),
            Call.seconds > 0,
        )
        .limit(_SAMPLE)
        .subquery()
    )
    count, mean = session.execute(select(func.count(), func.avg(some.c.seconds))).one()
    return timedelta(seconds=round(float(mean))) if count >= _ENOUGH else None


def _hours(
    session: Session, campaign: Campaign, rules: CampaignRules, *, at: datetime
) -> CallingHours:
    """The calling hours of a year on the organisation's clock, as decisions have them."""
    organisation = session.get_one(Organisation, campaign.organisation_id)
    facts = file_facts(
        rules,
        organisation,
        line_of(session, organisation, campaign),
        clocks=(ZoneInfo(organisation.timezone),),
        customers_country=organisation.country,
        company=False,
        first=at.date(),
        last=(at + _A_YEAR).date(),
    )
    hours: CallingHours = facts["hours"]
    return hours


def _calls_a_day(rules: CampaignRules, talk: timedelta) -> int | None:
    if rules.price is None or rules.ceiling is None or rules.ceiling.per_day is None:
        return None
    each = rules.price.of(talk)
    return int(rules.ceiling.per_day / each) if each else None


def _not_before(found: Span, moment: datetime | None) -> Span:
    """Nobody is done before the last of them may be called at all."""
    if moment is None or found.done_earliest is None:
        return found
    earliest = max(found.done_earliest, moment)
    latest = None if found.done_latest is None else max(found.done_latest, moment)
    return Span(found.calls_least, found.calls_most, earliest, latest)


def _cost(
    session: Session,
    campaign: Campaign,
    rules: CampaignRules,
    span: Span,
    talk: timedelta,
    *,
    at: datetime,
) -> Cost | None:
    if rules.price is None:
        return None
    expected = span.calls_least * rules.price.micros(talk)
    most = span.calls_most * spending.highest_price(rules, AttemptMethod.CALL)
    money = spending.money_of(session, campaign, rules, method=Method.CALLS, now=at)
    if money is not None and money.whole is not None:
        left = max(0, money.whole - money.spent_whole)
        expected, most = min(expected, left), min(most, left)
    return Cost(rules.price.currency, expected, most)
