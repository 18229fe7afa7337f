"""Exports go in time, and when somebody is erased; what is out of reach is an alarm in words."""

from datetime import datetime, timedelta
from pathlib import Path

from click.testing import CliRunner, Result
from sqlalchemy import func, select

from privacy import export_care, lateness, person_erasure
from privacy.erasing import hands_of
from privacy.export_commands import exports_group
from privacy.person_erasure import Errand as Erasure
from privacy.persons import Person
from privacy.schedules import schedule_of
from storage import export_files, export_words
from storage.export_words import ExportEnd, ExportKind, ExportReason
from storage.house import House, reading, transaction
from storage.tables import Alarm, Export, Organisation, PendingReceipt, PurgeRun
from survey import export_book
from survey.export_book import Errand
from tests.privacy.test_logs_by_age import after, schedule
from tests.privacy.traces import leave_traces, run
from tests.rows import NOON, make_organisation

MICROSECOND, DAY = timedelta(microseconds=1), timedelta(days=1)
WEEK = after("7 days")


def export(house: House, organisation: Organisation, out: Path | None = None) -> Path:
    errand = Errand(organisation, ExportKind.RESPONSES, ExportReason.ANALYSIS, ".csv", out)
    with export_book.written(house, errand, now=NOON) as draft:
        draft.path.write_text("somebody,5\n")
    return draft.place


def sweep(house: House, at: datetime) -> int:
    data_dir = house.settings.data_dir
    removed = export_care.remove_due(data_dir=data_dir, keyring=house.keyring, now=at)
    return removed.total()


def the_export() -> Export:
    with reading() as session:
        return session.scalars(select(Export)).one()


def open_alarms() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(Alarm.kind).where(Alarm.cleared_at.is_(None))))


def test_a_file_of_the_folder_stays_until_its_last_moment_and_goes_in_the_next(
    house: House,
) -> None:
    place = export(house, make_organisation())

    assert sweep(house, WEEK - MICROSECOND) == 0
    assert place.exists()
    assert sweep(house, WEEK) == 1
    assert not place.exists()

    row = the_export()
    assert (row.ended, row.closed_at) == (ExportEnd.REMOVED, WEEK)
    assert sweep(house, WEEK) == 0
    with reading() as session:
        (receipt,) = session.scalars(select(PendingReceipt.document))
    assert (receipt["class"], receipt["kind"], receipt["files"]) == ("exports", "export_files", 1)


def test_the_purge_does_it_and_counts_it(house: House) -> None:
    organisation = make_organisation()
    place = export(house, organisation)

    assert run(house, WEEK - MICROSECOND).counts == {}
    totals = run(house, WEEK)

    assert totals.counts == {organisation.key: {"export_files": 1}}
    assert not place.exists()
    with reading() as session:
        counts = session.scalars(select(PurgeRun.counts).order_by(PurgeRun.started_at)).all()
    assert counts == [{}, totals.counts]


def test_a_shorter_period_holds_for_what_lies_there_already(house: House) -> None:
    organisation = make_organisation()
    export(house, organisation)
    with transaction() as session:
        row = session.get_one(Organisation, organisation.id)
        row.document = row.document | {"retention": schedule(exports={"keep": "2 days"})}

    assert sweep(house, after("2 days") - MICROSECOND) == 0
    assert sweep(house, after("2 days")) == 1


def test_a_half_written_file_of_a_process_that_died_goes_too(house: House) -> None:
    place = export(house, make_organisation())
    half = place.rename(place.with_name(place.name + ".unfinished"))

    assert sweep(house, WEEK) == 1
    assert not half.exists()


def test_a_file_elsewhere_is_the_operators_and_an_alarm_until_it_is_gone(
    house: House, tmp_path: Path
) -> None:
    place = export(house, make_organisation(), tmp_path / "list.csv")

    assert sweep(house, WEEK) == 0
    assert place.exists()
    assert open_alarms() == [export_words.ELSEWHERE]
    place.unlink()
    assert sweep(house, WEEK + DAY) == 0

    assert open_alarms() == []
    row = the_export()
    assert (row.ended, row.closed_at, row.path_sealed) == (ExportEnd.GONE, WEEK + DAY, None)
    assert receipted() == [("exports: gone", 0)]


