"""A purge that stopped, or that leaves something behind, is told of; nothing else is."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import schedule as schedule_process
from privacy import lateness
from privacy.commands import retention_group
from storage import keyring_backup, moments_ahead
from storage.blobs import StorageUnreachable
from storage.house import House, reading, transaction, utc_now
from storage.queue import JobName
from storage.tables import Alarm, PeriodicJob, PurgeRun
from tests.privacy.test_holds import freeze
from tests.privacy.test_logs_by_age import after
from tests.privacy.traces import leave_traces, run
from tests.rows import NOON, RETENTION, add, make_organisation

DAY, MICROSECOND = timedelta(days=1), timedelta(microseconds=1)
QUARTER = timedelta(minutes=15)


def alarms(*, kind: str) -> list[bool]:
    """Whether each alarm of that kind is over."""
    with reading() as session:
        found = session.scalars(select(Alarm).where(Alarm.kind == kind).order_by(Alarm.raised_at))
        return [alarm.cleared_at is not None for alarm in found]


def finished(at: datetime) -> None:
    add(PurgeRun(started_at=at - MICROSECOND, finished_at=at, counts={}))


def test_a_purge_that_did_not_end_for_two_periods_is_told_by_the_process_that_rings_it(
    house: House,
) -> None:
    make_organisation(at=NOON - DAY)
    finished(NOON)

    schedule_process.tick(holder="a", now=NOON)
    schedule_process.tick(holder="a", now=NOON + 2 * QUARTER)
    assert alarms(kind=lateness.LATE) == []
    schedule_process.tick(holder="a", now=NOON + 3 * QUARTER)
    schedule_process.tick(holder="a", now=NOON + 4 * QUARTER)
    assert alarms(kind=lateness.LATE) == [False]

    run(house, NOON + 5 * QUARTER)
    assert alarms(kind=lateness.LATE) == [True]


def test_a_purge_that_never_ran_is_late_from_the_first_organisation_on(house: House) -> None:
    with reading() as session:
        assert not lateness.is_late(session, now=NOON)
    make_organisation(at=NOON)

    with reading() as session:
        assert not lateness.is_late(session, now=NOON + 2 * QUARTER)
        assert lateness.is_late(session, now=NOON + 2 * QUARTER + MICROSECOND)


def test_a_run_under_a_clock_that_ran_ahead_is_no_proof_that_the_purge_runs(house: House) -> None:
    make_organisation(at=NOON - DAY)
    finished(NOON)
    finished(NOON + 400 * DAY)

    with reading() as session:
        assert not lateness.is_late(session, now=NOON + 2 * QUARTER)
        assert lateness.is_late(session, now=NOON + 2 * QUARTER + MICROSECOND)
        last = lateness.last_run(session, now=NOON)
    assert last is not None
    assert last.finished_at == NOON


def test_a_house_whose_whole_life_lies_ahead_is_late(house: House) -> None:
    make_organisation(at=NOON + 400 * DAY)

    with reading() as session:
        assert lateness.is_late(session, now=NOON)


def test_the_alarm_does_not_wait_for_a_purge_to_be_rung(house: House) -> None:
    make_organisation(at=NOON - DAY)
    finished(NOON)
    schedule_process.tick(holder="a", now=NOON)
    with transaction() as session:
        session.get_one(PeriodicJob, JobName.PURGE.name).next_at = NOON + 3 * QUARTER

    schedule_process.tick(holder="a", now=NOON + 2 * QUARTER + timedelta(seconds=1))

    assert alarms(kind=lateness.LATE) == [False]


def test_after_a_clock_was_set_right_the_purge_runs_and_its_silence_is_told(house: House) -> None:
    make_organisation(at=NOON - DAY)
    run(house, NOON + 400 * DAY)
    schedule_process.tick(holder="a", now=NOON + 400 * DAY)

    rung = [schedule_process.tick(holder="b", now=NOON + k * QUARTER) for k in range(4)]
    assert all(rung)
    assert alarms(kind=lateness.LATE) == [False]
    assert alarms(kind=moments_ahead.WENT_BACK) == [False]

    run(house, NOON + 4 * QUARTER)
    schedule_process.tick(holder="b", now=NOON + 4 * QUARTER)
    assert alarms(kind=lateness.LATE) == [True]


def test_a_run_that_began_and_died_does_not_count(house: House) -> None:
    make_organisation(at=NOON - DAY)
    add(PurgeRun(started_at=NOON + 4 * QUARTER, counts={}))

    with reading() as session:
        assert lateness.is_late(session, now=NOON + 4 * QUARTER)


class _Away:
    """A store that cannot be reached."""

    def delete(self, item: Any) -> None:
        raise StorageUnreachable("away")


def test_what_is_overdue_by_more_than_a_day_is_told_until_it_is_gone(house: House) -> None:
    person = leave_traces(house)
    end = after("12 months")

    run(house, end + DAY - MICROSECOND, blobs=_Away())
    assert alarms(kind=lateness.OVERDUE) == []
    run(house, end + DAY, blobs=_Away())
    assert alarms(kind=lateness.OVERDUE) == [False]
    with reading() as session:
        subject = session.scalars(select(Alarm.subject).where(Alarm.kind == lateness.OVERDUE)).one()
    assert subject == str(person.organisation.id)

    run(house, end + DAY)
    assert alarms(kind=lateness.OVERDUE) == [True]


def test_what_is_kept_back_is_not_overdue(house: House) -> None:
    freeze(leave_traces(house))

    run(house, NOON + 3_000 * DAY)

    assert alarms(kind=lateness.OVERDUE) == []


def status() -> Any:
    return CliRunner().invoke(retention_group, ["status"])


def test_the_status_tells_the_last_run_the_next_one_and_that_all_is_well(house: House) -> None:
    leave_traces(house, at=utc_now() - 3_000 * DAY)
    schedule_process.tick(holder="a", now=utc_now())
    run(house, utc_now())

    result = status()

    assert result.exit_code == 0, result.output
    assert "Last run: began 20" in result.output
    assert "       1  answers  o-" in result.output
    assert "Next run: 20" in result.output
    assert "LATE" not in result.output


@pytest.mark.parametrize("retention", [RETENTION, [{"class": "answers", "keep": "long"}]])
def test_the_status_ends_with_one_when_something_is_wrong(house: House, retention: Any) -> None:
    organisation = make_organisation(retention=retention)
    leave_traces(house, at=utc_now() - 3_000 * DAY, organisation=organisation)

    result = status()

    assert result.exit_code == 1
    assert "The purge has never run." in result.output
    assert "LATE: no run came to its end" in result.output
    unreadable = "its retention rules cannot be read" in result.output
    assert ("Overdue by more than a day: 1 answers" in result.output) is not unreadable
    assert unreadable is (retention is not RETENTION)


def test_a_backup_of_the_keyring_that_outlives_its_time_is_told_of_until_it_is_gone(
    house: House, tmp_path: Path
) -> None:
    settings = house.settings.model_copy(update={"keyring_backups_dir": tmp_path / "backups"})
    keyring_backup.back_up(house.keyring, tmp_path / "backups", now=NOON)
    last = NOON + settings.keyring_backups_kept + DAY

    def look(at: datetime) -> list[bool]:
        with transaction() as session:
            lateness.look_for_backups(session, settings, now=at)
        return alarms(kind=lateness.BACKUP_OVERDUE)

    assert look(last) == []
    assert look(last + MICROSECOND) == look(last + DAY) == [False]
    keyring_backup.remove_old(tmp_path / "backups", kept=settings.keyring_backups_kept, now=last)
    assert look(last + DAY) == [True]
