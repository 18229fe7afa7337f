"""The whole service as processes: started, looked at, started again in the future, stopped."""

import csv
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import randrange
from typing import Any

import requests

from config.settings import Settings, load_settings
from embedded.plan import Ports, outside, service
from embedded.processes import Program, Supervisor
from tests.chaos.talkers import talker

ROOT = Path(__file__).parents[2]
_UNDER_WAY = {"queued", "initiated", "ringing", "in-progress"}
ORGANISATION, CAMPAIGN = "consumer-credit", "after-case"


class Service:
    """Everything that `make run` starts, in a folder of its own, with people to ring.

    `people` is the module that serves the simulated network, `line` what the one line can carry.
    """

    def __init__(
        self,
        folder: Path,
        given: Mapping[str, str],
        *,
        people: str = "tests.chaos.talkers",
        line: str = "calls_per_second: 2, simultaneous_calls: 60",
    ) -> None:
        self.folder = folder
        self._people = people
        self.ports = Ports(four_free_ports())
        config = _config(folder / "config", line=line)
        self.environment = {
            **given,
            "PORT": str(self.ports.web),
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{self.ports.web}",
            "TWILIO_API_BASE_URL": f"http://127.0.0.1:{self.ports.simulator}",
            "FALLBACK_BASE_URL": f"http://127.0.0.1:{self.ports.fallback}",
            "REDIS_URL": f"unix://{folder}/redis.sock",
            "CONFIG_DIR": str(config),
            "SIMULATOR": "on",
            "LOG_LEVEL": given.get("LOG_LEVEL", "info"),
        }
        self.settings: Settings = load_settings(self.environment)
        self._around = Supervisor(folder / "logs")
        self.processes = Supervisor(folder / "logs")
        self._seen = 0
        self._entries: list[dict[str, Any]] = []

    def start_around(self, *, ahead: Sequence[float]) -> None:
        """Redis, the network of talkers, and the document for when the web is down."""
        for program in outside(self.settings, self.ports):
            if program.name == "simulator":
                command = [sys.executable, "-m", self._people, "--port",
                           str(self.ports.simulator), "--data", str(self.folder / "network"),
                           *(f"--ahead={seconds}" for seconds in ahead)]  # fmt: skip
                program = replace(program, command=command, ready=self._network_answers)
            self._around.start(self._told(program))

    def start(self, *, ahead: float = 0.0) -> None:
        """The processes of the Procfile, now or `ahead` seconds in the future."""
        self.processes = Supervisor(self.folder / "logs")
        for program in service(self.settings, self.ports):
            if ahead:
                program = replace(program, command=_later(program.command, ahead))
            self.processes.start(self._told(program))

    def wind(self, *, ahead: float) -> None:
        """Stop in good order and go on at the next step, together with the network."""
        self.network("log", after=self._seen, wait=1)  # the last callbacks of the last calls
        self.processes.stop()
        os.kill(self._around.pid("simulator"), signal.SIGUSR1)
        self.start(ahead=ahead)

    def tend(self) -> list[str]:
        """Start again what died."""
        return [*self._around.tend(), *self.processes.tend()]

    def stop(self) -> None:
        self.processes.stop()
        self._around.stop()

    def redis_pid(self) -> int:
        return self._around.pid("redis")

    def flask(self, *arguments: str) -> None:
        """Run a command of an operator."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT, env={**os.environ, **self.environment}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def invite(self, people: int) -> None:
        """Import the closed cases of that many talkers."""
        file = self.folder / "cases.csv"
        with file.open("w", encoding="utf-8", newline="") as opened:
            rows = csv.writer(opened)
            rows.writerow(["case_reference", "phone", "email", "name", "locale", "channel",
                           "reason", "team", "happened_at"])  # fmt: skip
            at = datetime.now(UTC) - timedelta(hours=6)
            for index in range(people):
                who = talker(index)
                rows.writerow([f"chaos-{index}", who.number, who.email, who.name, who.locale,
                               "call", "invoice", "team", at.isoformat()])  # fmt: skip
        self.flask("interactions", "import", str(file), "--organisation", ORGANISATION,
                   "--campaign", CAMPAIGN)  # fmt: skip

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The network's own log of that kind, from its beginning."""
        fresh = self.network("log", after=self._seen)["entries"]
        if fresh:
            self._seen = fresh[-1]["number"]
            self._entries += fresh
        return [entry for entry in self._entries if entry["kind"] == kind]

    def talking(self) -> int:
        """How many calls are under way."""
        last = {entry["sid"]: entry["status"] for entry in self.entries("state")
                if "status" in entry}  # fmt: skip
        return sum(status in _UNDER_WAY for status in last.values())

    def network(self, path: str, **params: Any) -> Any:
        """A look at the network."""
        url = f"http://127.0.0.1:{self.ports.simulator}/simulator/api/{path}"
        answer = requests.get(url, params=params, timeout=150)
        answer.raise_for_status()
        return answer.json()

    def _told(self, program: Program) -> Program:
        return replace(program, environment={**self.environment, **program.environment})

    def _network_answers(self) -> bool:
        try:
            return bool(self.network("settings"))
        except requests.RequestException:
            return False


@contextmanager
def running(one: Service, *, ahead: Sequence[float] = ()) -> Iterator[Service]:
    """The service with everything around it, ended afterwards whatever happened.

    `ahead` are the steps, in seconds before the true time, that it will be wound to.
    """
    try:
        one.start_around(ahead=ahead)
        one.flask("organisations", "apply", "--rings-at-any-hour")
        one.start()
        yield one
    finally:
        one.stop()


def _later(command: Any, ahead: float) -> list[str]:
    program = list(command)
    program = program[1:] if program[0] == sys.executable else ["gunicorn", *program[1:]]
    return [sys.executable, "-m", "tests.chaos.later", str(ahead), *program]


def _config(folder: Path, *, line: str) -> Path:
    """The example lender alone, on a line that carries many calls at once.

    Who was answered by a service that was being killed is rung again like one who was cut off.
    """
    for part in ("prompts", "surveys"):
        shutil.copytree(ROOT / "config" / part, folder / part)
    (folder / "organisations").mkdir()
    file = f"organisations/{ORGANISATION}.yaml"
    text = (ROOT / "config" / file).read_text("utf-8")
    quick = text.replace("calls_per_second: 1, simultaneous_calls: 10", line)
    assert quick != text
    again = "hung_up: {after: 10 minutes, times: 3}\n    most_calls: 10"
    assert "hung_up: never" in quick
    quick = quick.replace("hung_up: never", again)
    (folder / file).write_text(quick, "utf-8")
    return folder


def four_free_ports() -> int:
    """The first of four free ports in a row, as the plan wants them.

    From below those that outgoing connections get: while a killed process is away, somebody
    else's connection must not take its port.
    """
    while True:
        first = randrange(20_000, 32_000, 4)
        if not Ports(first).taken():
            return first
