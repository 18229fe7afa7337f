"""Which invitations a dialler may take now: due, of running campaigns, with nobody rung for them.

Several diallers claim at the same time: what one holds, another passes over, and nobody waits. Only
the count of a line's calls is taken one after the other, and only for as long as it takes to write
the attempts that fit.
"""

import functools
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from storage.database_clock import clock_in, dialect_of
from storage.prepared import Prepared
from storage.states import AttemptMethod, AttemptState, CampaignState
from storage.tables import Attempt, Campaign, Customer, Invitation, Line, LinePace, LineSlot
from survey.attempts import nobody_rings
from survey.invitations import OPEN

# For a line that begins no call within so long nothing is claimed: it would only wait in memory.
SOON: Final = timedelta(seconds=10)
_ALIVE = (AttemptState.PLACING, AttemptState.UNCERTAIN, AttemptState.PLACED)

# Made once: every look at what is due asks, and building them takes longer than answering.
_ALIVE_ON_LINE: Final = Prepared(
    select(func.count()).where(
        Attempt.line_id == bindparam("line_id"),
        or_(*(Attempt.state == state for state in _ALIVE)),
        Attempt.method == AttemptMethod.CALL,
    )
)
_LOCK_LINE: Final = (
    select(Line)
    .where(Line.id == bindparam("line_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_RUNNING_ON_LINE: Final = Prepared(
    select(Campaign.id)
    .where(
        Campaign.organisation_id == bindparam("organisation_id"),
        Campaign.line_id == bindparam("line_id"),
        Campaign.state == CampaignState.RUNNING,
    )
    .order_by(Campaign.id)
)
_DUE: Final = Prepared(
    select(Invitation.id)
    .join(Customer, Customer.id == Invitation.customer_id)
    .where(
        Invitation.organisation_id == bindparam("organisation_id"),
        Invitation.campaign_id == bindparam("campaign_id"),
        Invitation.state == bindparam("state"),
        Invitation.due_at <= bindparam("now"),
        Invitation.expires_at > bindparam("now"),
        Invitation.next_by.is_(None),
        nobody_rings(),
    )
    .order_by(Invitation.due_at, Invitation.id)
    .limit(bindparam("most"))
    # The customer too, here where nothing waits: permission locks it later one by one.
    .with_for_update(skip_locked=True, key_share=True, of=(Invitation, Customer))
)
_ITEMS: Final[BindParameter[Any]] = bindparam("items", expanding=True)
_FOUND: Final = select(Invitation).where(
    Invitation.organisation_id == bindparam("owner"), Invitation.id.in_(_ITEMS)
)


def claim_due(
    session: Session,
    *,
    now: datetime,
    limit: int,
    at_most: Callable[[Line], int] | None = None,
) -> Sequence[Invitation]:
    """Up to `limit` invitations that may be due, the longest waiting first, theirs to move alone.

    Only of running campaigns whose line begins a call soon and is not held, only without an attempt
    that is still alive, and about as many for a line as it has room for, or `at_most` says. An
    invitation or a customer that another dialler holds is passed over. Whether each may be rung is
    for `permission` to say, and whether there is still room for `room_on`.
    """
    claimed: list[Invitation] = []
    for line in _lines_with_campaigns(session):
        room = min(limit, line.simultaneous_calls - _calls_on(session, line.id))
        if at_most is not None:
            room = min(room, at_most(line))
        if room > 0:
            claimed += _due_on(session, line, now=now, limit=room)
    claimed.sort(key=_waiting_longest)
    return claimed[:limit]


def room_on(session: Session, line_id: UUID) -> int:
    """How many more calls the line can carry now; nobody else is told until this transaction ends.

    Ask for several lines in the order of their ids, and as late as possible.
    """
    line = session.scalars(_LOCK_LINE, {"line_id": line_id}).one()
    return line.simultaneous_calls - _calls_on(session, line.id)


def _lines_with_campaigns(session: Session) -> Sequence[Line]:
    return session.scalars(_bearing_lines(dialect_of(session))).all()


@functools.cache
def _bearing_lines(dialect: str) -> Select[Line]:
    running = exists().where(Campaign.line_id == Line.id, Campaign.state == CampaignState.RUNNING)
    held = exists().where(LinePace.line_id == Line.id, LinePace.held_until > clock_in(dialect))
    begun = exists().where(LineSlot.line_id == Line.id)
    # One that is taken is free again a second after its call was asked for.
    soon = LineSlot.free_at <= clock_in(dialect, ahead=SOON)
    free = begun.where(soon | LineSlot.taken_for.is_not(None))
    return select(Line).where(running, ~held, free | ~begun).order_by(Line.id)


def _calls_on(session: Session, line_id: UUID) -> int:
    ((alive,),) = _ALIVE_ON_LINE.rows(session, {"line_id": line_id})
    return int(alive)


def _due_on(session: Session, line: Line, *, now: datetime, limit: int) -> list[Invitation]:
    theirs = {"organisation_id": line.organisation_id, "line_id": line.id}
    campaigns = [item for (item,) in _RUNNING_ON_LINE.rows(session, theirs)]
    items: list[UUID] = []
    # One question for each campaign and state walks its index in order: however many millions are
    # due, only these few are looked at.
    for campaign_id, state in itertools.product(campaigns, OPEN):
        names = {
            "organisation_id": line.organisation_id,
            "campaign_id": campaign_id,
            "state": state,
            "now": now,
            "most": limit,
        }
        items += [item for (item,) in _DUE.rows(session, names)]
    if not items:
        return []
    # Ours by now, and read as they are: nobody else moves them until this transaction ends.
    names = {"owner": line.organisation_id, "items": items}
    due = list(session.scalars(_FOUND, names))
    due.sort(key=_waiting_longest)
    return due[:limit]


def _waiting_longest(invitation: Invitation) -> tuple[datetime, UUID]:
    return invitation.due_at, invitation.id
