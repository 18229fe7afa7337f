"""The steps of people who are gone, kept as counts in the moment in which their rows go.

It lies in storage because those who show the funnel and those who delete may not import each other.
"""

import functools
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, case, cast, func, select
from sqlalchemy.orm import Session

from storage import tallies
from storage.many_ids import IDS, among, sent, those
from storage.prepared import Prepared
from storage.states import InvitationEventKind as Kind
from storage.tables import Attempt, FunnelCell, Invitation, InvitationEvent, Organisation

STEPS: Final = (
    Kind.TRIED,
    Kind.TEXTED,
    Kind.REACHED,
    Kind.STARTED,
    Kind.COMPLETED,
    Kind.REFUSED,
    Kind.OBJECTED,
    Kind.MISTAKEN,
)
# Later attempts are counted together.
MOST_ATTEMPTS: Final = 5
_KEY: Final = ("campaign_id", "month", "hour", "attempt", "kind")


@dataclass(frozen=True, slots=True)
class Steps:
    """How many steps of one kind, in one hour of the organisation's clock, at which attempt."""

    campaign_id: UUID
    kind: Kind
    at: datetime
    attempt: int
    count: int


def of_people(session: Session, zone: ZoneInfo, *where: ColumnElement[bool]) -> Iterator[Steps]:
    """The steps in the histories of the invitations that the conditions choose."""
    hour = _hour_of(session)
    number = func.coalesce(Attempt.number, 0)
    capped = case((number > MOST_ATTEMPTS, MOST_ATTEMPTS), else_=number)
    wanted = (
        select(Invitation.campaign_id, InvitationEvent.kind, hour, capped, func.count())
        .join(Invitation, Invitation.id == InvitationEvent.invitation_id)
        .outerjoin(Attempt, Attempt.id == InvitationEvent.attempt_id)
        .where(InvitationEvent.kind.in_(STEPS), *where)
        .group_by(Invitation.campaign_id, InvitationEvent.kind, hour, capped)
    )
    for campaign_id, kind, at, attempt, count in session.execute(wanted):
        moment = datetime.strptime(at, "%Y-%m-%d %H").replace(tzinfo=UTC).astimezone(zone)
        yield Steps(campaign_id, kind, moment, attempt, count)


def keep(session: Session, organisation_id: UUID, invitations: Collection[UUID]) -> None:
    """Count the steps of these invitations into the cells; call it as their rows are deleted."""
    dialect = session.get_bind().dialect.name
    if not _anything(dialect).rows(session, {IDS: sent(dialect, invitations)}):
        return
    where = select(Organisation.timezone).where(Organisation.id == organisation_id)
    zone = ZoneInfo(session.scalars(where).one())
    theirs = (
        InvitationEvent.organisation_id == organisation_id,
        among(session, InvitationEvent.invitation_id, invitations),
    )
    counts: Counter[tuple[UUID, date, int, int, Kind]] = Counter()
    for one in of_people(session, zone, *theirs):
        month = one.at.date().replace(day=1)
        counts[one.campaign_id, month, one.at.hour, one.attempt, one.kind] += one.count
    rows = [
        dict(zip(_KEY, key, strict=True)) | {"organisation_id": organisation_id, "count": count}
        for key, count in counts.items()
    ]
    tallies.add(session, FunnelCell, rows, key=_KEY)


@functools.cache
def _anything(dialect: str) -> Prepared:
    there = select(InvitationEvent.id).where(those(InvitationEvent.invitation_id, dialect))
    return Prepared(there.limit(1))


def _hour_of(session: Session) -> ColumnElement[str]:
    """The hour in UTC as `2026-03-10 11`: a zone's own hour is reckoned from it, also over a
    change of the clock."""
    if session.get_bind().dialect.name == "sqlite":
        return func.substr(cast(InvitationEvent.happened_at, String), 1, 13)
    return func.to_char(InvitationEvent.happened_at, "YYYY-MM-DD HH24")