def test_a_file_elsewhere_whose_folder_is_not_there_is_not_taken_for_gone(
    house: House, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    organisation = make_organisation()
    export(house, organisation, disk / "list.csv")
    sweep(house, WEEK)
    unmounted = disk.rename(tmp_path / "of another name")

    assert sweep(house, WEEK + DAY) == sweep(house, WEEK + DAY) == 0

    assert open_alarms() == [export_words.OUT_OF_SIGHT]
    assert the_export().closed_at is None
    assert receipted() == []
    with reading() as session:
        owner = session.get_one(Organisation, organisation.id)
        (late,) = lateness.overdue(session, schedule_of(owner), now=WEEK + DAY)
    assert (late.counted_as, late.count) == ("files of exports", 1)
    of = ("--organisation", organisation.key)
    assert "list.csv (its folder is not there)" in command("list", *of).stdout
    told = command("remove", *of, str(the_export().id))
    assert (told.exit_code, "mount its disk and try again" in told.stderr) == (2, True)

    unmounted.rename(disk)
    sweep(house, WEEK + DAY)
    assert open_alarms() == [export_words.ELSEWHERE]
    assert command("remove", *of, str(the_export().id)).stdout == "removed\n"
    assert (open_alarms(), receipted()) == ([], [("exports: removed", 1)])


def test_a_folder_that_may_not_be_looked_into_stops_no_purge(house: House, tmp_path: Path) -> None:
    place = tmp_path / "a" / "list.csv"
    place.parent.mkdir()
    export(house, make_organisation(), place)
    place.unlink()
    place.parent.rmdir()
    place.parent.symlink_to(place.parent)  # what looks into it is told of an error, for root too

    assert run(house, WEEK).counts == {}

    assert open_alarms() == [export_words.OUT_OF_SIGHT]


def receipted() -> list[tuple[str, int]]:
    """Each receipt of an export that is yet to be written into the ledger: its rule and files."""
    with reading() as session:
        told = session.scalars(select(PendingReceipt.document)).all()
    return [(one["rule"], one.get("files", 0)) for one in told if one["class"] == "exports"]


def test_a_file_elsewhere_that_a_later_one_replaced_alarms_nobody_any_more(
    house: House, tmp_path: Path
) -> None:
    organisation = make_organisation()
    export(house, organisation, tmp_path / "list.csv")
    sweep(house, WEEK)
    assert open_alarms() == [export_words.ELSEWHERE]

    export(house, organisation, tmp_path / "list.csv")

    assert open_alarms() == []


def test_a_file_on_another_machine_is_not_taken_for_gone(house: House, tmp_path: Path) -> None:
    export(house, make_organisation())
    with transaction() as session:
        session.scalars(select(Export)).one().folder = "of another machine"

    assert sweep(house, WEEK) == 0
    assert open_alarms() == []
    assert sweep(house, WEEK + DAY) == 0

    assert open_alarms() == [export_words.NOT_REMOVED]
    assert the_export().closed_at is None
    with reading() as session:
        organisation = session.get_one(Organisation, the_export().organisation_id)
        (late,) = lateness.overdue(session, schedule_of(organisation), now=WEEK + DAY)
    assert (late.counted_as, late.count) == ("files of exports", 1)


def test_a_file_elsewhere_of_another_machine_is_not_taken_for_gone_from_here(
    house: House, tmp_path: Path
) -> None:
    export(house, make_organisation(), tmp_path / "list.csv").unlink()
    with transaction() as session:
        session.scalars(select(Export)).one().folder = "of another machine"

    assert sweep(house, WEEK) == 0

    assert open_alarms() == [export_words.ELSEWHERE]
    assert (the_export().closed_at, receipted()) == (None, [])


def test_a_file_of_the_folder_that_cannot_be_removed_is_an_alarm_and_not_said_to_be_gone(
    house: House,
) -> None:
    place = export(house, make_organisation())
    place.unlink()
    place.mkdir()  # what is no file is not removed as one, by root neither

    assert sweep(house, WEEK) == 0

    assert open_alarms() == [export_words.NOT_REMOVED]
    assert (the_export().closed_at, receipted()) == (None, [])
    place.rmdir()
    assert sweep(house, WEEK) == 1


def test_nobody_says_of_a_file_in_the_folder_that_it_is_gone(house: House) -> None:
    organisation = make_organisation()
    place = export(house, organisation)
    of = ("--organisation", organisation.key, str(the_export().id))

    for told in (command("remove", *of), command("remove", *of, "--gone")):
        assert (told.exit_code, "'flask exports tidy' removes it" in told.stderr) == (2, True)

    assert (place.exists(), the_export().closed_at) == (True, None)


def test_a_persons_erasure_ends_every_export_of_the_organisation_and_of_no_other(
    house: House, tmp_path: Path
) -> None:
    person = leave_traces(house)
    ours = export(house, person.organisation)
    theirs = export(house, make_organisation())
    elsewhere = export(house, person.organisation, tmp_path / "list.csv")
    customer = person.customer
    known = (customer.phone_hash, customer.email_hash)
    somebody = Person(
        person.organisation.id, customer.id, tuple(one for one in known if one is not None)
    )

    person_erasure.erase(somebody, Erasure("1", None), hands=hands_of(house), now=NOON)

    assert (ours.exists(), theirs.exists(), elsewhere.exists()) == (False, True, True)
    assert open_alarms() == [export_words.ELSEWHERE]


def test_the_note_outlives_the_file_and_goes_with_the_request_log(house: House) -> None:
    export(house, make_organisation())
    sweep(house, WEEK)
    end = after("3 years", WEEK)

    run(house, end - MICROSECOND)
    assert count() == 1
    run(house, end)
    assert count() == 0


def count() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Export)) or 0


