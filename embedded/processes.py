"""Processes kept running together: started in order, started again when they die, ended cleanly."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from embedded.parents import die_with_parent

LOG_BYTES: Final = 5_000_000
STOP_SECONDS: Final = 25.0


class DidNotStartError(Exception):
    """A process ended, or stayed silent, before it was ready."""


@dataclass(frozen=True, slots=True)
class Program:
    """One process to keep: its name, its command, what is added to the environment.

    `ready` says whether it answers; `wait` is how many seconds it may take. A foundation is ended
    only after all that stand on it.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    wait: float = 90.0
    foundation: bool = False


class Supervisor:
    """Runs programs with their output in files, one file each."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: list[tuple[Program, subprocess.Popen[bytes]]] = []
        self._deaths: dict[str, list[float]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(self, program: Program) -> None:
        """Start the program and wait until it is ready; raises DidNotStartError."""
        process = self._spawn(program)
        self._running.append((program, process))
        deadline = time.monotonic() + program.wait
        while program.ready is not None and not program.ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise DidNotStartError(
                    f"{program.name} did not start; the end of {self._log(program)} says:\n"
                    + self._tail(program)
                )
            time.sleep(0.05)

    def tend(self) -> list[str]:
        """Start again what died since the last look; the names of what was started."""
        again = []
        for at, (program, process) in enumerate(self._running):
            if process.poll() is None:
                continue
            recent = [t for t in self._deaths.get(program.name, []) if t > time.monotonic() - 60]
            self._deaths[program.name] = [*recent, time.monotonic()]
            if len(recent) >= 5:  # it cannot run; do not spin
                raise DidNotStartError(
                    f"{program.name} keeps ending; the end of {self._log(program)} says:\n"
                    + self._tail(program)
                )
            self._running[at] = (program, self._spawn(program))
            again.append(program.name)
        return again

    def stop(self) -> list[str]:
        """End everything, asking first, foundations last; the names of what had to be killed."""
        killed = []
        for foundation in (False, True):
            group = [(p, c) for p, c in reversed(self._running) if p.foundation is foundation]
            for _, process in group:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            for program, process in group:
                try:
                    process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    killed.append(program.name)
                    process.kill()
                    process.wait()
        self._running.clear()
        return killed

    def pid(self, name: str) -> int:
        """The process id of the named program; raises KeyError."""
        for program, process in self._running:
            if program.name == name:
                return process.pid
        raise KeyError(name)

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        path = self._log(program)
        if path.exists() and path.stat().st_size > LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        parent = os.getpid()
        with path.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - commands are ours
                list(program.command),
                env={**os.environ, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C goes to us alone: we end the others in order.
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(parent),
            )

    def _log(self, program: Program) -> Path:
        return self._logs / f"{program.name}.log"

    def _tail(self, program: Program) -> str:
        lines = self._log(program).read_text(errors="replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-15:])
