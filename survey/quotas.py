"""Quotas: how many answers a segment of a campaign needs, and who belongs to one that has them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.campaign_limits import Quota, Segment
from storage.states import ResponseState
from storage.tables import Campaign, Customer, Interaction, Invitation, Response

_PART: Final = 500
_FIELD: Final[Mapping[Segment, InstrumentedAttribute[str | None]]] = {
    Segment.CHANNEL: Interaction.channel,
    Segment.REASON: Interaction.reason,
    Segment.TEAM: Interaction.team,
    Segment.LANGUAGE: Customer.locale,
}


def in_full_segment(
    session: Session,
    campaign: Campaign,
    quotas: Sequence[Quota],
    invitations: Collection[Invitation],
) -> frozenset[UUID]:
    """Those of the invitations that belong to a segment which has all the answers it needs.

    Calls under way are not counted: a quota may be passed by as many as talk at the same time.
    """
    full = full_ones(session, campaign, quotas)
    if not full:
        return frozenset()
    ids, found = [one.id for one in invitations], set[UUID]()
    for at in range(0, len(ids), _PART):
        part = ids[at : at + _PART]
        for quota in full:
            found |= set(
                session.scalars(
                    _of_segment(select(Invitation.id), quota).where(
                        Invitation.organisation_id == campaign.organisation_id,
                        Invitation.id.in_(part),
                    )
                )
            )
    return frozenset(found)


def full_ones(session: Session, campaign: Campaign, quotas: Sequence[Quota]) -> list[Quota]:
    """Those of the quotas whose segment has all the answers it needs."""
    return [one for one in quotas if _completed(session, campaign, one) >= one.at_most]


def _completed(session: Session, campaign: Campaign, quota: Quota) -> int:
    counted = _of_segment(
        select(func.count(Response.id)).join(Invitation, Invitation.id == Response.invitation_id),
        quota,
    )
    return (
        session.scalar(
            counted.where(
                Response.organisation_id == campaign.organisation_id,
                Response.campaign_id == campaign.id,
                Response.state == ResponseState.COMPLETED,
            )
        )
        or 0
    )


def _of_segment(statement: Select[Any], quota: Quota) -> Select[Any]:
    return (
        statement.join(Interaction, Interaction.id == Invitation.interaction_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .where(_FIELD[quota.segment] == quota.equals)
    )
