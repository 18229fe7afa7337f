"""A restored database does not open before it has forgotten again what was deleted since."""

import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from privacy.receipt_commands import restore_check_command
from storage import receipt_notes
from storage.house import House, close_house, open_house, reading, transaction
from storage.keyring import WrappedKey
from storage.ledger_check import check
from storage.receipts import Receipt, What
from storage.restoration import RestoredDatabaseError
from storage.tables import Answer, Comment, Customer, Objection, Recording, Row
from tests.privacy.test_receipts import AGES_LATER, write_out
from tests.privacy.traces import leave_traces, run
from tests.rows import NOON, add

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def count(table: type[Row]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def back_up(house: House, folder: Path, *names: str) -> None:
    for database in (house.database, house.keyring.database):
        assert database.checkpoint()
    folder.mkdir()
    for name in names:
        source = house.settings.data_dir / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, folder / name)


def restore(house: House, folder: Path) -> None:
    """Put the files back while nothing runs."""
    close_house()
    for source in folder.iterdir():
        target = house.settings.data_dir / source.name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
            continue
        for log in ("-wal", "-shm"):
            target.with_name(target.name + log).unlink(missing_ok=True)
        shutil.copy(source, target)


def restore_check() -> Any:
    result = CliRunner().invoke(restore_check_command, [])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("with_keyring", [False, True])
def test_back_up_delete_restore_and_nothing_can_be_read_or_is_there(
    house: House, tmp_path: Path, with_keyring: bool
) -> None:
    person = leave_traces(house)
    kept = ["genklang.db", "recordings", *(["keyring.db"] if with_keyring else [])]
    back_up(house, tmp_path / "backup", *kept)
    run(house, AGES_LATER)
    no = Objection(id=uuid4(), organisation_id=person.organisation.id, subject_hash=b"h" * 32,
                   method="all", source="call", made_at=NOON)  # fmt: skip
    add(no)
    write_out(house)

    restore(house, tmp_path / "backup")
    with pytest.raises(RestoredDatabaseError, match="flask storage restore-check"):
        open_house(house.settings)
    opened = open_house(house.settings, restored=True)

    # All that an operator has now: rows and files are back, and none of them opens.
    assert (count(Customer), len(list(opened.blobs.items()))) == (1, 1)
    with opened.keyring.database.reading() as session:
        keys = set(session.scalars(select(WrappedKey.item_id)))
    assert keys == {person.organisation.id}

    said = restore_check()

    for table in (Customer, Answer, Comment, Recording):
        assert count(table) == 0, table
    assert list(opened.blobs.items()) == []
    with reading() as session:
        assert session.scalars(select(Objection.id)).all() == [no.id]
    assert "1  objections" in said
    close_house()
    again = open_house(house.settings)
    assert check(again.ledger, person.organisation.id, now=NOON) == []
    assert "0  rows" in restore_check()


def test_a_line_written_just_before_a_crash_is_no_restore(house: House) -> None:
    receipt = Receipt(What.PURGED, NOON, organisation_id=leave_traces(house).organisation.id)
    with transaction() as session:
        receipt_notes.note(session, receipt)
    house.ledger.append([receipt], at=NOON)  # and the power went out before anybody noted it
    close_house()

    opened = open_house(house.settings)

    assert write_out(opened) == 1
    close_house()
    open_house(house.settings)
