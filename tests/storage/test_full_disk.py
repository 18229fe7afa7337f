"""The disk of the database is full: it is said in one line, and what was committed stays."""

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from storage.database import Database, DatabaseFullError
from storage.house import utc_now
from storage.tables import Interaction
from tests.conftest import environment_of_tests
from tests.disks import disk_of, grow

ROOT = Path(__file__).parents[2]
PEOPLE = 4_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for the empty database and a little more."""
    with disk_of("4m", tmp_path / "disk") as folder:
        yield folder


@pytest.fixture
def house_on_disk(
    disk: Path, tmp_path: Path, redis_url: str, sqlite_template: Path
) -> dict[str, str]:
    """The environment of an installation whose main database, and nothing else, is on that disk."""
    shutil.copy(sqlite_template, disk / "genklang.db")
    chosen = environment_of_tests(f"sqlite:///{disk}/genklang.db", redis_url, tmp_path)
    return {"PATH": os.environ["PATH"], "FLASK_APP": "wsgi:for_commands", **chosen}


def flask(environment: dict[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "flask", *words],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def cases(file: Path) -> Path:
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["case_reference", "phone", "email", "name", "locale", "channel", "reason",
                       "team", "happened_at"])  # fmt: skip
        at = utc_now().isoformat()
        for n in range(PEOPLE):
            rows.writerow([f"c-{n}", f"+4670174{n:04}", "", f"N {n}", "sv", "call", "", "", at])
    return file


def test_an_import_that_fills_the_disk_says_so_in_one_line_and_ends_when_there_is_room(
    house_on_disk: dict[str, str], disk: Path, tmp_path: Path
) -> None:
    assert flask(house_on_disk, "organisations", "apply").returncode == 0
    file = cases(tmp_path / "cases.csv")
    words = ("interactions", "import", str(file), "--organisation", "consumer-credit",
             "--campaign", "after-case")  # fmt: skip

    refused = flask(house_on_disk, *words)

    told = [line for line in refused.stderr.splitlines() if "full" in line]
    assert len(told) == 1, refused.stderr
    assert told[0].startswith("Error: the disk of the database genklang.db is full")
    assert "Traceback" not in refused.stderr
    assert refused.returncode == 2

    grow(disk, "64m")
    again = flask(house_on_disk, *words)

    assert again.returncode == 0, again.stderr
    database = Database(house_on_disk["DATABASE_URL"])
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Interaction)) == PEOPLE
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    database.close()


def test_a_step_that_finds_no_room_keeps_nothing_and_takes_nothing_away(disk: Path) -> None:
    database = Database(f"sqlite:///{disk}/some.db")
    with database.transaction() as session:
        session.execute(text("CREATE TABLE kept (what TEXT)"))
        session.execute(text("INSERT INTO kept VALUES ('said')"))

    with pytest.raises(DatabaseFullError, match="make room"), database.transaction() as session:
        session.execute(text("INSERT INTO kept VALUES ('lost')"))
        for _ in range(100):
            session.execute(text("INSERT INTO kept VALUES (hex(randomblob(100000)))"))

    with database.reading() as session:
        assert session.scalars(text("SELECT what FROM kept")).all() == ["said"]
    with database.transaction() as session:
        session.execute(text("INSERT INTO kept VALUES ('later')"))
    database.close()
