"""Money that calls under way hold: they count with their highest price until they are over.

Somebody for whom the money of the day does not reach now need not wait for midnight, if enough of
it comes free once these calls are over; nor is a campaign over whose whole money does not reach.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from config.campaign_limits import LONGEST_CALL
from config.campaign_rules import Campaign as CampaignRules
from storage.prepared import Prepared
from storage.states import AttemptMethod, AttemptState
from storage.tables import Attempt, Campaign, Invitation, Line
from survey.permission_terms import Money

# The provider tells of a call's end within so long.
_TOLD: Final = timedelta(minutes=1)
# A call that should be over and is not: somebody is asking about it.
_LOOK_AGAIN: Final = timedelta(minutes=5)
_UNDER_WAY: Final = (AttemptState.PLACING, AttemptState.UNCERTAIN, AttemptState.PLACED)

# Made once: every claim below a ceiling asks.
_HOLDING: Final = Prepared(
    select(Attempt.placing_at, Attempt.cost_micros)
    .join(Invitation, Invitation.id == Attempt.invitation_id)
    .where(
        Attempt.organisation_id == bindparam("owner"),
        # Every line of theirs: the campaign may have had another one when the call began.
        Attempt.line_id.in_(select(Line.id).where(Line.organisation_id == bindparam("owner"))),
        or_(*(Attempt.state == state for state in _UNDER_WAY)),
        Attempt.method == AttemptMethod.CALL,
        Invitation.campaign_id == bindparam("campaign"),
    )
    .order_by(Attempt.placing_at)
)


@dataclass(frozen=True, slots=True)
class Hold:
    """What one call holds beyond the least it can cost, by when it is over, and of which day's
    money."""

    micros: int
    frees_by: datetime
    day: date


def hold_of(rules: CampaignRules, micros: int, *, at: datetime, zone: ZoneInfo) -> Hold:
    """What a call holds that began then and counts with so much."""
    least = 0 if rules.price is None else rules.price.micros(timedelta(0))
    longest = LONGEST_CALL + timedelta(seconds=rules.ring_seconds) + _TOLD
    return Hold(max(0, micros - least), at + longest, at.astimezone(zone).date())


def holds_of(
    session: Session, campaign: Campaign, rules: CampaignRules, *, zone: ZoneInfo
) -> list[Hold]:
    """What the campaign's calls hold, the one that is over first in front."""
    names = {"owner": campaign.organisation_id, "campaign": campaign.id}
    return [
        hold_of(rules, micros, at=at, zone=zone) for at, micros in _HOLDING.rows(session, names)
    ]


def reaches(money: Money) -> bool:
    """Whether the money of the day and of the whole is enough for one more contact."""
    return max(_missing_today(money), _missing_in_all(money)) <= 0


def with_holds(money: Money, holds: Sequence[Hold], *, now: datetime) -> Money:
    """The money with the moments by which these calls bring enough of it back.

    None where there is enough, and where they would not bring it.
    """
    today = [one for one in holds if one.day == money.day]
    return replace(
        money,
        free_by=_free_by(_missing_today(money), today, now=now),
        whole_free_by=_free_by(_missing_in_all(money), holds, now=now),
    )


def _missing_today(money: Money) -> int:
    return 0 if money.per_day is None else money.spent_today + money.price - money.per_day


def _missing_in_all(money: Money) -> int:
    return 0 if money.whole is None else money.spent_whole + money.price - money.whole


def _free_by(missing: int, holds: Sequence[Hold], *, now: datetime) -> datetime | None:
    if missing <= 0:
        return None
    for one in holds:
        missing -= one.micros
        if missing <= 0:
            return one.frees_by if one.frees_by > now else now + _LOOK_AGAIN
    return None
