"""A telephone provider of which only placing calls and sending texts are there, with every way to
go wrong.

It remembers each call it made, also those whose answer nobody got, and when each request came.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4


class Answer(StrEnum):
    """What becomes of one request for a call."""

    MADE = "made"
    MADE_SLOWLY = "made, and the answer comes late"
    MADE_AND_500 = "made, and the answer is an error"
    MADE_AND_SILENCE = "made, and no answer comes"
    NOT_MADE_500 = "an error, and no call"
    NOT_MADE_SILENCE = "no answer, and no call"
    TOO_MANY = "too many requests"
    REFUSED = "this number is refused"
    REFUSES_US = "our credentials are refused"


# How often each comes in a hundred, when nothing else is wanted.
WELL_BEHAVED: Final[Mapping[Answer, int]] = {Answer.MADE: 100}


@dataclass(frozen=True, slots=True)
class Made:
    """A call or a text that the pretender made."""

    sid: str
    to: str
    caller: str
    token: str
    at: datetime


@dataclass
class Pretender:
    """What was asked and what was made; read it from the test's own thread."""

    habits: Mapping[Answer, int] = field(default_factory=lambda: WELL_BEHAVED)
    seed: int = 1
    slow_seconds: float = 0.3
    silent_seconds: float = 3.0
    origin: str = ""
    made: list[Made] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)
    answered: Counter[Answer] = field(default_factory=Counter)
    # How many requests came by each name that leads here.
    asked_as: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._guard = threading.Lock()
        self._chance = Random(self.seed)

    def asked(self, form: Mapping[str, str], *, host: str = "") -> tuple[Answer, Made | None]:
        """What becomes of a request, and the call if one is made."""
        with self._guard:
            self.arrivals.append(time.monotonic())
            self.asked_as[host] += 1
            answer = self._chance.choices(list(self.habits), weights=list(self.habits.values()))[0]
            self.answered[answer] += 1
            if not answer.name.startswith("MADE"):
                return answer, None
            one = Made(
                sid=f"{'CA' if 'Url' in form else 'SM'}{uuid4().hex}",
                to=form["To"],
                caller=form["From"],
                token=form.get("Url", form["StatusCallback"]).rsplit("/", 1)[1],
                at=datetime.now(UTC),
            )
            self.made.append(one)
            return answer, one

    def found(self, *, to: str, caller: str) -> list[Made]:
        """The calls between two numbers, newest first."""
        with self._guard:
            return [one for one in reversed(self.made) if (one.to, one.caller) == (to, caller)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pretender: Pretender

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        form = {
            key: values[0] for key, values in parse_qs(self.rfile.read(length).decode()).items()
        }
        answer, one = self.pretender.asked(form, host=self.headers["Host"])
        match answer:
            case Answer.MADE_SLOWLY:
                time.sleep(self.pretender.slow_seconds)
            case Answer.MADE_AND_SILENCE | Answer.NOT_MADE_SILENCE:
                time.sleep(self.pretender.silent_seconds)
                self.close_connection = True
                return
            case Answer.MADE_AND_500 | Answer.NOT_MADE_500:
                self._say(500, {"code": 20500, "message": "fault", "status": 500})
                return
            case Answer.TOO_MANY:
                self._say(429, {"code": 20429, "message": "too many", "status": 429})
                return
            case Answer.REFUSED:
                self._say(400, {"code": 21211, "message": "no such number", "status": 400})
                return
            case Answer.REFUSES_US:
                self._say(401, {"code": 20003, "message": "authenticate", "status": 401})
                return
        assert one is not None
        self._say(201, _document(one))

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = _first_of_each(parts.query)
        made = self.pretender.found(to=asked["To"], caller=asked["From"])
        kind = "messages" if "/Messages" in parts.path else "calls"
        self._say(200, {kind: [_document(one) for one in made], "next_page_uri": None,
                        "page": 0, "page_size": 100})  # fmt: skip

    def _say(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - inherited name
        """Nothing: the addresses bear numbers."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that was killed hung up on us: that is what this is for."""


def _first_of_each(text: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(text).items()}


def _document(one: Made) -> dict[str, Any]:
    return {"sid": one.sid, "status": "queued", "direction": "outbound-api", "to": one.to,
            "from": one.caller, "date_created": format_datetime(one.at)}  # fmt: skip


@contextmanager
def pretending(pretender: Pretender) -> Iterator[Pretender]:
    """Serve it on a port of its own, at every loopback address of this machine."""
    handler = type("Handler", (_Handler,), {"pretender": pretender})
    server = _Server(("", 0), handler)
    server.request_queue_size = 64
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    pretender.origin = f"http://127.0.0.1:{server.server_port}"
    try:
        yield pretender
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
