"""What a restored database does not do by itself: contact people, and delete what may be held.

Between the backup and its restore people were contacted of whom it knows nothing, and things may
have been promised that it has lost. So campaigns stand still until the provider was asked, and the
purge waits until somebody has looked at what keeps data from being deleted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import alarms, beats
from storage.states import CampaignState
from storage.tables import Attempt, Campaign, Organisation

CONTACTS_UNKNOWN: Final = "restore.contacts_unknown"
"""Nobody here knows whom an organisation's campaigns contacted since the backup."""
KEPT_UNCONFIRMED: Final = "restore.kept_unconfirmed"
"""Nobody has looked yet at what keeps an organisation's data from being deleted."""
RESTORED: Final = "restored"
"""Why a campaign stands still that ran when the backup was made."""
_MARGIN: Final = timedelta(hours=1)
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StandsStill:
    """A campaign that ran when the backup was made and was paused."""

    organisation: str
    campaign: str


def stand_still(session: Session, *, at: datetime) -> Sequence[StandsStill]:
    """Pause what rings and have nothing start before the provider was asked; what was paused.

    Repeating it changes nothing, and what is being asked about is not forgotten by a second one.
    """
    paused = []
    for organisation in session.scalars(select(Organisation).order_by(Organisation.key)):
        since = _known_until(session, organisation)
        earlier = organisation.contacts_unknown_since
        organisation.contacts_unknown_since = since if earlier is None else min(since, earlier)
        organisation.kept_unconfirmed_since = organisation.kept_unconfirmed_since or at
        for kind in (CONTACTS_UNKNOWN, KEPT_UNCONFIRMED):
            alarms.sound(
                session, kind, subject=str(organisation.id), organisation_id=organisation.id, at=at
            )
        running = select(Campaign).where(
            Campaign.organisation_id == organisation.id, Campaign.state == CampaignState.RUNNING
        )
        for campaign in session.scalars(running.order_by(Campaign.key)):
            campaign.state, campaign.state_reason = CampaignState.PAUSED, RESTORED
            campaign.state_changed_at = at
            paused.append(StandsStill(organisation.key, campaign.key))
    return paused


def contacts_known(session: Session, organisation: Organisation, *, at: datetime) -> None:
    """Note that the provider was asked whom it contacted since: campaigns may start."""
    organisation.contacts_unknown_since = None
    alarms.clear(session, CONTACTS_UNKNOWN, subject=str(organisation.id), at=at)


def kept_unconfirmed(session: Session) -> set[UUID]:
    """The organisations of which nothing goes by age before somebody has looked."""
    waits = Organisation.kept_unconfirmed_since.is_not(None)
    return set(session.scalars(select(Organisation.id).where(waits)))


def kept_confirmed(session: Session, organisation: Organisation, *, at: datetime) -> None:
    """Note that somebody has looked at holds and schedule: the purge goes on."""
    organisation.kept_unconfirmed_since = None
    alarms.clear(session, KEPT_UNCONFIRMED, subject=str(organisation.id), at=at)


def _known_until(session: Session, organisation: Organisation) -> datetime:
    """Until when this database surely knows of every contact."""
    last = session.scalar(
        select(func.max(Attempt.placing_at)).where(Attempt.organisation_id == organisation.id)
    )
    moments = [one for one in (last, beats.last_counted_at(session)) if one is not None]
    return min(moments) - _MARGIN if moments else _EVER
