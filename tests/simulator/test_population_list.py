"""The town's customer list: what an import takes, the same each time, and nothing given away."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from simulator.population import main
from simulator.population_list import COLUMNS, write_list
from simulator.population_people import Habit, person

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
PEOPLE = [person(index, seed=1) for index in range(40)]


def test_the_list_has_the_columns_of_an_import_and_the_people_who_answer() -> None:
    file = io.StringIO()

    write_list(file, count=40, seed=1, organisation="consumer-credit", at=NOON)

    rows = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert tuple(rows[0]) == COLUMNS
    assert ",".join(COLUMNS) == (
        "case_reference,phone,email,name,locale,channel,reason,team,happened_at"
    )
    assert [row["phone"] for row in rows] == [who.number for who in PEOPLE[:40]]
    assert len({row["case_reference"] for row in rows}) == 40
    assert len({row["email"] for row in rows}) == 40
    for row in rows:
        assert row["email"].isascii()
        assert row["email"].endswith(".example")
        happened_at = datetime.fromisoformat(row["happened_at"])
        assert timedelta(hours=2) <= NOON - happened_at <= timedelta(hours=20)


def test_the_command_writes_the_same_list_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    given = ["--count", "40", "--seed", "1", "--at", "2026-05-04T12:00:00+00:00", "--csv"]

    assert main([*given, str(first)]) == 0
    subprocess.run([sys.executable, "-m", "simulator.population", *given, str(second)], check=True)

    assert first.read_bytes() == second.read_bytes()
    assert first.read_text(encoding="utf-8").count("\n") == 41


def test_another_part_of_the_town_and_another_round_have_cases_of_their_own() -> None:
    def cases(**which: int) -> dict[str, str]:
        file = io.StringIO()
        write_list(file, count=10, seed=1, organisation="software", at=NOON, **which)
        rows = csv.DictReader(io.StringIO(file.getvalue()))
        return {row["case_reference"]: row["phone"] for row in rows}

    first, second, again = cases(), cases(first=10), cases(round_=1)

    assert list(second.values()) == [who.number for who in PEOPLE[10:20]]
    assert list(again.values()) == list(first.values())
    assert len({*first, *second, *again}) == 30


def test_the_people_of_one_country_are_those_whose_numbers_begin_with_its_code(
    tmp_path: Path,
) -> None:
    def numbers(*countries: str) -> list[str]:
        words = [word for country in countries for word in ("--country", country)]
        file = tmp_path / "list.csv"
        assert main(["--count", "40", "--csv", str(file), *words]) == 0
        return [row["phone"] for row in csv.DictReader(io.StringIO(file.read_text("utf-8")))]

    norwegian, others = numbers("NO"), numbers("SE", "DK", "FI")

    assert len(norwegian) == 6
    assert all(number.startswith("+47") for number in norwegian)
    assert sorted(norwegian + others) == sorted(who.number for who in PEOPLE)


@pytest.mark.parametrize("given", [["--first", "-1"], ["--first", "599999", "--count", "2"]])
def test_people_who_do_not_exist_cannot_be_listed(given: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(given)


def test_a_time_without_its_zone_is_refused_with_the_remedy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["--at", "2026-05-04T12:00:00"])

    assert "+02:00" in capsys.readouterr().err


def test_nobody_is_named_by_what_they_do(tmp_path: Path) -> None:
    """The list that is imported must not give the habits away: the service has to find out."""
    file = tmp_path / "list.csv"

    main(["--csv", str(file)])

    words = json.dumps(file.read_text(encoding="utf-8"))
    assert not any(habit.value in words for habit in Habit if " " in habit.value)
    assert "mumbles" not in words
