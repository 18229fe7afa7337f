"""Under a clock that leapt ahead nothing goes by age before an operator says that it is right."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from config.settings import Settings, load_settings
from messaging.jobs import sweep_requests
from privacy import clock_brake
from privacy.clock_brake import LONGEST_GAP
from privacy.commands import retention_group
from privacy.jobs import back_up_keyring, purge, sweep_names
from privacy.keyring_commands import keys_group
from storage import alarms, users
from storage.house import House, reading, transaction, utc_now
from storage.keyring_rows import LookupName
from storage.request_states import Outcome, RequestState
from storage.tables import Alarm, Answer, PurgeRun, Role
from tests.conftest import environment_of_tests
from tests.privacy.test_request_ends import receive, stored
from tests.privacy.traces import leave_traces
from tests.rows import NOON, add, make_organisation

DAY, MICROSECOND = timedelta(days=1), timedelta(microseconds=1)


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """With a folder for the keyring's backups."""
    told = environment_of_tests(database_url, redis_url, tmp_path)
    return load_settings(told | {"KEYRING_BACKUPS_DIR": f"{tmp_path}/apart"})


def ran(at: datetime) -> None:
    add(PurgeRun(started_at=at, finished_at=at, counts={}))


def is_held(now: datetime) -> tuple[bool, bool]:
    """Whether what goes by age is held back, and whether the alarm is open then."""
    held = clock_brake.holds_back(now=now)
    with reading() as session:
        return held, alarms.is_open(session, clock_brake.LEAPT)


def retention(*arguments: str) -> Any:
    return CliRunner().invoke(retention_group, arguments)


def keys(*arguments: str) -> Any:
    return CliRunner().invoke(keys_group, arguments)


def answers() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Answer)) or 0


def test_it_is_held_back_where_no_purge_began_for_three_days_and_let_go_by_one(
    house: House,
) -> None:
    assert is_held(NOON) == (False, False)  # a house in which none ever ran
    ran(NOON)

    assert is_held(NOON + LONGEST_GAP) == (False, False)
    assert is_held(NOON + LONGEST_GAP + MICROSECOND) == (True, True)
    assert is_held(NOON + 1_000 * DAY) == (True, True)
    assert is_held(NOON + DAY) == (False, False)  # the clock was set right

    ran(NOON + 1_000 * DAY)  # it was wrong again, and somebody said that it is right
    assert is_held(NOON + 1_000 * DAY) == (False, False)
    assert is_held(NOON + 2 * DAY) == (False, False)
    assert is_held(NOON + 4 * DAY) == (True, True)


def test_under_a_clock_that_leapt_no_job_takes_anything_and_an_operator_lets_it_go_on(
    house: House, tmp_path: Path
) -> None:
    now = utc_now()
    leave_traces(house, at=now - 3_000 * DAY)
    ran(now - 4 * DAY)
    old = tmp_path / "apart" / f"{now - 9 * DAY:%Y%m%dT%H%M%SZ}.keyring"
    old.parent.mkdir()
    old.touch()
    house.keyring.lookup_hash(make_organisation().id, "phone", "+46701740699")
    with house.keyring.database.transaction() as session:
        for name in session.scalars(select(LookupName)):
            name.rests_since = now - 5 * DAY
    house.keyring.names.renew_seed(now=now)
    there = sum(1 for page in house.keyring.names.pages(100) for _ in page)

    purge()
    sweep_names()
    back_up_keyring()

    assert answers() > 0
    assert sum(1 for page in house.keyring.names.pages(100) for _ in page) == there
    assert len(list(old.parent.iterdir())) == 2  # the day's own is written all the same
    assert old.exists()
    refused = retention("run")
    assert refused.exit_code == 2
    assert f"the last run of the purge began at {now - 4 * DAY:%Y-%m-%d}" in refused.output
    assert "nothing was deleted" in refused.output
    assert keys("forget").exit_code == 2
    assert "old files stay" in keys("backup").output
    told = retention("status")
    assert (told.exit_code, "HELD BACK" in told.output) == (1, True)
    assert answers() > 0

    done = retention("run", "--clock-is-right")

    assert done.exit_code == 0, done.output
    assert answers() == 0
    assert "HELD BACK" not in retention("status").output
    assert is_held(utc_now()) == (False, False)
    assert keys("forget").exit_code == 0
    assert "1 older files removed" in keys("backup").output
    assert not old.exists()


def test_the_purge_goes_on_by_itself_when_the_clock_is_set_right(house: House) -> None:
    now = utc_now()
    leave_traces(house, at=now - 3_000 * DAY)
    ran(now - DAY)
    assert is_held(now + 400 * DAY) == (True, True)

    purge()

    assert answers() == 0
    assert is_held(now) == (False, False)


def test_the_clock_is_believed_for_three_days_from_a_persons_word_that_has_come(
    house: House,
) -> None:
    with transaction() as session:
        user = users.create(
            session, house.keyring, name="olle", password="a password long enough",
            role=Role.OPERATOR, organisation_id=None, at=NOON,
        ).id  # fmt: skip
    then = NOON + 100 * DAY
    ran(NOON)

    def vouch(at: datetime) -> bool:
        with transaction() as session:
            return clock_brake.vouch(session, by=user, now=at)

    assert vouch(NOON + DAY) is False  # it is believed already, and nothing is noted
    with reading() as session:
        assert session.scalars(select(Alarm)).all() == []
    assert vouch(then) is True
    assert vouch(then) is False

    assert is_held(then) == (False, False)
    assert is_held(then + LONGEST_GAP) == (False, False)
    assert is_held(then + LONGEST_GAP + MICROSECOND) == (True, True)
    assert is_held(then - DAY) == (True, True)  # a word that is still to come says nothing
    with reading() as session:
        seen = session.scalars(select(Alarm.seen_by).where(Alarm.cleared_at == then)).all()
    assert seen == [user]


def test_an_alarm_that_ended_by_itself_is_nobodys_word(house: House) -> None:
    ran(NOON)
    is_held(NOON + 10 * DAY)
    is_held(NOON + DAY)  # the clock was set right

    assert is_held(NOON + 4 * DAY) == (True, True)


def test_no_request_ends_unanswered_under_a_clock_that_leapt(house: House) -> None:
    now = utc_now()
    request = receive(house)
    ran(now - 4 * DAY)

    sweep_requests()
    assert stored(request).state is RequestState.RECEIVED

    ran(now)
    sweep_requests()
    assert stored(request).outcome is Outcome.REFUSED
