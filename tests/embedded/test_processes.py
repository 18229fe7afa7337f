"""The supervisor starts in order, starts again what dies, and leaves nothing running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.processes import DidNotStartError, Program, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path / "logs")
    yield supervisor
    supervisor.stop()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_program_that_dies_is_started_again(supervisor: Supervisor) -> None:
    supervisor.start(Program("sleeper", SLEEP))
    first = supervisor.pid("sleeper")
    os.kill(first, signal.SIGKILL)
    time.sleep(0.3)

    again = supervisor.tend()

    assert again == ["sleeper"]
    assert supervisor.pid("sleeper") != first


def test_a_program_that_cannot_start_is_named_with_what_it_said(supervisor: Supervisor) -> None:
    program = Program(
        "broken", [sys.executable, "-c", "raise SystemExit('no key')"], ready=lambda: False
    )

    with pytest.raises(DidNotStartError, match="broken did not start") as failed:
        supervisor.start(program)

    assert "no key" in str(failed.value)


def test_a_program_that_keeps_dying_is_given_up(supervisor: Supervisor) -> None:
    supervisor.start(Program("dying", [sys.executable, "-c", "pass"]))

    with pytest.raises(DidNotStartError, match="dying keeps ending"):
        for _ in range(200):
            time.sleep(0.1)
            supervisor.tend()


def test_stopping_ends_foundations_after_what_stands_on_them(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    note = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        f"    open({str(tmp_path / 'order')!r}, 'a').write(sys.argv[1] + ' ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"open({str(tmp_path)!r} + '/up-' + sys.argv[1], 'w').close()\n"
        "time.sleep(600)\n"
    )
    for name, foundation in (("ground", True), ("house", False)):
        supervisor.start(
            Program(
                name,
                [sys.executable, "-c", note, name],
                foundation=foundation,
                ready=lambda name=name: (tmp_path / f"up-{name}").exists(),  # type: ignore[misc]
            )
        )

    killed = supervisor.stop()

    assert killed == []
    assert (tmp_path / "order").read_text().split() == ["house", "ground"]


def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from embedded.processes import Program, Supervisor\n"
        f"s = Supervisor(Path({str(tmp_path)!r}) / 'logs')\n"
        f"s.start(Program('sleeper', {SLEEP!r}))\n"
        "print(s.pid('sleeper'), flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).parents[2],
    ) as process:  # fmt: skip
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert alive(child)
        process.kill()
        process.wait()

    for _ in range(100):
        if not alive(child):
            break
        time.sleep(0.05)
    assert not alive(child)
