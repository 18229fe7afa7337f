"""Which invitation is texted next: due, of a running campaign, with nothing on its way to them.

One at a time: what one text costs, and whether its line bears more, is known before the next.
"""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from storage.states import AttemptMethod, CampaignState
from storage.tables import Campaign, Customer, Invitation, Line
from survey.attempts import nobody_rings
from survey.invitations import OPEN
from survey.line_holds import is_held


def claim_next(session: Session, *, now: datetime) -> Invitation | None:
    """The invitation that waits longest for a text, theirs to move alone; None when none is due.

    One that another process holds is passed over, and so is every line that is left alone.
    """
    running = exists().where(Campaign.line_id == Line.id, Campaign.state == CampaignState.RUNNING)
    lines = session.scalars(select(Line).where(running, ~is_held(session)).order_by(Line.id))
    waiting = [one for line in lines for one in _due_on(session, line, now=now)]
    return min(waiting, key=lambda one: (one.due_at, one.id), default=None)


def _due_on(session: Session, line: Line, *, now: datetime) -> list[Invitation]:
    wanted = (
        select(Invitation)
        .join(Customer, Customer.id == Invitation.customer_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .where(
            Invitation.organisation_id == line.organisation_id,
            Invitation.next_by == AttemptMethod.SMS,
            Invitation.due_at <= now,
            Invitation.expires_at > now,
            Invitation.state.in_(OPEN),
            Campaign.line_id == line.id,
            Campaign.state == CampaignState.RUNNING,
            nobody_rings(),
        )
        .order_by(Invitation.due_at, Invitation.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True, of=(Invitation, Customer))
    )
    return list(session.scalars(wanted))
