"""The purge of a later day, tried on a copy: it tells what the purge then does, and that is all."""

import hashlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from click.testing import CliRunner, Result
from sqlalchemy import select

from privacy import rehearsal, rehearsal_folder
from privacy.keepers import Keeper
from privacy.rehearsal_command import rehearse_command
from privacy.rehearsal_folder import FOLDER, RehearsingError
from storage.house import House
from storage.house import house as here
from storage.keyring import WrappedKey
from storage.matters import HoldScope
from storage.tables import Hold, Restriction
from tests.privacy.test_export_care import export, open_alarms
from tests.privacy.test_logs_by_age import make_user
from tests.privacy.traces import leave_traces, make_message, run
from tests.rows import NOON, RETENTION, add, make_mailbox, make_organisation

LATER = NOON + timedelta(days=600)
KILLED = """
import os, pathlib, signal, sys
from privacy import rehearsal_folder
with rehearsal_folder.of_its_own(pathlib.Path(sys.argv[1])) as folder:
    (folder / "main.db").write_text("of a run that was killed")
    os.kill(os.getpid(), signal.SIGKILL)
"""
HELD = [one | {"extended_by": ["legal_hold"]} for one in RETENTION]


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(NOON + timedelta(days=30), tick=True):
        yield


def rehearsed(day: str) -> Result:
    return CliRunner().invoke(rehearse_command, [day], catch_exceptions=False)


def digests(folder: Path) -> dict[str, str]:
    """Every file but the memory that SQLite's connections share."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm")
    }


def hold(person: Any) -> None:
    owner = person.organisation.id
    add(
        Hold(
            id=uuid4(), organisation_id=owner, scope=HoldScope.CUSTOMER,
            customer_id=person.customer.id, owner_id=make_user(owner).id, made_at=NOON,
            review_at=LATER + timedelta(days=900),
        )
    )  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_tells_what_the_purge_then_does_and_why_the_rest_stays(house: House) -> None:
    organisation = make_organisation(retention=HELD)
    leave_traces(house, organisation=organisation)
    hold(leave_traces(house, organisation=organisation))
    frozen = leave_traces(house, organisation=organisation)
    add(
        Restriction(
            organisation_id=organisation.id, customer_id=frozen.customer.id,
            cause="needed_for_claim", made_at=NOON,
        )
    )  # fmt: skip
    young = LATER - timedelta(days=30)
    leave_traces(house, organisation=organisation, at=young)
    make_message(house, mailbox=make_mailbox(organisation))

    done = rehearsal.rehearse(house, at=LATER)

    told = done.outcomes[organisation.key]
    assert (told["answers"].gone, told["answers"].left) == (1, 3)
    assert told["answers"].kept == {Keeper.HOLD: 1, Keeper.RESTRICTION: 1}
    assert told["telephone_messages"].gone == 1
    assert (done.files, done.files_left) == (5, 3)
    totals = run(house, LATER)
    assert totals.counts[organisation.key] == {
        name: one.gone for name, one in told.items() if one.gone
    }
    assert len(list(house.blobs.items())) == done.files_left


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_of_the_living_house_is_touched_and_the_copy_is_gone(house: House) -> None:
    leave_traces(house)
    left = house.settings.data_dir / FOLDER
    left.mkdir()
    (left / "main.db").write_text("of a run that was killed")
    (house.settings.data_dir / "rehearsal.lock").touch()
    before = digests(house.settings.data_dir)
    del before["rehearsal/main.db"]

    said = rehearsed("2027-12-31")

    assert said.exit_code == 0
    assert "       1 gone        0 left  answers" in said.stdout
    assert digests(house.settings.data_dir) == before
    assert not left.exists()
    assert here() is house


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_second_one_is_told_so_and_harms_neither_the_first_nor_does_a_purge(house: House) -> None:
    leave_traces(house)

    with rehearsal_folder.of_its_own(house.settings.data_dir) as folder:
        (folder / "main.db").write_text("of the run that has it")
        said = rehearsed("2027-12-31")
        run(house, LATER)

        assert (folder / "main.db").exists()
    assert said.exit_code == 2
    assert "another rehearsal runs on this machine" in said.output
    assert rehearsed("2027-12-31").exit_code == 0


def test_the_next_purge_removes_what_a_killed_one_left(house: House) -> None:
    data_dir = house.settings.data_dir
    killed = subprocess.run([sys.executable, "-c", KILLED, data_dir], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (data_dir / FOLDER / "main.db").exists()

    run(house, NOON)

    assert not (data_dir / FOLDER).exists()
    assert open_alarms() == []


def test_an_alarm_tells_of_one_that_cannot_be_removed(house: House, tmp_path: Path) -> None:
    place = house.settings.data_dir / FOLDER
    place.symlink_to(tmp_path)  # to a larger disk, say: what is behind it may be another's

    run(house, NOON)

    assert open_alarms() == [rehearsal_folder.NOT_REMOVED]
    with (
        pytest.raises(RehearsingError, match="remove it yourself"),
        rehearsal_folder.of_its_own(house.settings.data_dir),
    ):
        pass
    place.unlink()
    run(house, NOON)
    assert open_alarms() == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_copy_holds_no_key_and_no_sound(house: House, tmp_path: Path) -> None:
    person = leave_traces(house)

    copy = tmp_path / "copy"
    copy.mkdir()

    files = rehearsal._copy(house, copy)

    assert files == 1
    with house.keyring.database.reading() as session:
        keys = session.scalars(select(WrappedKey.wrapped)).all()
    raw = b"".join(path.read_bytes() for path in copy.rglob("*") if path.is_file())
    assert len(keys) > len(person.items)
    assert not any(key in raw for key in keys)
    with sqlite3.connect(copy / "keyring.db") as copied:
        assert copied.execute("SELECT count(*) FROM about").fetchone() == (1,)
    copied.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_has_no_rule_is_said_to_stay(house: House) -> None:
    organisation = make_organisation(retention=[])
    leave_traces(house, organisation=organisation)

    said = rehearsed("2027-12-31")

    assert f"answers  {organisation.key}: no rule for it" in said.stdout


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_exports_it_tells_those_that_are_ours_to_remove(house: House, tmp_path: Path) -> None:
    organisation = make_organisation()
    export(house, organisation)
    export(house, organisation, tmp_path / "list.csv")

    told = rehearsal.rehearse(house, at=LATER).exports

    assert told == 1 == run(house, LATER).counts[organisation.key]["export_files"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_of_postgresql_it_says_what_to_do(house: House) -> None:
    said = rehearsed("2027-12-31")

    assert said.exit_code == 2
    assert "restore a dump of it into a scratch database" in said.output


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_day_that_is_over_is_refused(house: House) -> None:
    assert rehearsed("2020-01-01").exit_code == 2
