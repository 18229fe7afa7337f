"""The workers of the web are refused in the same moment; one of them tells the master."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import environment_of_tests

ROOT = Path(__file__).parents[2]
WORKER = "import wsgi; wsgi.create_app()"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """That of a worker whose database would lie with a stranger."""
    stranger = "postgresql://app:hush@db.example.com/genklang"
    return environment_of_tests(stranger, f"unix://{tmp_path}/redis.sock", tmp_path)


@pytest.mark.parametrize(("number", "code"), [("1", 4), ("2", 0), ("7", 0)])
def test_a_later_worker_ends_in_order_when_the_master_says_so(
    environment: dict[str, str], number: str, code: int
) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=ROOT,
        env=environment | {"WEB_WORKER_NUMBER": number},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert worker.stderr is not None
    with worker.stderr as said:
        line = said.readline()
        if number != "1":
            worker.send_signal(signal.SIGTERM)
        rest = said.read()

    assert line.startswith("Genklang does not start: DATABASE_URL sends data to db.example.com")
    assert rest == ""
    assert worker.wait(60) == code
