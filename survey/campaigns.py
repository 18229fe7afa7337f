"""Starting, pausing and stopping campaigns, by a person or because something is wrong."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from storage import alarms
from storage.states import CampaignState
from storage.tables import Campaign, Organisation
from survey import start_checks, waking
from survey.places import find_campaign

# Why a campaign stands still when nobody told it to.
PROVIDER_REFUSES_US: Final = "provider_refuses_us"
CEILING_REACHED: Final = "ceiling_reached"
NOT_READY: Final = "not_ready"
# The alarm that tells of the first.
REFUSES_US: Final = "provider.refuses_us"


def set_state(
    session: Session, *, organisation: str, campaign: str, to: CampaignState, now: datetime
) -> bool:
    """Whether the campaign changed its state; it may be in that state already.

    One that is to run is looked at first: whatever forbids it raises CannotStartError, which there
    is no way round.

    A campaign that does not run keeps its invitations, and whatever becomes too old meanwhile
    expires. A call that is in progress goes on; one that is ordered and not placed yet is given
    back. Raises UnknownPlaceError.
    """
    owner, found = find_campaign(session, organisation=organisation, campaign=campaign)
    if to is CampaignState.RUNNING:
        start_checks.check(session, owner, found, now=now)
    if found.state is to:
        return False
    found.state, found.state_reason, found.state_changed_at = to, None, now
    if to is CampaignState.RUNNING:
        waking.campaign(session, found, waking.STARTED)
    return True


def begin(
    session: Session, owner: Organisation, campaign: Campaign, *, now: datetime
) -> tuple[str, ...]:
    """Let a new campaign run if it may; else it is paused, and every problem is said."""
    try:
        start_checks.check(session, owner, campaign, now=now)
    except start_checks.CannotStartError as error:
        pause(session, campaign, reason=NOT_READY, now=now)
        return error.problems
    return ()


def pause(session: Session, campaign: Campaign, *, reason: str, now: datetime) -> None:
    """Pause a campaign that runs; only a person starts it again."""
    if campaign.state is CampaignState.RUNNING:
        campaign.state, campaign.state_reason, campaign.state_changed_at = (
            CampaignState.PAUSED,
            reason,
            now,
        )


def pause_all(session: Session, *, organisation_id: UUID, reason: str, now: datetime) -> bool:
    """Pause every running campaign of an organisation; only a person starts them again. False when
    none ran."""
    paused = session.execute(
        update(Campaign)
        .where(
            Campaign.organisation_id == organisation_id,
            Campaign.state == CampaignState.RUNNING,
        )
        .values(state=CampaignState.PAUSED, state_reason=reason, state_changed_at=now)
        .returning(Campaign.id)
    )
    return bool(paused.all())


def stop_at_ceiling(session: Session, campaign: Campaign, *, now: datetime) -> None:
    """Pause a campaign whose money is spent, with an alarm."""
    pause(session, campaign, reason=CEILING_REACHED, now=now)
    alarms.sound(
        session,
        "campaign.ceiling_reached",
        subject=str(campaign.id),
        organisation_id=campaign.organisation_id,
        at=now,
    )


def refused_by_provider(session: Session, *, organisation_id: UUID, now: datetime) -> None:
    """Pause every campaign of an organisation whose provider refuses it, with an alarm."""
    subject = str(organisation_id)
    if pause_all(session, organisation_id=organisation_id, reason=PROVIDER_REFUSES_US, now=now):
        # A person had started them since: what is answered to an earlier request ends only that.
        alarms.clear(session, REFUSES_US, subject=subject, at=now)
    alarms.sound(
        session,
        REFUSES_US,
        subject=subject,
        organisation_id=organisation_id,
        at=now,
    )


def taken_by_provider(
    session: Session, *, organisation_id: UUID, asked_at: datetime, now: datetime
) -> None:
    """End the alarm that the provider refuses this organisation, unless it was raised since that
    request was sent which was taken."""
    subject = str(organisation_id)
    alarms.clear_earlier(session, REFUSES_US, subject=subject, asked_at=asked_at, at=now)
