"""Who calls one of our lines, as far as the shown number says: found by keyed hash, in this
organisation and on this line alone. Whoever withholds it is never looked for."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from storage.states import (
    NOBODY_RANG,
    AttemptMethod,
    AttemptState,
    CampaignState,
    Disposition,
    InvitationState,
)
from storage.tables import (
    Attempt,
    Call,
    Campaign,
    Customer,
    Invitation,
    Organisation,
    PermissionDecision,
)
from survey import objections, restrictions, subjects
from survey.invitations import OPEN
from survey.permission import Method

CALLED_US: Final = "called_us"
"""Stored where a permission rule stands: the person chose to call, so nobody had to be asked."""

# Somebody who was not reached, or was cut off, may still answer by calling back.
_MAY_CALL_BACK: Final = (*OPEN, InvitationState.PARTIAL, InvitationState.UNREACHED)
# No telephone rang.
_UNHEARD: Final = (*NOBODY_RANG, Disposition.FAILED)


def customer_of(session: Session, call: Call) -> Customer | None:
    """The customer whose number the caller shows; None for strangers and for withheld numbers."""
    if call.caller_hash is None:
        return None
    wanted = select(Customer).where(
        Customer.organisation_id == call.organisation_id,
        Customer.phone_hash == call.caller_hash,
    )
    return session.scalars(wanted).one_or_none()


def objected_by(session: Session, customer: Customer) -> frozenset[Method]:
    """What the customer has objected to, under any hash they are known by."""
    hashes = subjects.hashes_of_customer(customer)
    found = objections.in_force(session, customer.organisation_id, hashes)
    return objections.among(found, customer)


def invitation_of(
    session: Session, call: Call, customer: Customer, *, at: datetime
) -> Invitation | None:
    """What this customer may answer now: their newest invitation of this line that is neither
    answered nor too old. Nothing while their telephone rings for it, while their data are frozen,
    or when they want no contact at all."""
    frozen = restrictions.of_customer(session, customer)
    if frozen or Method.ALL in objected_by(session, customer):
        return None
    alive = exists().where(
        Attempt.invitation_id == Invitation.id,
        Attempt.state != AttemptState.ENDED,
        Attempt.method == AttemptMethod.CALL,
    )
    return session.scalars(
        select(Invitation)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .where(
            Invitation.organisation_id == call.organisation_id,
            Invitation.customer_id == customer.id,
            Campaign.line_id == call.line_id,
            Campaign.state != CampaignState.STOPPED,
            Invitation.state.in_(_MAY_CALL_BACK),
            Invitation.expires_at > at,
            ~alive,
        )
        .order_by(Invitation.created_at.desc(), Invitation.id.desc())
        .limit(1)
    ).first()


def last_rung(session: Session, call: Call, customer: Customer) -> tuple[Campaign, date] | None:
    """For which campaign this line last rang the customer, and on which day of the organisation."""
    found = session.execute(
        select(Campaign, Attempt.placing_at)
        .join(Invitation, Invitation.id == Attempt.invitation_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .join(PermissionDecision, PermissionDecision.id == Attempt.decision_id)
        .where(
            Attempt.organisation_id == call.organisation_id,
            Attempt.line_id == call.line_id,
            Invitation.customer_id == customer.id,
            PermissionDecision.rule != CALLED_US,
            Attempt.disposition.is_(None) | Attempt.disposition.not_in(_UNHEARD),
        )
        .order_by(Attempt.placing_at.desc())
        .limit(1)
    ).first()
    if found is None:
        return None
    organisation = session.get_one(Organisation, call.organisation_id)
    zone = ZoneInfo(organisation.timezone)
    return found.Campaign, found.placing_at.astimezone(zone).date()


def campaign_of_line(session: Session, call: Call) -> Campaign | None:
    """A campaign that calls from this line, a running one first; None when there is none."""
    return session.scalars(
        select(Campaign)
        .where(Campaign.organisation_id == call.organisation_id, Campaign.line_id == call.line_id)
        .order_by(Campaign.state != CampaignState.RUNNING, Campaign.id.desc())
        .limit(1)
    ).first()
