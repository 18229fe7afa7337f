"""What a dialler's claim holds, however many cases wait: `python -m tests.load.claim_memory ROWS`.

The cases are loaded with the database's own bulk load; those in front are real people.
"""

import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from ivr.dialling import BATCH
from ivr.orders import claim
from storage.house import house, transaction, utc_now
from storage.identity import new_id
from survey.interaction_import import import_file
from survey.places import find_campaign
from tests.load.bench_import import CAMPAIGN, ORGANISATION, write_file
from tests.load.ground import ROOT, Kind, ground
from tests.load.placed import let_loose

FEW, MANY = 10_000, 1_000_000
LOOKS: Final = 40
_REAL: Final = LOOKS * BATCH


@dataclass(frozen=True, slots=True)
class ClaimMemory:
    """The most megabytes a process held that claimed beside so many rows, and a claim's time."""

    rows: int
    megabytes: float
    seconds: float


def measure(sizes: Sequence[int] = (FEW, MANY)) -> list[ClaimMemory]:
    """What processes of their own hold, on SQLite."""
    found = []
    for rows in sizes:
        answer = subprocess.run(
            [sys.executable, "-m", "tests.load.claim_memory", str(rows)],
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        megabytes, seconds = answer.stdout.split()
        found.append(ClaimMemory(rows, float(megabytes), float(seconds)))
    return found


def _main(rows: int) -> None:
    """Claim beside so many rows; prints the most megabytes and the seconds of a claim."""
    with tempfile.TemporaryDirectory(prefix="gk-", dir="/tmp") as folder, ground(Kind.SQLITE):
        path = write_file(Path(folder) / "cases.csv", rows=_REAL)
        now = utc_now()
        import_file(house(), path, organisation=ORGANISATION, campaign=CAMPAIGN, now=now)
        load_waiting(rows - _REAL, now=now + timedelta(seconds=1))
        let_loose()
        started = time.perf_counter()
        for _ in range(LOOKS):
            with transaction() as session:
                claim(session, now=now + timedelta(minutes=1), limit=BATCH, at_most=lambda _: BATCH)
        took = (time.perf_counter() - started) / LOOKS
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, took)


def load_waiting(count: int, *, now: datetime) -> None:
    """So many more cases that are due, of people without a number."""
    with transaction() as session:
        owner, campaign = find_campaign(session, organisation=ORGANISATION, campaign=CAMPAIGN)
        mine, its = owner.id.hex, campaign.id.hex
    at, ends = (f"{one:%Y-%m-%d %H:%M:%S}.000000" for one in (now, now + timedelta(days=7)))

    def each() -> Iterator[tuple[str, str, str]]:
        return ((new_id().hex, new_id().hex, new_id().hex) for _ in range(count))

    with closing(sqlite3.connect(str(house().database.url.database), isolation_level=None)) as base:
        base.execute("BEGIN IMMEDIATE")
        for customer, interaction, invitation in each():
            parts: tuple[tuple[str, dict[str, Any]], ...] = (
                ("customers", {"id": customer, "organisation_id": mine, "created_at": at,
                               "last_interaction_at": at}),
                ("interactions", {"id": interaction, "organisation_id": mine,
                                  "customer_id": customer, "case_hash": bytes.fromhex(interaction),
                                  "happened_at": at, "created_at": at}),
                ("invitations", {"id": invitation, "organisation_id": mine, "campaign_id": its,
                                 "interaction_id": interaction, "customer_id": customer,
                                 "state": "planned", "due_at": at, "expires_at": ends,
                                 "created_at": at}),
            )  # fmt: skip
            for table, row in parts:
                marks = ",".join("?" * len(row))
                base.execute(
                    f"INSERT INTO {table} ({','.join(row)}) VALUES ({marks})",  # noqa: S608 - our own names
                    tuple(row.values()),
                )
        base.execute("COMMIT")


if __name__ == "__main__":
    _main(int(sys.argv[1]))
