"""The register of staff goes back to the client it belongs to, and the book knows of it."""

import csv
import stat
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import select

from storage.export_words import ExportKind, ExportPlace, ExportReason
from storage.house import House, reading
from storage.tables import Export
from survey.mailbox_commands import mailboxes_group
from tests.rows import make_mailbox, make_organisation


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        mailboxes_group, [str(one) for one in arguments], catch_exceptions=False
    )


def exports() -> list[Export]:
    with reading() as session:
        return list(session.scalars(select(Export)))


def test_who_is_told_of_which_mailbox_goes_into_a_file_that_only_its_owner_reads(
    house: House, tmp_path: Path
) -> None:
    mine, other = make_organisation(), make_organisation()
    told = make_mailbox(mine, notify=("a@example.org", "b@example.org"), name="=Växeln")
    silent = make_mailbox(mine)
    make_mailbox(other, notify=("c@example.org",))
    out = tmp_path / "staff.csv"

    done = run("export", "--organisation", mine.key, "--out", out, "--reason", "handover")

    assert done.exit_code == 0, done.output
    assert f"{out}: 3 lines" in done.output
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(one["mailbox"], one["notify"]) for one in rows} == {
        (told.key, "a@example.org"),
        (told.key, "b@example.org"),
        (silent.key, ""),
    }
    # Spreadsheets run no formula of it.
    assert {one["name"] for one in rows} == {"'=Växeln", "Växeln"}
    assert {one["number"] for one in rows} == {f"'{told.number}", f"'{silent.number}"}
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    (noted,) = exports()
    assert (noted.organisation_id, noted.kind, noted.reason, noted.place, noted.lines) == (
        *(mine.id, ExportKind.STAFF, ExportReason.HANDOVER, ExportPlace.ELSEWHERE, 3),
    )


def test_without_a_file_it_lies_in_the_folder_of_exports(house: House) -> None:
    mine = make_organisation()
    make_mailbox(mine, notify=("a@example.org",))

    done = run("export", "--organisation", mine.key)

    assert done.exit_code == 0, done.output
    (noted,) = exports()
    assert (noted.place, noted.lines) == (ExportPlace.OURS, 1)


def test_an_organisation_that_is_not_there_is_named_and_nothing_is_noted(house: House) -> None:
    done = run("export", "--organisation", "nobody")

    assert done.exit_code == 2
    assert "nobody" in done.output
    assert exports() == []
