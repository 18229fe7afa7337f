"""Files, keys and rows are compared in every direction, and only leavings are removed."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from storage import sign_in_names
from storage.house import House, reading, transaction
from storage.states import RecordingState
from storage.tables import Alarm, Recording
from tests.rows import add, make_call, make_customer, make_organisation
from voicemail import reconcile
from voicemail.commands import storage_group
from voicemail.reconcile import MOST_REPAIRS, Report

# Files bear the time of the machine, so these tests live in it.
NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=2)


def look(house: House, *, at: datetime = LATER, **more: bool) -> Report:
    return reconcile.reconcile(blobs=house.blobs, keyring=house.keyring, now=at, **more)


def make_recording(
    house: House, *, state: RecordingState = RecordingState.STORED, file: bool = True
) -> UUID:
    call = make_call(make_organisation().id)
    recording = Recording(
        id=uuid4(), organisation_id=call.organisation_id, call_id=call.id, visit=1, language="sv",
        state=state, recorded_at=NOW,
    )  # fmt: skip
    add(recording)
    house.keyring.make_keys([recording.id])
    if file:
        house.blobs.put(recording.id, b"sealed")
    return recording.id


def leave(house: House, number: int = 1) -> list[UUID]:
    """Files and keys that no row wants."""
    items = [uuid4() for _ in range(number)]
    for item in items:
        house.blobs.put(item, b"sealed")
    house.keyring.make_keys(items)
    return items


def test_a_house_in_order_is_clean(house: House) -> None:
    make_recording(house)
    make_customer(make_organisation())

    report = look(house)

    assert report.clean
    assert (report.files, report.keys) == (
        1,
        3,
    )  # the recording's, the customer's, the organisation's


def test_a_file_and_a_key_that_no_row_wants_are_found_and_removed(house: House) -> None:
    kept = make_recording(house)
    (item,) = leave(house)

    seen = look(house)
    assert (seen.orphan_files, seen.orphan_keys, seen.repaired) == ([item], [item], 0)
    assert set(house.blobs.items()) == {kept, item}

    mended = look(house, repair=True)
    assert mended.repaired == 2
    assert set(house.blobs.items()) == {kept}
    assert look(house).clean


def test_nothing_younger_than_an_hour_is_judged(house: House) -> None:
    leave(house)

    assert look(house, at=NOW + timedelta(minutes=59), repair=True).clean


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (RecordingState.READY, True),  # being written at this moment
        (RecordingState.STORED, True),
        (RecordingState.DROPPED, False),
        (RecordingState.ERASED, False),
        (RecordingState.FAILED, False),
    ],
)
def test_the_state_of_its_row_decides_whether_a_file_is_wanted(
    house: House, state: RecordingState, wanted: bool
) -> None:
    item = make_recording(house, state=state)

    look(house, repair=True)

    assert (item in set(house.blobs.items())) is wanted
    assert (item in house.keyring.keys([item])) is wanted


def test_a_row_whose_file_is_missing_is_an_alarm(house: House) -> None:
    item = make_recording(house, file=False)

    report = look(house, repair=True)

    assert report.missing_files == [item]
    with reading() as session:
        alarm = session.scalars(select(Alarm)).one()
    assert (alarm.kind, alarm.subject) == (reconcile.MISSING_FILE, str(item))


def test_a_row_whose_key_is_missing_is_an_alarm(house: House) -> None:
    recording = make_recording(house)
    customer = make_customer(make_organisation())
    house.keyring.destroy([recording, customer.id])

    report = look(house, repair=True)

    assert set(report.missing_keys) == {recording, customer.id}
    with reading() as session:
        assert {a.subject for a in session.scalars(select(Alarm))} == {
            str(recording),
            str(customer.id),
        }


def open_alarms() -> set[str]:
    with reading() as session:
        return set(session.scalars(select(Alarm.kind).where(Alarm.cleared_at.is_(None))))


def test_what_is_found_again_or_kept_no_more_ends_its_alarm(house: House) -> None:
    lost, kept = make_recording(house, file=False), make_recording(house)
    house.keyring.destroy([lost, kept])
    look(house)
    assert open_alarms() == {reconcile.MISSING_FILE, reconcile.MISSING_KEY}

    with transaction() as session:
        session.get_one(Recording, lost).state = RecordingState.ERASED
        session.get_one(Recording, kept).state = RecordingState.ERASED
    look(house)

    assert open_alarms() == set()


def test_the_key_of_an_organisation_is_never_destroyed(house: House) -> None:
    organisation = make_organisation()
    before = house.keyring.lookup_hash(organisation.id, "phone", "+46701740605")

    look(house, repair=True)

    assert house.keyring.lookup_hash(organisation.id, "phone", "+46701740605") == before


def test_nor_is_the_key_by_which_staff_are_found(house: House) -> None:
    before = sign_in_names.found_by(house.keyring, "anna")

    look(house, repair=True)

    assert sign_in_names.found_by(house.keyring, "anna") == before


def test_an_empty_database_beside_a_full_store_looks_wrong_and_nothing_is_removed(
    house: House,
) -> None:
    items = leave(house, MOST_REPAIRS + 1)

    report = look(house, repair=True)

    assert (report.held_back, report.repaired) == (True, 0)
    assert set(house.blobs.items()) == set(items)
    with reading() as session:
        assert session.scalars(select(Alarm.kind)).one() == reconcile.TOO_MANY

    look(house)
    assert open_alarms() == {reconcile.TOO_MANY}  # it is as before, and nobody removed anything
    assert look(house, repair=True, many=True).repaired == 2 * len(items)
    assert open_alarms() == set()


def test_pieces_of_a_file_whose_writing_was_cut_are_removed(house: House, tmp_path: Path) -> None:
    kept = make_recording(house)
    folder = tmp_path / "recordings"
    for name, age in (("old.sealed#1", 7200), ("young.sealed#2", 60)):
        piece = folder / name
        piece.write_bytes(b"half")
        os.utime(piece, (NOW.timestamp() - age, NOW.timestamp() - age))

    report = look(house, at=NOW, repair=True)

    assert report.stray_pieces == 1
    assert {p.name for p in folder.iterdir() if p.is_file()} == {"young.sealed#2"}
    assert set(house.blobs.items()) == {kept}


def test_the_command_says_what_it_found_and_ends_with_1_when_something_is_missing(
    house: House,
) -> None:
    assert _command().exit_code == 0
    item = make_recording(house, file=False)

    result = _command()

    assert result.exit_code == 1
    assert "1  recordings whose file is missing" in result.output
    assert str(item) in result.output


def _command(*arguments: str) -> Any:
    return CliRunner().invoke(storage_group, ["reconcile", *arguments])