def command(name: str, *arguments: str) -> Result:
    return CliRunner().invoke(exports_group, [name, *arguments], catch_exceptions=False)


def test_the_commands_list_remove_and_tidy(house: House, tmp_path: Path) -> None:
    organisation = make_organisation()
    of = ("--organisation", organisation.key)
    place = export(house, organisation, tmp_path / "list.csv")
    row = str(the_export().id)

    assert f"{row}  2026-03-10  responses 0 lines  analysis" in command("list", *of).stdout
    assert str(place) in command("list", *of).stdout
    assert command("tidy").stdout.endswith(f"still there: {row}, elsewhere\n")
    assert command("tidy").exit_code == 1

    place.write_text("changed")
    assert "is not what was written" in command("remove", *of, row).stderr
    assert "leave --gone out" in command("remove", *of, row, "--gone").stderr
    place.write_text("somebody,5\n")
    assert command("remove", *of, row).stdout == "removed\n"

    assert not place.exists()
    assert command("remove", *of, row).exit_code == 2
    assert command("list", *of).stdout == "No export is still there.\n"
    assert "removed" in command("list", *of, "--all").stdout
    assert command("tidy").exit_code == 0


def test_a_file_that_was_moved_is_closed_only_when_somebody_says_so(
    house: House, tmp_path: Path
) -> None:
    organisation = make_organisation()
    export(house, organisation, tmp_path / "list.csv").rename(tmp_path / "moved.csv")
    of = ("--organisation", organisation.key, str(the_export().id))

    assert "say --gone" in command("remove", *of).stderr
    assert command("remove", *of, "--gone").stdout == "gone\n"
    assert receipted() == [("exports: gone", 0)]


def test_the_folder_itself_is_left_with_its_mark_alone(house: House) -> None:
    export(house, make_organisation())
    sweep(house, WEEK)

    folder = house.settings.data_dir / export_files.FOLDER
    assert [one.name for one in folder.iterdir()] == [".mark"]
