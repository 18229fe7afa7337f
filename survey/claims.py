"""Which invitations a dialler may take now: due, of running campaigns, with nobody rung for them.

Several diallers claim at the same time: what one holds, another passes over, and nobody waits. Only
the count of a line's calls is taken one after the other, and only for as long as it takes to write
the attempts that fit.
"""

import functools
import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from storage.database_clock import clock_in, dialect_of
from storage.prepared import Prepared
from storage.states import AttemptMethod, AttemptState, CampaignState
from storage.tables import (
    Attempt,
    Campaign,
    Customer,
    Invitation,
    Line,
    LinePace,
    LineSlot,
    Organisation,
)
from survey.attempts import nobody_rings
from survey.invitations import OPEN

# For a line that begins no call within so long nothing is claimed: it would only wait in memory.
SOON: Final = timedelta(seconds=10)
_LIMITS: Final = (Line.calls_per_second, Line.simultaneous_calls)
_ALIVE = (AttemptState.PLACING, AttemptState.UNCERTAIN, AttemptState.PLACED)

# Made once: every look at what is due asks, and building them takes longer than answering.
_ALIVE_ON_LINE: Final = Prepared(
    select(func.count()).where(
        Attempt.line_id == bindparam("line_id"),
        or_(*(Attempt.state == state for state in _ALIVE)),
        Attempt.method == AttemptMethod.CALL,
    )
)
_LOCK_LINE: Final = Prepared(
    select(Line.id, Line.organisation_id, Line.number, *_LIMITS)
    .where(Line.id == bindparam("line_id"))
    .with_for_update(key_share=True)
)
_FILES: Final = (
    select(Campaign, Organisation, Line)
    .join(Organisation, Organisation.id == Campaign.organisation_id)
    .join(Line, Line.id == Campaign.line_id)
    .where(Campaign.organisation_id == bindparam("owner"), Campaign.id == bindparam("campaign"))
)
_RUNNING_ON_LINE: Final = Prepared(
    select(Campaign.id).where(
        Campaign.organisation_id == bindparam("organisation_id"),
        Campaign.line_id == bindparam("line_id"),
        Campaign.state == CampaignState.RUNNING,
    )
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


@dataclass(frozen=True, slots=True)
class Carrying:
    """A line that carries calls, as its row is now."""

    id: UUID
    organisation_id: UUID
    number: str
    calls_per_second: float
    simultaneous_calls: int


@dataclass(frozen=True, slots=True)
class Files:
    """A campaign with its organisation and its line, as their files were applied."""

    campaign: Campaign
    organisation: Organisation
    line: Line


@dataclass(frozen=True, slots=True)
class Due:
    """What one look took, the longest waiting first."""

    invitations: Sequence[Invitation]
    # Whether there may be more: a line was asked for no more than it, or whoever asks, had room
    # for.
    more: bool


def claim_due(
    session: Session,
    *,
    now: datetime,
    limit: int,
    at_most: Callable[[Carrying], int] | None = None,
) -> Due:
    """Up to `limit` invitations that may be due, theirs to move alone.

    Only of running campaigns whose line begins a call soon and is not held, only without an attempt
    that is still alive, and about as many for a line as it has room for, or `at_most` says. An
    invitation or a customer that another dialler holds is passed over. Whether each may be rung is
    for `permission` to say, and whether there is still room for `room_on`.
    """
    claimed: list[Invitation] = []
    more = False
    for found in _bearing_lines(dialect_of(session)).rows(session, {}):
        line = Carrying(*found)
        room = min(limit, line.simultaneous_calls - _calls_on(session, line.id))
        if at_most is not None:
            room = min(room, at_most(line))
        due = _due_on(session, line, now=now, limit=room) if room > 0 else []
        more = more or len(due) >= room
        claimed += due
    claimed.sort(key=_waiting_longest)
    return Due(claimed[:limit], more=more or len(claimed) > limit)


def files_of(session: Session, invitations: Collection[Invitation]) -> dict[UUID, Files]:
    """What the files say of the campaigns of those invitations, by the campaigns' ids.

    For as long as it is held, whoever asks the session for one of these rows has it at once.
    """
    campaigns = {one.campaign_id: one.organisation_id for one in invitations}
    found: dict[UUID, Files] = {}
    for campaign_id, owner in campaigns.items():
        names = {"owner": owner, "campaign": campaign_id}
        found[campaign_id] = Files(*session.execute(_FILES, names).one())
    return found


def room_on(session: Session, line_id: UUID) -> tuple[Carrying, int]:
    """The line, and how many more calls it can carry now; nobody else is told until this
    transaction ends.

    Ask for several lines in the order of their ids, and as late as possible.
    """
    ((*found,),) = _LOCK_LINE.rows(session, {"line_id": line_id})
    line = Carrying(*found)
    return line, line.simultaneous_calls - _calls_on(session, line.id)


@functools.cache
def _bearing_lines(dialect: str) -> Prepared:
    running = exists().where(Campaign.line_id == Line.id, Campaign.state == CampaignState.RUNNING)
    held = exists().where(LinePace.line_id == Line.id, LinePace.held_until > clock_in(dialect))
    begun = exists().where(LineSlot.line_id == Line.id)
    # One that is taken is free again a second after its call was asked for.
    soon = LineSlot.free_at <= clock_in(dialect, ahead=SOON)
    free = begun.where(soon | LineSlot.taken_for.is_not(None))
    return Prepared(
        select(Line.id, Line.organisation_id, Line.number, *_LIMITS)
        .where(running, ~held, free | ~begun)
        .order_by(Line.id)
    )


def _calls_on(session: Session, line_id: UUID) -> int:
    ((alive,),) = _ALIVE_ON_LINE.rows(session, {"line_id": line_id})
    return int(alive)


def _due_on(session: Session, line: Carrying, *, now: datetime, limit: int) -> list[Invitation]:
    theirs = {"organisation_id": line.organisation_id, "line_id": line.id}
    campaigns = sorted(item for (item,) in _RUNNING_ON_LINE.rows(session, theirs))
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
