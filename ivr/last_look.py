"""The last look at an order, in the moment before the provider is asked to ring.

The decision was committed together with the attempt; since then the person may have objected, taken
back a consent or had their data frozen. The look reads what was said itself and not only what
followed from it, so that nothing which anybody wrote down is missed. Whoever speaks up after it
finds the attempt, and has its telephone stopped.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from ivr.orders import Order
from storage.restrictions import is_restricted
from storage.states import AttemptState, CampaignState
from storage.tables import Attempt, Campaign, Consent, Customer, Invitation, Objection
from survey import invitations
from survey.permission import Method

_OF_CALLS: Final = (Method.CALLS.value, Method.ALL.value)
_KNOWN_BY: Final = (Customer.phone_hash, Customer.email_hash)


def _objected() -> ColumnElement[bool]:
    return exists().where(
        Objection.organisation_id == Customer.organisation_id,
        Objection.subject_hash.in_(_KNOWN_BY),
        Objection.method.in_(_OF_CALLS),
        Objection.withdrawn_at.is_(None),
    )


def _consented() -> ColumnElement[bool]:
    return exists().where(
        Consent.organisation_id == Customer.organisation_id,
        Consent.subject_hash.in_(_KNOWN_BY),
        Consent.method.in_(_OF_CALLS),
        Consent.withdrawn_at.is_(None),
        Consent.given_at <= bindparam("now"),
        or_(Consent.expires_at.is_(None), Consent.expires_at > bindparam("now")),
    )


# Made once: asked in the moment of every call.
_STILL_WANTED: Final = (
    select(
        Attempt.state,
        Invitation.state,
        Campaign.state,
        Customer.phone_hash,
        is_restricted(Invitation.customer_id),
        _objected(),
        _consented(),
    )
    .join(Invitation, Invitation.id == Attempt.invitation_id)
    .join(Campaign, Campaign.id == Invitation.campaign_id)
    .join(Customer, Customer.id == Invitation.customer_id)
    .where(Attempt.organisation_id == bindparam("owner"), Attempt.id == bindparam("item"))
)


def why_unwanted(session: Session, order: Order, *, now: datetime) -> str | None:
    """Why the call must not be placed any more, in a word; None when it still may."""
    names = {"owner": order.organisation_id, "item": order.attempt_id, "now": now}
    found = session.execute(_STILL_WANTED, names).one_or_none()
    if found is None:
        return "settled_already"
    attempt, invitation, campaign, phone_hash, restricted, objected, consented = found
    if attempt is not AttemptState.PLACING:
        return "settled_already"
    if invitation not in invitations.OPEN:
        return "no_longer_wanted"
    if objected:
        return "objection"
    if restricted:
        return "restricted"
    if order.needs_consent and not consented:
        return "no_consent"
    if phone_hash != order.phone_hash:
        # Corrected, or erased: the one who would be rung is not the one who was decided about.
        return "number_changed"
    if campaign is not CampaignState.RUNNING:
        return "campaign_not_running"
    if order.hours is not None and not order.hours.is_open(now):
        return "outside_calling_hours"
    return None
