"""Periodic jobs: rung when due, once, by one process at a time."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

import schedule
from storage import moments_ahead, periodic
from storage.house import House, reading, transaction
from storage.queue import JobName, QueueName
from storage.tables import Alarm, PeriodicJob

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_every_job_is_rung_at_the_first_look_and_again_only_when_due(house: House) -> None:
    first = schedule.tick(holder="a", now=NOW)
    at_once = schedule.tick(holder="a", now=NOW + timedelta(seconds=1))
    later = schedule.tick(holder="a", now=NOW + timedelta(seconds=16))

    assert first == len(periodic.PERIODIC)
    assert at_once == 0
    due = [job for job, every in periodic.PERIODIC.items() if every <= timedelta(seconds=16)]
    assert later == len(due) == 3


def test_only_the_holder_of_the_lease_rings_until_it_is_gone_for_half_a_minute(
    house: House,
) -> None:
    schedule.tick(holder="a", now=NOW)

    while_held = schedule.tick(holder="b", now=NOW + timedelta(seconds=29))
    after_its_death = schedule.tick(holder="b", now=NOW + timedelta(seconds=31))

    assert while_held == 0
    assert after_its_death > 0


def test_a_released_lease_is_taken_at_once(house: House) -> None:
    schedule.tick(holder="a", now=NOW)
    with transaction() as session:
        periodic.release_lease(session, holder="a", now=NOW + timedelta(seconds=16))

    assert schedule.tick(holder="b", now=NOW + timedelta(seconds=16)) > 0


def test_runs_that_were_missed_over_a_night_count_as_one(house: House) -> None:
    schedule.tick(holder="a", now=NOW)
    house.bell.queue(QueueName.DEFAULT).empty()

    schedule.tick(holder="a", now=NOW + timedelta(hours=10))

    purges = [j for j in house.bell.queue(QueueName.DEFAULT).jobs if j.func_name == JobName.PURGE]
    assert len(purges) == 1


def test_the_end_of_a_run_is_noted(house: House) -> None:
    schedule.tick(holder="a", now=NOW)
    with transaction() as session:
        periodic.mark_done(session, JobName.PURGE, now=NOW)

    with reading() as session:
        assert session.get_one(PeriodicJob, "PURGE").last_done_at == NOW


def test_a_clock_that_ran_ahead_and_was_set_right_holds_no_job_back(house: House) -> None:
    schedule.tick(holder="a", now=NOW + timedelta(days=400))

    rung = [schedule.tick(holder="a", now=NOW + timedelta(seconds=s)) for s in (0, 1, 16)]

    assert rung == [len(periodic.PERIODIC), 0, 3]
    with reading() as session:
        alarm = session.scalars(select(Alarm)).one()
    assert (alarm.kind, alarm.raised_at) == (moments_ahead.WENT_BACK, NOW)


def test_clocks_of_two_machines_that_differ_a_little_ring_nothing_twice(house: House) -> None:
    schedule.tick(holder="a", now=NOW + moments_ahead.SKEW)

    assert schedule.tick(holder="a", now=NOW) == 0
    with reading() as session:
        assert session.scalars(select(Alarm)).all() == []


def test_a_lease_that_a_clock_gave_until_next_year_shuts_nobody_out(house: House) -> None:
    schedule.tick(holder="a", now=NOW + timedelta(days=400))

    assert schedule.tick(holder="b", now=NOW) == len(periodic.PERIODIC)
    assert schedule.tick(holder="a", now=NOW + timedelta(seconds=29)) == 0
