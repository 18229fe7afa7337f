"""How fast a file of closed cases is registered, against the database's own bulk load of the rows.

The bare side loads the very rows that the import made, sealed already, without a check, a look-up
or a key: what it leaves out is most of the work, so the ratio says what that work costs.
"""

import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from storage.house import house, utc_now
from survey.interaction_import import import_file
from tests.load.ground import ROOT, Kind, ground

ORGANISATION, CAMPAIGN = "consumer-credit", "after-case"
TABLES = ("customers", "interactions", "invitations")
FEW, MANY = 10_000, 1_000_000


@dataclass(frozen=True, slots=True)
class ImportFigures:
    """Rows of the file per second on both sides; `ratio` is the median of the rounds' own."""

    kind: Kind
    bare_per_second: float
    import_per_second: float
    ratio: float


@dataclass(frozen=True, slots=True)
class ImportMemory:
    """The most megabytes a process held that imported `rows` lines, and its lines per second."""

    rows: int
    megabytes: float
    per_second: float


def measure(kind: Kind, *, rounds: int, rows: int) -> ImportFigures:
    """Both sides in turns, each round on databases of its own."""
    bare, ours = [], []
    for _ in range(rounds):
        with ground(kind) as here:
            path = write_file(here.folder / "cases.csv", rows=rows)
            started = time.perf_counter()
            registered = _import(path)
            ours.append(rows / (time.perf_counter() - started))
            if registered != rows:
                raise RuntimeError(f"{registered} of {rows} lines were registered")
            bare.append(rows / _bulk_load(kind))
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    return ImportFigures(
        kind, statistics.median(bare), statistics.median(ours), statistics.median(ratios)
    )


def memory(sizes: Sequence[int] = (FEW, MANY)) -> list[ImportMemory]:
    """What processes of their own hold that import files of those sizes, on SQLite."""
    found = []
    for rows in sizes:
        answer = subprocess.run(
            [sys.executable, "-m", "tests.load.bench_import", str(rows)],
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        megabytes, per_second = answer.stdout.split()
        found.append(ImportMemory(rows, float(megabytes), float(per_second)))
    return found


def write_file(path: Path, *, rows: int, now: datetime | None = None) -> Path:
    """A file of that many cases of as many people, all of them two hours old."""
    chosen = random.Random(rows)
    happened_at = ((now or utc_now()) - timedelta(hours=2)).isoformat()
    with path.open("w", encoding="utf-8") as file:
        file.write("case_reference,phone,email,name,locale,channel,reason,team,happened_at\n")
        for number in range(rows):
            file.write(
                f"case-{number},+4670{chosen.randrange(10**7):07d},kund{number}@example.com,"
                f"Kund {number} Andersson,sv,phone,loan,team {number % 7},{happened_at}\n"
            )
    return path


def _import(path: Path) -> int:
    report = import_file(house(), path, organisation=ORGANISATION, campaign=CAMPAIGN, now=utc_now())
    return report.outcomes.total()


def _bulk_load(kind: Kind) -> float:
    """Seconds to load the imported rows again with the database's own means."""
    if kind is Kind.SQLITE:
        return _bulk_load_sqlite(str(house().database.url.database))
    return _copy_postgresql()


def _bulk_load_sqlite(path: str) -> float:
    house().database.checkpoint()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        rows = {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in TABLES}  # noqa: S608 - our own names
        for table in reversed(TABLES):
            database.execute(f"DELETE FROM {table}")  # noqa: S608
        database.execute("PRAGMA synchronous=FULL")
        started = time.perf_counter()
        database.execute("BEGIN IMMEDIATE")
        for table in TABLES:
            marks = ",".join("?" * len(rows[table][0]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", rows[table])  # noqa: S608
        database.execute("COMMIT")
        return time.perf_counter() - started


def _copy_postgresql() -> float:
    url = house().database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        rows: dict[str, list[tuple[Any, ...]]] = {}
        names = {}
        for table in TABLES:
            found = connection.execute(f"SELECT * FROM {table}")  # noqa: S608
            names[table] = ",".join(column.name for column in found.description or ())
            rows[table] = found.fetchall()
        for table in reversed(TABLES):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 # type: ignore[arg-type]
        connection.commit()
        started = time.perf_counter()
        for table in TABLES:
            with connection.cursor().copy(f"COPY {table} ({names[table]}) FROM STDIN") as copy:  # type: ignore[arg-type]
                for row in rows[table]:
                    copy.write_row(row)
        connection.commit()
        return time.perf_counter() - started


def _main(rows: int) -> None:
    """One import in this process; prints its most megabytes and its lines per second."""
    with (
        tempfile.TemporaryDirectory(prefix="gk-", dir="/tmp") as folder,
        ground(Kind.SQLITE),
    ):
        path = write_file(Path(folder) / "cases.csv", rows=rows)
        started = time.perf_counter()
        _import(path)
        took = time.perf_counter() - started
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, rows / took)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
