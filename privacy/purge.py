"""The purge: what is past its period goes, in small steps that may be cut off anywhere.

What is due is found by age and erased batch by batch (privacy.purge_steps). A run that died is
finished by the next: it first ends what was begun, and the rest is found again by age.
"""

import logging
from datetime import datetime
from typing import Final

from sqlalchemy import exists, select

from config.retention_rules import DataClass
from privacy import (
    anonymous_rest,
    emptied_logs,
    export_care,
    holds,
    lateness,
    receipt_age,
    rehearsal_folder,
    retention,
)
from privacy.erasing import Hands
from privacy.purge_steps import NO_RULE, Run, Totals, alarm_no_rule
from privacy.retention import Schedule
from storage import alarms, receipt_writing, restored, restrictions, statistic_cells
from storage.database import Database
from storage.house import house, reading, transaction
from storage.tables import Organisation, PurgeRun

log = logging.getLogger(__name__)

BATCH: Final = 1_000
STORE_AWAY: Final = "retention.store_unreachable"
LOG_BUSY: Final = emptied_logs.BUSY


def run(
    *,
    hands: Hands,
    database: Database,
    now: datetime,
    batch: int = BATCH,
    totals: Totals | None = None,
) -> Totals:
    """Delete everything that is due at `now`; repeating it deletes nothing more.

    An organisation or class without a usable rule is left alone, with an alarm. Files that cannot
    be deleted now keep their rows, and the next run tries again.
    """
    work = Run(hands=hands, now=now, batch=batch, totals=totals or Totals())
    with transaction() as session:
        session.add(PurgeRun(id=work.run_id, started_at=now, counts={}))
        holds.look_after(session, now=now)
        restrictions.look_after(session, now=now)
    work.finish_what_was_begun()
    _remove_exports(work.totals, hands=hands, now=now)
    no_copy = rehearsal_folder.remove_left(house().settings.data_dir)
    hands.ledger.shred(now=now)  # a line beside which nothing is kept any more may go at once
    found = _schedules(now=now)
    first = _is_first_of_the_day(now=now)
    with transaction() as session:
        session.get_one(PurgeRun, work.run_id).policies = {
            one.organisation_key: one.version for one in found if one.organisation_id is not None
        }
    for schedule in found:
        _count_what_goes(schedule, now=now)
        for kind in schedule.kinds:
            work.purge(schedule, kind)
        if schedule.organisation_id is not None and (first or _answers_went(work, schedule)):
            anonymous_rest.drop(schedule.organisation_id)
        receipt_writing.write_out(ledger=hands.ledger, keyring=hands.keyring, now=now)
        if receipts := receipt_age.expire(hands.ledger, schedule, now=now):
            work.totals.add(schedule.organisation_key, receipt_age.COUNTED_AS, receipts)
    emptied_logs.empty_these(database, hands.keyring.database, hands.ledger.database, now=now)
    with transaction() as session:
        for schedule in found:
            if schedule.organisation_id not in work.without_rule:
                alarms.clear(session, NO_RULE, subject=str(schedule.organisation_id), at=now)
        purge_run = session.get_one(PurgeRun, work.run_id)
        purge_run.finished_at = now if work.totals.left == 0 else None
        purge_run.counts = {key: dict(value) for key, value in work.totals.counts.items()}
        if work.totals.left:
            alarms.sound(session, STORE_AWAY, at=now)
        else:
            alarms.clear(session, STORE_AWAY, at=now)
            alarms.clear(session, lateness.LATE, at=now)
        tell = alarms.clear if no_copy else alarms.sound
        tell(session, rehearsal_folder.NOT_REMOVED, at=now)
        lateness.look_for_overdue(session, now=now)
        lateness.look_for_backups(session, house().settings, now=now)
    log.info("purge.ran", extra={"counts": work.totals.counts, "left": work.totals.left})
    return work.totals


def _is_first_of_the_day(*, now: datetime) -> bool:
    """Whether no run came to its end since midnight: some things are looked at once a day."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ended = exists().where(PurgeRun.finished_at >= midnight, PurgeRun.finished_at <= now)
    with reading() as session:
        return not session.scalar(select(ended))


def _answers_went(work: Run, schedule: Schedule) -> bool:
    """Whether this run took the last answer of a month, perhaps."""
    return bool(work.totals.counts.get(schedule.organisation_key, {}).get(DataClass.ANSWERS))


def _remove_exports(totals: Totals, *, hands: Hands, now: datetime) -> None:
    data_dir = house().settings.data_dir
    removed = export_care.remove_due(data_dir=data_dir, keyring=hands.keyring, now=now)
    with reading() as session:
        for organisation_id, number in removed.items():
            key = session.get_one(Organisation, organisation_id).key
            totals.add(key, "export_files", number)


def _count_what_goes(schedule: Schedule, *, now: datetime) -> None:
    """Scores that are due and still wait for company are counted now or never."""
    if schedule.organisation_id is None:
        return
    period = schedule.periods.get(DataClass.ANSWERS)
    overdue_before = now - statistic_cells.PATIENCE
    if period is not None:
        overdue_before = max(overdue_before, period.before(now, schedule.zone))
    handled = DataClass.ANSWERS in schedule.until_handled
    statistic_cells.count_new(
        schedule.organisation_id,
        overdue_before=overdue_before,
        handled_by=now if handled else None,
    )


def _schedules(*, now: datetime) -> list[Schedule]:
    with reading() as session:
        usable, without = retention.usable_schedules(session)
        waiting = restored.kept_unconfirmed(session)
    for organisation in without:
        alarm_no_rule(organisation.id, now=now)
    # A hold may have been lost with a restore: nothing goes before somebody has looked.
    return [one for one in usable if one.organisation_id not in waiting]
