"""The whole service as `make run` starts it, in a folder and on ports of its own."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from embedded.plan import Ports, defaults

ROOT = Path(__file__).parents[1]
START_SECONDS = 300


class DidNotStartError(Exception):
    """The service ended before it was up; the message is what it printed."""


class WholeService:
    """`run.py` in a process; a `with` block starts it and ends it."""

    def __init__(self, data_dir: Path, *, quiet_town: bool) -> None:
        """`data_dir` keeps everything; a path of at most 60 characters fits its sockets."""
        self.data_dir = data_dir
        self.port = free_ports()
        self.printed: list[str] = []
        self._arguments = ["--quiet-town"] if quiet_town else []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._up = threading.Event()

    @property
    def console(self) -> str:
        """The address of the console."""
        return f"http://127.0.0.1:{self.port}/console/"

    @property
    def network(self) -> str:
        """The address of the simulated telephone network, without a slash at the end."""
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def sign_in(self) -> tuple[str, str]:
        """Name and password, as they were printed."""
        line = next(line for line in self.printed if line.strip().startswith("Sign in as"))
        name, password = line.split()[3:5]
        return name, password

    def start(self) -> None:
        """Start, and return once the addresses are printed; raises DidNotStartError."""
        self._up.clear()
        self.printed = []
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "run.py"), *self._arguments],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,))
        self._reader.start()
        if not self._up.wait(START_SECONDS) or self._process.poll() is not None:
            self._process.kill()
            self._reader.join()
            raise DidNotStartError("".join(self.printed))

    def interrupt(self, *, seconds: float = 60) -> int:
        """Ctrl-C, and wait so long for the end; the exit code. Raises TimeoutExpired."""
        assert self._process is not None
        assert self._reader is not None
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(seconds)
        self._reader.join()
        return code

    def processes(self) -> list[str]:
        """Command lines of all that runs for this service, whoever its parent is now. Linux."""
        mark = f"DATA_DIR={self.data_dir}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:  # not a process, not ours, or ended while we looked
                continue
        return found

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.interrupt()

    def command(self, *arguments: str) -> str:
        """What a command of Python's printed, beside the running service; it must succeed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    @property
    def environment(self) -> dict[str, str]:
        """For commands beside it: all that says where things are, before any `.env` can."""
        return {**os.environ, **defaults(self.data_dir, Ports(self.port))} | {
            "DATABASE_URL": f"sqlite:///{self.data_dir}/genklang.db",
            "KEYRING_URL": f"sqlite:///{self.data_dir}/keyring/keyring.db",
            "RECORDINGS_URL": (self.data_dir / "recordings").as_uri(),
        }

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self.printed.append(line)
                if "Ctrl-C ends everything" in line:
                    self._up.set()
        self._up.set()  # it has ended; whoever waits finds out


def free_ports() -> int:
    """The first of four ports in a row on which nobody listens now."""
    for _ in range(200):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            # Below the range from which the machine hands out ports to others in a hurry.
            first = 10_000 + int(probe.getsockname()[1]) % 20_000
        if not Ports(first).taken():
            return first
    raise DidNotStartError("no four free ports in a row were found")
