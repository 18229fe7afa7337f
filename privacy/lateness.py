"""Whether the purge keeps up: it ran to its end lately, and nothing is overdue by more than a day.

The first is asked by the schedule process and not by the purge itself: what has stopped tells
nobody that it has.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from config.settings import Settings
from privacy import export_care, receipt_age, retention
from privacy.retention import Item
from privacy.schedules import NoRuleError, Schedule, usable_schedules
from storage import alarms, keyring_backup
from storage.house import house
from storage.moments_ahead import SKEW, lies_ahead
from storage.periodic import PERIODIC
from storage.queue import JobName
from storage.tables import Organisation, PeriodicJob, PurgeRun

LATE: Final = "purge.late"
OVERDUE: Final = "purge.overdue"
BACKUP_OVERDUE: Final = "keyring.backup_overdue"
PATIENCE: Final = 2 * PERIODIC[JobName.PURGE]
"""Two periods: one run may be long, or be repeated because the store was away."""
OVERDUE_AFTER: Final = timedelta(days=1)
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Overdue:
    """Items of one class that should have gone more than a day ago."""

    organisation: str
    counted_as: str
    count: int


def last_run(session: Session, *, now: datetime) -> PurgeRun | None:
    """The latest run of the purge, finished or not; none under a clock that ran ahead counts."""
    return session.scalars(_runs(now).limit(1)).first()


def next_run(session: Session) -> datetime | None:
    """When the purge is rung next; None before the schedule process ever ran."""
    wanted = select(PeriodicJob.next_at).where(PeriodicJob.name == JobName.PURGE.name)
    return session.scalar(wanted)


def is_late(session: Session, *, now: datetime) -> bool:
    """Whether no run came to its end for two periods, counted from the first organisation on.

    An end that lies ahead is none: what a clock that ran ahead wrote proves nothing.
    """
    ended = session.scalars(_runs(now).where(PurgeRun.finished_at.is_not(None)).limit(1)).first()
    since = session.scalar(select(func.min(Organisation.applied_at)))
    if ended is not None:
        since = ended.finished_at
    return since is not None and (now - since > PATIENCE or lies_ahead(since, now=now))


def _runs(now: datetime) -> Select[PurgeRun]:
    begun = select(PurgeRun).where(PurgeRun.started_at <= now + SKEW)
    return begun.order_by(PurgeRun.started_at.desc())


def look(session: Session, *, now: datetime) -> bool:
    """Raise the alarm when the purge is late, and clear it when it is not; whether it is."""
    late = is_late(session, now=now)
    if late:
        alarms.sound(session, LATE, at=now)
    else:
        alarms.clear(session, LATE, at=now)
    return late


def look_for_backups(session: Session, settings: Settings, *, now: datetime) -> bool:
    """Raise the alarm when a backup of the keyring outlives its time, as keys come back from it."""
    folder = settings.keyring_backups_dir
    kept = settings.keyring_backups_kept
    late = folder is not None and keyring_backup.overdue(folder, kept=kept, now=now) > 0
    tell = alarms.sound if late else alarms.clear
    tell(session, BACKUP_OVERDUE, at=now)
    return late


def overdue(session: Session, schedule: Schedule, *, now: datetime) -> Iterator[Overdue]:
    """What of one organisation is still there a day after its time, and that nothing keeps back."""
    moment = now - OVERDUE_AFTER
    counts: dict[str, int] = {}
    for kind in schedule.kinds:
        after: Item | None = None
        while True:
            try:
                page = retention.due(session, schedule, kind, now=moment, limit=_PAGE, after=after)
            except NoRuleError:
                break  # has an alarm of its own
            over = sum(retention.is_over(schedule, kind, one, now=moment) for one in page)
            if over:
                counts[kind.counted_as] = counts.get(kind.counted_as, 0) + over
            if len(page) < _PAGE:
                break
            after = page[-1]
    if schedule.organisation_id is not None:
        files = export_care.overdue(session, schedule.organisation_id, now=now)
        if files:
            counts["files of exports"] = files
    receipts = receipt_age.overdue(session, house().ledger, schedule, at=moment)
    if receipts:
        counts[receipt_age.COUNTED_AS] = receipts
    for name, count in counts.items():
        yield Overdue(schedule.organisation_key, str(name), count)


def look_for_overdue(session: Session, *, now: datetime) -> list[Overdue]:
    """Raise an alarm for each organisation with something overdue, and clear the others."""
    found: list[Overdue] = []
    for schedule in usable_schedules(session)[0]:
        late = list(overdue(session, schedule, now=now))
        subject = "" if schedule.organisation_id is None else str(schedule.organisation_id)
        if late:
            alarms.sound(
                session, OVERDUE, subject=subject, organisation_id=schedule.organisation_id, at=now
            )
        else:
            alarms.clear(session, OVERDUE, subject=subject, at=now)
        found += late
    return found
