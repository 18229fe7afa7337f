"""Quotas: how many answers a segment of a campaign needs, and who belongs to one that has them.

Whoever completes an answer is counted in that moment, into cells that know nobody: contacts and
answers go by their age, and a quota that was full stays full.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.campaign_limits import Quota, Segment
from storage.insertion import insert_missing
from storage.prepared import Prepared
from storage.states import ResponseState
from storage.tables import Campaign, Customer, Interaction, Invitation, QuotaCell, Response
from survey.standing import ResponseId

_PART: Final = 500
_FIELD: Final[Mapping[Segment, InstrumentedAttribute[str | None]]] = {
    Segment.CHANNEL: Interaction.channel,
    Segment.REASON: Interaction.reason,
    Segment.TEAM: Interaction.team,
    Segment.LANGUAGE: Customer.locale,
}
_THEIR_CELLS: Final = (
    select(QuotaCell.id)
    .join(Response, Response.campaign_id == QuotaCell.campaign_id)
    .join(Invitation, Invitation.id == Response.invitation_id)
    .join(Interaction, Interaction.id == Invitation.interaction_id)
    .join(Customer, Customer.id == Invitation.customer_id)
    .where(
        Response.organisation_id == bindparam("owner"),
        Response.id == bindparam("item"),
        or_(Response.state == ResponseState.STARTED, Response.state == ResponseState.PARTIAL),
        or_(
            *(
                and_(QuotaCell.segment == segment.value, QuotaCell.value == field)
                for segment, field in _FIELD.items()
            )
        ),
    )
    # In one order, so that two who complete at once do not wait for each other.
    .order_by(QuotaCell.id)
    .with_for_update(of=QuotaCell)
)
# Made once: the last turn of every call counts.
_COUNT: Final = Prepared(
    update(QuotaCell)
    .where(QuotaCell.id.in_(_THEIR_CELLS))
    .values(count=QuotaCell.count + 1)
    .execution_options(synchronize_session=False)
)


def count_completed(session: Session, response: ResponseId) -> None:
    """Count a response that is about to be completed in the quotas of its segments; call it
    before its state is changed, because one that is complete is counted already."""
    session.flush()
    _COUNT.write(session, {"owner": response.organisation_id, "item": response.id})


def keep_counts(session: Session, campaign: Campaign, quotas: Sequence[Quota]) -> None:
    """Have a cell for each of the campaign's quotas; a new one begins with the answers that are
    still there. What was counted once stays, also when a quota leaves the file and comes back."""
    known = _cells(session, campaign) if quotas else {}
    rows = [
        {
            "organisation_id": campaign.organisation_id,
            "campaign_id": campaign.id,
            "segment": one.segment.value,
            "value": one.equals,
            "count": _living(session, campaign, one),
        }
        for one in quotas
        if (one.segment.value, one.equals) not in known
    ]
    insert_missing(session, QuotaCell, rows)


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
    if not quotas:
        return []
    cells = _cells(session, campaign)
    full = []
    for one in quotas:
        counted = cells.get((one.segment.value, one.equals))
        # Until the file is applied there is no cell, and what is there is what there was.
        if (_living(session, campaign, one) if counted is None else counted) >= one.at_most:
            full.append(one)
    return full


def _cells(session: Session, campaign: Campaign) -> dict[tuple[str, str], int]:
    wanted = select(QuotaCell.segment, QuotaCell.value, QuotaCell.count).where(
        QuotaCell.organisation_id == campaign.organisation_id,
        QuotaCell.campaign_id == campaign.id,
    )
    return {(segment, value): count for segment, value, count in session.execute(wanted)}


def _living(session: Session, campaign: Campaign, quota: Quota) -> int:
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
