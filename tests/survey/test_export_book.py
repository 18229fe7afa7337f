"""A file of people's data is in the book before its first byte, and whole or not there."""

import hashlib
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from storage import export_files
from storage.export_words import ExportEnd, ExportKind, ExportPlace, ExportReason
from storage.faults import GiveUp
from storage.house import House, reading
from storage.keyring import KeyDestroyedError
from storage.tables import Export, Organisation
from survey import export_book
from survey.export_book import Errand
from tests.rows import NOON, make_organisation

WEEK = NOON + timedelta(days=7)


def errand(organisation: Organisation, out: Path | None = None) -> Errand:
    return Errand(organisation, ExportKind.RESPONSES, ExportReason.ANALYSIS, ".csv", out)


def write(house: House, wanted: Errand, text: str = "a,b\n") -> Path:
    with export_book.written(house, wanted, now=NOON) as draft:
        draft.path.write_text(text)
        draft.lines = 1
    return draft.place


def book() -> list[Export]:
    with reading() as session:
        return list(session.scalars(select(Export).order_by(Export.id)))


def test_without_a_path_it_lies_in_the_folder_under_a_name_that_tells_nothing(
    house: House,
) -> None:
    organisation = make_organisation()

    place = write(house, errand(organisation))

    (row,) = book()
    folder = house.settings.data_dir / "exports"
    assert place == folder / f"{row.id}.csv"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (row.place, row.lines, row.expires_at) == (ExportPlace.OURS, 1, WEEK)
    assert row.sha256 == hashlib.sha256(b"a,b\n").hexdigest()
    assert row.path_sealed is None


def test_where_an_operator_had_it_put_is_noted_sealed(house: House, tmp_path: Path) -> None:
    out = tmp_path / "kalle.csv"

    write(house, errand(make_organisation(), out))

    (row,) = book()
    assert b"kalle" not in (row.path_sealed or b"")
    assert house.keyring.open(row.id, export_book.PATH, row.path_sealed) == str(out)
    assert row.folder == export_files.mark_of(house.settings.data_dir)


def test_it_is_noted_before_the_first_byte(house: House) -> None:
    with export_book.written(house, errand(make_organisation()), now=NOON) as draft:
        (row,) = book()
        assert draft.path.stat().st_size == 0
        assert (row.closed_at, row.sha256) == (None, None)


def test_what_broke_off_leaves_no_file_and_its_note_is_closed(house: House, tmp_path: Path) -> None:
    out = tmp_path / "list.csv"

    with (
        pytest.raises(ZeroDivisionError),
        export_book.written(house, errand(make_organisation(), out), now=NOON) as draft,
    ):
        draft.path.write_text("half a li")
        raise ZeroDivisionError

    (row,) = book()
    assert (row.ended, row.closed_at, row.path_sealed) == (ExportEnd.FAILED, NOON, None)
    assert [one for one in tmp_path.iterdir() if one.name.startswith("list")] == []
    with pytest.raises(KeyDestroyedError):
        house.keyring.key(row.id)


def test_a_file_that_cannot_be_written_is_said(house: House, tmp_path: Path) -> None:
    with pytest.raises(GiveUp, match="cannot be written"):
        write(house, errand(make_organisation(), tmp_path / "nowhere" / "list.csv"))

    assert [row.ended for row in book()] == [ExportEnd.FAILED]


def test_a_later_file_of_the_same_place_takes_the_place_of_the_earlier_one(
    house: House, tmp_path: Path
) -> None:
    organisation, other = make_organisation(), make_organisation()
    write(house, errand(organisation, tmp_path / "other.csv"))
    write(house, errand(organisation, tmp_path / "list.csv"))
    write(house, errand(other))

    write(house, errand(organisation, tmp_path / "list.csv"))

    assert [row.ended for row in book()] == [None, ExportEnd.REPLACED, None, None]


def test_what_went_to_standard_output_is_noted_and_out_of_reach(house: House) -> None:
    export_book.handed_out(
        house, make_organisation(), kind=ExportKind.RESPONSES, reason=ExportReason.QUALITY,
        lines=3, now=NOON,
    )  # fmt: skip

    (row,) = book()
    assert (row.place, row.ended, row.lines) == (ExportPlace.STREAM, ExportEnd.HANDED_OUT, 3)


def test_two_folders_have_two_marks_and_each_keeps_its_own(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"

    marks = [export_files.mark_of(folder, make=True) for folder in (one, other, one)]

    assert marks[0] == marks[2] != marks[1]
    assert export_files.mark_of(tmp_path / "none") == ""
