"""Two regimes that are never mixed: in anonymous research the client does not learn who answered.

Only a yes to being contacted, said in the call, opens the way from an answer to its case.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.campaign_rules import CampaignKind
from storage.states import FollowUp
from storage.tables import Campaign
from survey.permission_files import rules_of


def may_tell_who(campaign: Campaign, said: FollowUp | None) -> bool:
    """Whether staff may be told whose answers these are."""
    return said is FollowUp.YES or rules_of(campaign).kind is not CampaignKind.RESEARCH


def research_among(session: Session, campaigns: Iterable[UUID]) -> frozenset[UUID]:
    """Those of the campaigns that are anonymous research."""
    rows = session.scalars(select(Campaign).where(Campaign.id.in_(set(campaigns))))
    return frozenset(one.id for one in rows if not may_tell_who(one, None))
