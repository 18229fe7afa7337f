"""Money that calls under way hold: they count with their highest price until they are over.

Somebody for whom the money of the day does not reach now need not wait for midnight, if enough of
it comes free once these calls are over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from config.campaign_limits import LONGEST_CALL
from config.campaign_rules import Campaign as CampaignRules
from storage.states import AttemptMethod, AttemptState
from storage.tables import Attempt, Campaign, Invitation
from survey.permission_terms import Money

# The provider tells of a call's end within so long.
_TOLD: Final = timedelta(minutes=1)
# A call that should be over and is not: somebody is asking about it.
_LOOK_AGAIN: Final = timedelta(minutes=5)
_UNDER_WAY: Final = (AttemptState.PLACING, AttemptState.UNCERTAIN, AttemptState.PLACED)

# Made once: every claim below a ceiling asks.
_HOLDING: Final = (
    select(Attempt.placing_at, Attempt.cost_micros)
    .join(Invitation, Invitation.id == Attempt.invitation_id)
    .where(
        Attempt.organisation_id == bindparam("owner"),
        Attempt.line_id == bindparam("line"),
        Attempt.state.in_(_UNDER_WAY),
        Attempt.method == AttemptMethod.CALL,
        Invitation.campaign_id == bindparam("campaign"),
    )
    .order_by(Attempt.placing_at)
)


@dataclass(frozen=True, slots=True)
class Hold:
    """What one call holds beyond the least it can cost, and by when it is over."""

    micros: int
    frees_by: datetime


def hold_of(rules: CampaignRules, micros: int, *, at: datetime) -> Hold:
    """What a call holds that began then and counts with so much."""
    least = 0 if rules.price is None else rules.price.micros(timedelta(0))
    longest = LONGEST_CALL + timedelta(seconds=rules.ring_seconds) + _TOLD
    return Hold(max(0, micros - least), at + longest)


def holds_of(
    session: Session, campaign: Campaign, rules: CampaignRules, *, day: date, zone: ZoneInfo
) -> list[Hold]:
    """What the campaign's calls hold of that day's money, the one that is over first in front."""
    names = {"owner": campaign.organisation_id, "line": campaign.line_id, "campaign": campaign.id}
    return [
        hold_of(rules, micros, at=at)
        for at, micros in session.execute(_HOLDING, names)
        if at.astimezone(zone).date() == day
    ]


def free_by(money: Money, holds: Sequence[Hold], *, now: datetime) -> datetime | None:
    """By when enough of the day's money is free again for one more call, if these calls bring it.

    None when there is enough, and when they would not bring it.
    """
    if money.per_day is None:
        return None
    missing = money.spent_today + money.price - money.per_day
    if missing <= 0:
        return None
    for one in holds:
        missing -= one.micros
        if missing <= 0:
            return one.frees_by if one.frees_by > now else now + _LOOK_AGAIN
    return None
