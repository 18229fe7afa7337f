"""How far people came: tried, reached, started, completed; by hour of the day and by attempt.

Counted from the steps of the invitations' histories, in the database; nothing is held in memory
that grows with the number of people.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, case, cast, func, select
from sqlalchemy.orm import Session

from storage.states import InvitationEventKind as Kind
from storage.tables import Attempt, Campaign, Invitation, InvitationEvent, Organisation

STEPS: Final = (
    Kind.TRIED,
    Kind.REACHED,
    Kind.STARTED,
    Kind.COMPLETED,
    Kind.REFUSED,
    Kind.OBJECTED,
)
# Later attempts are counted together.
MOST_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Row:
    """How many came so far, of one hour, one attempt or all."""

    tried: int = 0
    reached: int = 0
    started: int = 0
    completed: int = 0
    refused: int = 0
    objected: int = 0

    @classmethod
    def of(cls, counted: Counter[Kind]) -> "Row":
        """The row of these counts."""
        return cls(**{kind.value: counted[kind] for kind in STEPS})


@dataclass(frozen=True, slots=True)
class Funnel:
    """One campaign's funnel; hours are those of the organisation's zone.

    A try is a call or a text message. Somebody who answered by calling us is counted with the
    attempt that their call became.
    """

    whole: Row
    by_hour: dict[int, Row]
    by_attempt: dict[int, Row]


def of_campaign(session: Session, campaign: Campaign, *, since: datetime | None = None) -> Funnel:
    """The funnel of a campaign from its first call on, or from `since`."""
    zone = ZoneInfo(session.get_one(Organisation, campaign.organisation_id).timezone)
    hour = _hour_of(session)
    number = func.coalesce(Attempt.number, 0)
    capped = case((number > MOST_ATTEMPTS, MOST_ATTEMPTS), else_=number)
    wanted = (
        select(InvitationEvent.kind, hour, capped, func.count())
        .join(Invitation, Invitation.id == InvitationEvent.invitation_id)
        .outerjoin(Attempt, Attempt.id == InvitationEvent.attempt_id)
        .where(
            InvitationEvent.organisation_id == campaign.organisation_id,
            Invitation.campaign_id == campaign.id,
            InvitationEvent.kind.in_(STEPS),
        )
        .group_by(InvitationEvent.kind, hour, capped)
    )
    if since is not None:
        wanted = wanted.where(InvitationEvent.happened_at >= since)
    whole: Counter[Kind] = Counter()
    hours: dict[int, Counter[Kind]] = {}
    attempts: dict[int, Counter[Kind]] = {}
    for kind, at, attempt, count in session.execute(wanted):
        local = datetime.strptime(at, "%Y-%m-%d %H").replace(tzinfo=UTC).astimezone(zone)
        whole[kind] += count
        hours.setdefault(local.hour, Counter())[kind] += count
        if attempt:
            attempts.setdefault(attempt, Counter())[kind] += count
    return Funnel(
        whole=Row.of(whole),
        by_hour={one: Row.of(hours[one]) for one in sorted(hours)},
        by_attempt={one: Row.of(attempts[one]) for one in sorted(attempts)},
    )


def _hour_of(session: Session) -> ColumnElement[str]:
    """The hour in UTC as `2026-03-10 11`: a zone's own hour is reckoned from it, also over a
    change of the clock."""
    if session.get_bind().dialect.name == "sqlite":
        return func.substr(cast(InvitationEvent.happened_at, String), 1, 13)
    return func.to_char(InvitationEvent.happened_at, "YYYY-MM-DD HH24")
