"""`flask keys`: what an operator types and reads when the keyring is backed up or was lost."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, select

from config.settings import Settings, load_settings
from privacy.jobs import back_up_keyring, sweep_names
from privacy.keyring_commands import keys_group
from storage.house import House, close_house, open_house, transaction, utc_now
from storage.jobs import JobFailed
from storage.keyring import WrappedKey
from storage.keyring_rows import LookupName
from storage.lookup_names import Seed
from storage.tables import PeriodicJob
from tests.conftest import environment_of_tests
from tests.privacy.traces import leave_traces

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """With a folder for the keyring's backups."""
    told = environment_of_tests(database_url, redis_url, tmp_path)
    return load_settings(told | {"KEYRING_BACKUPS_DIR": f"{tmp_path}/apart"})


def keys(*arguments: str) -> Any:
    return CliRunner().invoke(keys_group, arguments)


def test_an_operator_backs_up_loses_and_puts_back_the_keyring(house: House, tmp_path: Path) -> None:
    person = leave_traces(house)
    number = house.keyring.count()

    made = keys("backup")

    (file,) = (tmp_path / "apart").iterdir()
    assert made.output == f"{number} keys in {file}; 0 older files removed\n"
    with house.keyring.database.transaction() as session:
        session.execute(delete(WrappedKey))
    put_back = keys("restore", str(file))
    assert f"{number} keys put back from {utc_now():%Y-%m-%d}" in put_back.output
    assert "0 of them destroyed again" in put_back.output
    assert set(house.keyring.keys(person.items)) == set(person.items)
    close_house()
    open_house(house.settings)


def test_a_file_that_is_no_backup_is_refused_with_its_name(house: House, tmp_path: Path) -> None:
    wrong = tmp_path / "people.csv"
    wrong.write_text("name;number\n")

    refused = keys("restore", str(wrong))

    assert refused.exit_code == 2
    assert f"{wrong} is no backup of a keyring" in refused.output


def test_a_folder_that_cannot_be_written_is_said(house: House, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    refused = keys("backup", "--to", str(tmp_path / "file" / "below"))

    assert refused.exit_code == 2
    assert "no backup was made" in refused.output


def test_the_daily_job_writes_one_and_removes_what_is_too_old(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "apart"
    folder.mkdir()
    old = folder / f"{utc_now() - timedelta(days=8):%Y%m%dT%H%M%SZ}.keyring"
    old.touch()
    with transaction() as session:
        session.add(PeriodicJob(name="BACK_UP_KEYRING", next_at=utc_now()))

    back_up_keyring()

    (fresh,) = folder.iterdir()
    assert fresh != old
    with transaction() as session:
        assert session.get_one(PeriodicJob, "BACK_UP_KEYRING").last_done_at is not None


def test_a_day_on_which_no_backup_can_be_written_removes_the_old_ones_all_the_same(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "apart"
    folder.mkdir()
    (folder / f"{utc_now() - timedelta(days=8):%Y%m%dT%H%M%SZ}.keyring").touch()
    with house.keyring.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE data_keys RENAME TO away")

    with pytest.raises(JobFailed, match="OperationalError"):
        back_up_keyring()

    assert list(folder.iterdir()) == []


def test_the_names_of_whoever_is_gone_are_forgotten_by_command_and_by_itself(house: House) -> None:
    names, owner = house.keyring.names, uuid4()
    house.keyring.lookup_hash(owner, "phone", "+46701740605")
    asked = house.keyring.keyed_hashes(owner, "phone", ["+46701740605"])
    long_ago = utc_now() - timedelta(days=3)
    seed = names.seed() or Seed(0, b"", long_ago)
    names.set_seed(replace(seed, made_at=long_ago))
    with transaction() as session:
        session.add(PeriodicJob(name="SWEEP_NAMES", next_at=utc_now()))

    assert keys("forget").output == "0 names forgotten, 0 of a no or a yes replaced\n"

    with house.keyring.database.transaction() as session:
        row = session.scalars(select(LookupName)).one()
        assert row.rests_since is not None
        row.rests_since = long_ago
    assert keys("forget").output == "0 names forgotten, 0 of a no or a yes replaced\n"
    sweep_names()  # renews the seed that it was made from, which no backup did
    assert names.known(owner, asked) == {}
    assert names.seed() != seed
    with transaction() as session:
        assert session.get_one(PeriodicJob, "SWEEP_NAMES").last_done_at is not None


def test_a_seed_whose_day_is_still_to_come_is_renewed(house: House) -> None:
    names = house.keyring.names
    house.keyring.lookup_hash(uuid4(), "phone", "+46701740605")
    seed = replace(names.seed() or Seed(0, b"", utc_now()), made_at=utc_now() + timedelta(days=400))
    names.set_seed(seed)

    sweep_names()

    assert names.seed() != seed
