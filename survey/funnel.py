"""How far people came: tried, reached, started, completed; by hour of the day and by attempt.

Counted from the steps of the invitations' histories, in the database, and from the cells that hold
the steps of people who are gone; nothing is held in memory that grows with the number of people.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import funnel_cells
from storage.funnel_cells import MOST_ATTEMPTS, STEPS
from storage.restrictions import may_be_used
from storage.states import InvitationEventKind as Kind
from storage.tables import Campaign, FunnelCell, Invitation, InvitationEvent, Organisation

__all__ = ["MOST_ATTEMPTS", "STEPS", "Funnel", "Row", "of_campaign"]


@dataclass(frozen=True, slots=True)
class Row:
    """How many came so far, of one hour, one attempt or all."""

    tried: int = 0
    texted: int = 0
    reached: int = 0
    started: int = 0
    completed: int = 0
    refused: int = 0
    objected: int = 0
    # People whom the provider took for a machine, though they pressed a key.
    mistaken: int = 0

    @classmethod
    def of(cls, counted: Counter[Kind]) -> "Row":
        """The row of these counts."""
        return cls(**{kind.value: counted[kind] for kind in STEPS})

    def in_groups(self, smallest: int) -> "Row":
        """Each number rounded down to whole groups of that size."""
        whole = {name: number // smallest * smallest for name, number in asdict(self).items()}
        return Row(**whole)


@dataclass(frozen=True, slots=True)
class Funnel:
    """One campaign's funnel; hours are those of the organisation's zone.

    A try is a call or a text message; `texted` are the texts that arrived. Somebody who answered by
    calling us is counted with the attempt that their call became.
    """

    whole: Row
    by_hour: dict[int, Row]
    by_attempt: dict[int, Row]

    def in_groups(self, smallest: int) -> "Funnel":
        """What is shown: hours and attempts in whole groups of that size, the others left out.

        So no line is about fewer, and neither is the difference of a line between two reports. In
        all it stays exact: that is how far the campaign has come, and says of nobody when.
        """
        return Funnel(
            self.whole,
            _whole_groups(self.by_hour, smallest),
            _whole_groups(self.by_attempt, smallest),
        )


def _whole_groups(rows: Mapping[int, Row], smallest: int) -> dict[int, Row]:
    shown = {one: row.in_groups(smallest) for one, row in rows.items()}
    return {one: row for one, row in shown.items() if row != Row()}


@dataclass(frozen=True, slots=True)
class _Counts:
    whole: Counter[Kind]
    hours: dict[int, Counter[Kind]]
    attempts: dict[int, Counter[Kind]]

    def add(self, kind: Kind, *, hour: int, attempt: int, count: int) -> None:
        self.whole[kind] += count
        self.hours.setdefault(hour, Counter())[kind] += count
        if attempt:
            self.attempts.setdefault(attempt, Counter())[kind] += count


def of_campaign(session: Session, campaign: Campaign, *, since: date | None = None) -> Funnel:
    """The funnel of a campaign from its first call on, or from the month of `since`.

    A part is asked for by whole months, because nothing finer is kept of people who are gone.
    People whose data are frozen are not counted.
    """
    zone = ZoneInfo(session.get_one(Organisation, campaign.organisation_id).timezone)
    counts = _Counts(Counter(), {}, {})
    theirs = [
        InvitationEvent.organisation_id == campaign.organisation_id,
        Invitation.campaign_id == campaign.id,
        may_be_used(Invitation),
    ]
    gone = (
        select(FunnelCell.kind, FunnelCell.hour, FunnelCell.attempt, func.sum(FunnelCell.count))
        .where(
            FunnelCell.organisation_id == campaign.organisation_id,
            FunnelCell.campaign_id == campaign.id,
        )
        .group_by(FunnelCell.kind, FunnelCell.hour, FunnelCell.attempt)
    )
    if since is not None:
        month = since.replace(day=1)
        theirs.append(InvitationEvent.happened_at >= datetime.combine(month, time(), tzinfo=zone))
        gone = gone.where(FunnelCell.month >= month)
    for steps in funnel_cells.of_people(session, zone, *theirs):
        counts.add(steps.kind, hour=steps.at.hour, attempt=steps.attempt, count=steps.count)
    for kind, hour, attempt, count in session.execute(gone):
        counts.add(kind, hour=hour, attempt=attempt, count=int(count))
    return Funnel(
        whole=Row.of(counts.whole),
        by_hour={one: Row.of(counts.hours[one]) for one in sorted(counts.hours)},
        by_attempt={one: Row.of(counts.attempts[one]) for one in sorted(counts.attempts)},
    )
