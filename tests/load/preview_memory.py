"""What a preview holds, however many wait: `python -m tests.load.preview_memory ROWS`."""

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from storage.house import house, utc_now
from survey.interaction_import import import_file
from survey.preview import preview
from tests.load.bench_import import CAMPAIGN, ORGANISATION, write_file
from tests.load.claim_memory import FEW, MANY, load_waiting
from tests.load.ground import ROOT, Kind, ground

SIZES: Final = (FEW, MANY)


@dataclass(frozen=True, slots=True)
class PreviewMemory:
    """The most megabytes a process held that judged so many people, and people per second."""

    people: int
    megabytes: float
    per_second: float


def measure(sizes: Sequence[int] = SIZES) -> list[PreviewMemory]:
    """What processes of their own hold, on SQLite; a tenth of the few are people with numbers."""
    found = []
    for people in sizes:
        answer = subprocess.run(
            [sys.executable, "-m", "tests.load.preview_memory", str(people), str(min(sizes) // 10)],
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        megabytes, per_second = answer.stdout.split()
        found.append(PreviewMemory(people, float(megabytes), float(per_second)))
    return found


def _main(people: int, real: int) -> None:
    """Judge so many; prints the most megabytes and the people per second."""
    with ground(Kind.SQLITE) as here:
        now = utc_now()
        path = write_file(here.folder / "cases.csv", rows=real, now=now)
        import_file(house(), path, organisation=ORGANISATION, campaign=CAMPAIGN, now=now)
        load_waiting(people - real, now=now)
        started = time.perf_counter()
        found = preview(house(), organisation=ORGANISATION, campaign=CAMPAIGN, at=now)
        took = time.perf_counter() - started
        if found.looked_at != people:
            raise RuntimeError(f"{found.looked_at} of {people} people were judged")
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, people / took)


if __name__ == "__main__":
    _main(int(sys.argv[1]), int(sys.argv[2]))
