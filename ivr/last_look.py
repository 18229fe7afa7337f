"""The last look at orders, in the moment before the provider is asked to ring.

Each decision was committed together with its attempt; since then the person may have objected,
taken back a consent or had their data frozen. The look reads what was said itself and not only what
followed from it, so that nothing which anybody wrote down is missed. Whoever speaks up after it
finds the attempt, and has its telephone stopped: by a no, by freezing, by taking back a consent.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ivr.orders import Order
from storage.prepared_lists import PreparedList
from storage.restrictions import is_restricted
from storage.states import AttemptState, CampaignState, InvitationState
from storage.tables import Attempt, Campaign, Customer, Invitation
from survey import invitations, said_since

# Made once: asked in the moment of every call.
_STILL_WANTED: Final = PreparedList(
    lambda items: (
        select(
            Attempt.id,
            Attempt.state.label("attempt"),
            Invitation.state.label("invitation"),
            Campaign.state.label("campaign"),
            Invitation.expires_at,
            Customer.phone_hash,
            is_restricted(Invitation.customer_id).label("restricted"),
            said_since.objected().label("objected"),
            said_since.consented().label("consented"),
        )
        .join(Invitation, Invitation.id == Attempt.invitation_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .join(Customer, Customer.id == Invitation.customer_id)
        .where(Attempt.organisation_id == bindparam("owner"), Attempt.id.in_(items))
    ),
    of=Attempt.id.type,
)


def why_unwanted(session: Session, orders: Collection[Order], *, now: datetime) -> dict[UUID, str]:
    """Of these orders of one organisation those whose calls must not be placed any more, and why in
    a word, by their attempts."""
    if not orders:
        return {}
    (owner,) = {one.organisation_id for one in orders}
    items = sorted(one.attempt_id for one in orders)
    lines = _STILL_WANTED.rows(session, {"owner": owner, "now": now}, items)
    found = {line[0]: _Seen(*line) for line in lines}
    whys = {one.attempt_id: _why(one, found.get(one.attempt_id), now=now) for one in orders}
    return {item: why for item, why in whys.items() if why is not None}


@dataclass(frozen=True, slots=True)
class _Seen:
    attempt_id: UUID
    attempt: AttemptState
    invitation: InvitationState
    campaign: CampaignState
    expires_at: datetime
    phone_hash: bytes | None
    restricted: bool
    objected: bool
    consented: bool


def _why(order: Order, seen: _Seen | None, *, now: datetime) -> str | None:
    if seen is None or seen.attempt is not AttemptState.PLACING:
        return "settled_already"
    if seen.invitation not in invitations.OPEN:
        return "no_longer_wanted"
    if seen.expires_at <= now:
        return "invitation_expired"
    if seen.objected:
        return "objection"
    if seen.restricted:
        return "restricted"
    if order.needs_consent and not seen.consented:
        return "no_consent"
    if seen.phone_hash != order.phone_hash:
        # Corrected, or erased: the one who would be rung is not the one who was decided about.
        return "number_changed"
    if seen.campaign is not CampaignState.RUNNING:
        return "campaign_not_running"
    if order.hours is not None and not order.hours.is_open(now):
        return "outside_calling_hours"
    return None
