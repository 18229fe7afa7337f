"""A provider of the tests' own: a real HTTP server with recordings that one can spoil."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from config.settings import Settings
from tests.rows import NOON, wav


@dataclass
class Kept:
    """A recording that lies at the provider; `spoil` decides what a request for its sound gets."""

    sid: str
    call_sid: str
    media: bytes = field(default_factory=wav)
    status: str = "completed"
    seconds: int | None = 3
    created_at: datetime = NOON
    content_type: str = "audio/x-wav"
    media_status: list[int] = field(default_factory=list)
    delete_refusals: list[int] = field(default_factory=list)
    spoil: Callable[[], None] | None = None


@dataclass
class Site:
    """What lies there, what was asked, and where."""

    recordings: dict[str, Kept] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    asked: list[tuple[str, str]] = field(default_factory=list)
    refuses_us: bool = False
    url: str = ""

    def keep(self, sid: str, call_sid: str, **more: object) -> Kept:
        self.recordings[sid] = Kept(sid, call_sid, **more)  # type: ignore[arg-type]
        return self.recordings[sid]

    def asked_for(self, method: str, ending: str) -> int:
        return sum(1 for done, path in self.asked if done == method and path.endswith(ending))


@pytest.fixture
def site() -> Iterator[Site]:
    """The provider, empty."""
    place = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            place.asked.append(("GET", parts.path))
            if place.refuses_us:
                self.fault(401, 20003)
                return
            name = parts.path.rsplit("/", 1)[-1]
            if name == "Recordings.json":
                self.listing(parse_qs(parts.query))
            elif name.endswith(".wav"):
                self.sound(place.recordings.get(name.removesuffix(".wav")))
            else:
                self.thing(name.removesuffix(".json"))

        def do_DELETE(self) -> None:
            path = urlsplit(self.path).path
            place.asked.append(("DELETE", path))
            name = path.rsplit("/", 1)[-1].removesuffix(".json")
            if place.refuses_us:
                self.fault(401, 20003)
                return
            kept = place.recordings.get(name)
            if kept is not None and kept.delete_refusals:
                status = kept.delete_refusals.pop(0)
                self.fault(status, 20009 if status == 400 else 20500)
            elif kept is not None:
                del place.recordings[name]
                self.answer(204, b"")
            elif name in place.calls | place.messages:
                place.calls.discard(name)
                place.messages.discard(name)
                self.answer(204, b"")
            else:
                self.fault(404, 20404)

        def listing(self, query: dict[str, list[str]]) -> None:
            calls = query.get("CallSid")
            chosen = [
                kept
                for kept in place.recordings.values()
                if calls is None or kept.call_sid in calls
            ]
            page = {
                "recordings": [_metadata(kept) for kept in chosen],
                "next_page_uri": None,
                "page": 0,
                "page_size": 200,
            }
            self.answer(200, json.dumps(page).encode())

        def thing(self, name: str) -> None:
            if name in place.recordings:
                self.answer(200, json.dumps(_metadata(place.recordings[name])).encode())
            elif name in place.calls | place.messages:
                self.answer(200, json.dumps({"sid": name}).encode())
            else:
                self.fault(404, 20404)

        def sound(self, kept: Kept | None) -> None:
            if kept is None:
                self.fault(404, 20404)
            elif kept.media_status:
                self.fault(kept.media_status.pop(0), None)
            else:
                if kept.spoil is not None:
                    kept.spoil()
                self.answer(200, kept.media, kept.content_type)

        def fault(self, status: int, code: int | None) -> None:
            body = {"code": code, "message": "no", "status": status}
            self.answer(status, json.dumps(body).encode())

        def answer(self, status: int, body: bytes, kind: str = "application/json") -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    place.url = f"http://127.0.0.1:{server.server_port}"
    yield place
    server.shutdown()
    thread.join()
    server.server_close()


def _metadata(kept: Kept) -> dict[str, object]:
    return {
        "sid": kept.sid,
        "call_sid": kept.call_sid,
        "status": kept.status,
        "duration": None if kept.seconds is None else str(kept.seconds),
        "date_created": format_datetime(kept.created_at),
    }


@pytest.fixture
def settings(settings: Settings, site: Site) -> Settings:
    """The settings of every room, with this provider."""
    return settings.model_copy(update={"twilio_api_base_url": site.url})
