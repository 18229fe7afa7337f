"""How much memory each process of the service holds while call after call goes through it."""

import base64
import os
import secrets
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import linear_regression

import psutil
from sqlalchemy import func, select

from storage import schema
from storage.database import Database
from storage.house import close_house, open_house, reading
from storage.states import AttemptState
from storage.tables import Attempt
from tests.chaos.service import ROOT, Service, running

NAMES = ("web", "worker", "transcriber", "schedule", "dialler")
# The first calls load what is loaded once; what is held for good shows after them.
WARM = 0.2
STEPS = 20
SILENT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class MemoryFigures:
    """Resident megabytes of one process after the first fifth of the calls and after all.

    `slope` is the megabytes gained per 1,000 calls between the two, by least squares; `late` is
    the same over the second half of the calls alone.
    """

    process: str
    warm: float
    after: float
    slope: float
    late: float


def measure(*, calls: int) -> list[MemoryFigures]:
    """Ring `calls` people who press two scores, through dialler, network and web."""
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory(prefix="gk-", dir="/tmp") as folder:
        one = Service(
            Path(folder),
            _environment(Path(folder)),
            people="tests.load.brisk_people",
            line="calls_per_second: 100, simultaneous_calls: 200",
        )
        database = Database(one.settings.database_url)
        schema.upgrade(database)
        database.close()
        with running(one):
            open_house(one.settings)
            try:
                one.invite(calls)
                return _figures(_samples(one, calls))
            finally:
                close_house()


def _samples(one: Service, calls: int) -> dict[str, list[tuple[int, float]]]:
    found: dict[str, list[tuple[int, float]]] = {}
    steps = [int(calls * (WARM + (1 - WARM) * n / STEPS)) for n in range(STEPS + 1)]
    newest, since = -1, time.monotonic()
    while steps:
        with reading() as session:
            ended = select(func.count()).where(Attempt.state == AttemptState.ENDED)
            over = session.scalar(ended) or 0
        if over >= steps[0]:
            steps = [step for step in steps if step > over]
            for name, megabytes in _resident(one).items():
                found.setdefault(name, []).append((over, megabytes))
        if over != newest:
            newest, since = over, time.monotonic()
        if time.monotonic() - since > SILENT_SECONDS:
            raise RuntimeError(f"after {over} of {calls} calls no further one ended")
        time.sleep(0.05)
    return found


def _resident(one: Service) -> dict[str, float]:
    """Masters and their lasting children; what is forked for one job is gone before it counts."""
    found = {}
    for name in NAMES:
        master = psutil.Process(one.processes.pid(name))
        found[name] = master.memory_info().rss / 1e6
        children = sorted(master.children(), key=lambda child: child.pid)
        for number, child in enumerate(children, start=1):
            found[f"{name}, child {number}"] = child.memory_info().rss / 1e6
    return found


def _figures(samples: dict[str, list[tuple[int, float]]]) -> list[MemoryFigures]:
    figures = []
    for name, taken in samples.items():
        half = [one for one in taken if one[0] * 2 >= taken[-1][0]]
        figures.append(MemoryFigures(name, taken[0][1], taken[-1][1], _slope(taken), _slope(half)))
    return figures


def _slope(taken: list[tuple[int, float]]) -> float:
    """Megabytes gained per 1,000 calls."""
    if len(taken) < 2:
        return 0.0
    counts, megabytes = zip(*taken, strict=True)
    return linear_regression(counts, megabytes).slope * 1_000


def _environment(folder: Path) -> dict[str, str]:
    return {
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/genklang.db",
        "KEYRING_URL": f"sqlite:///{folder}/keyring.db",
        "RECORDINGS_URL": f"file://{folder}/recordings",
        "MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "SECRET_KEY": secrets.token_hex(16),
        "TWILIO_ACCOUNT_SID": "AC" + "0" * 31 + "1",
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "LOG_LEVEL": "warning",
    }
