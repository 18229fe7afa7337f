"""The worker processes: walls around speech, and children that come back."""

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.house import House, transaction
from storage.queue import QueueName
from tests.conftest import environment_of_tests

ROOT = Path(__file__).parents[1]


@contextmanager
def worker(environment: dict[str, str], *queues: str) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "worker.py", *queues],
        cwd=ROOT, env=_whole(environment),
        start_new_session=True,
    )  # fmt: skip
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(60)


def _whole(environment: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}


def refusals(told: str) -> list[str]:
    return [line for line in told.splitlines() if line.startswith("Genklang does not start: ")]


def until(what: Callable[[], bool], *, seconds: float = 90) -> None:
    ends = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.1)


@pytest.fixture
def environment(database_url: str, redis_url: str, tmp_path: Path) -> dict[str, str]:
    return environment_of_tests(database_url, redis_url, tmp_path)


def ask(house: House, queue: QueueName, job: str, report: Path) -> str:
    """Enqueue a probe and wait for its report."""
    report.unlink(missing_ok=True)
    house.bell.queue(queue).enqueue(f"tests.worker_probes.{job}", str(report), result_ttl=0)
    until(lambda: report.exists() and report.read_text() != "")
    return report.read_text()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_poison_recording_meets_a_wall_and_the_next_job_a_fresh_child(
    house: House, environment: dict[str, str], tmp_path: Path
) -> None:
    with worker(environment, "transcription"):
        eaten = ask(house, QueueName.TRANSCRIPTION, "eat_memory", tmp_path / "eaten")
        first = ask(house, QueueName.TRANSCRIPTION, "tell_pid", tmp_path / "pid")
        second = ask(house, QueueName.TRANSCRIPTION, "tell_pid", tmp_path / "pid")

    assert eaten == "MemoryError"
    assert first.split()[0] != second.split()[0]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_killed_reader_of_a_queue_is_started_again(
    house: House, environment: dict[str, str], tmp_path: Path
) -> None:
    with worker(environment, "default"):
        _, reader = ask(house, QueueName.DEFAULT, "tell_pid", tmp_path / "pid").split()
        os.kill(int(reader), signal.SIGKILL)
        # The server must notice first, or it hands the next job to the dead reader's connection;
        # the sweeps make good for that in life.
        until(lambda: not Path(f"/proc/{reader}").exists())
        time.sleep(1)

        _, again = ask(house, QueueName.DEFAULT, "tell_pid", tmp_path / "pid").split()

    assert again != reader


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("house")
def test_a_wrong_master_key_is_said_in_one_line_and_nothing_begins(
    environment: dict[str, str],
) -> None:
    another = base64.b64encode(b"n" * 32).decode()

    refused = subprocess.run(
        [sys.executable, "worker.py"],
        cwd=ROOT, env=_whole(environment | {"MASTER_KEY": another}), capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip

    (line,) = refusals(refused.stderr)
    assert "which MASTER_KEY does not hold" in line
    assert "Traceback" not in refused.stderr
    assert refused.returncode == 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reader_that_is_refused_when_it_comes_back_ends_the_worker(
    house: House, environment: dict[str, str], tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "worker.py", "default", "deliveries"],
        cwd=ROOT, env=_whole(environment), stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        _, reader = ask(house, QueueName.DEFAULT, "tell_pid", tmp_path / "pid").split()
        with transaction() as session:
            session.execute(text("UPDATE alembic_version SET version_num = 'of another day'"))
        os.kill(int(reader), signal.SIGKILL)
        _, told = process.communicate(timeout=120)
    finally:
        process.kill()

    assert refusals(told)
    assert "Traceback" not in told
    assert process.returncode == 2
