"""A network, a service that answers its webhooks, and the provider's official client."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from simulator.server import OWN_NUMBER, Simulator, start
from simulator.settings import Settings

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "a token of thirty-two characters"
KEY, SECRET = "SK" + "0" * 32, "the secret of a key"
PERSON = "+46701740605"
OURS = OWN_NUMBER


class RewritingHttpClient(TwilioHttpClient):
    """Sends the official client's requests to another origin."""

    def __init__(self, base_url: str) -> None:
        super().__init__(timeout=20.0)
        self._base = urlsplit(base_url)

    def request(self, method: str, url: str, *args: Any, **kw: Any) -> Any:
        given = urlsplit(url)
        path = self._base.path.rstrip("/") + given.path
        target = urlunsplit((self._base.scheme, self._base.netloc, path, given.query, ""))
        return super().request(method, target, *args, **kw)


@dataclass
class Asked:
    """One request that reached the service."""

    path: str
    method: str
    form: dict[str, str]
    raw: bytes
    headers: dict[str, str]
    url: str
    query: str


@dataclass
class Service:
    """A service whose answers the test chooses; it writes down what it was asked."""

    origin: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Callable[[Asked], Response]] = field(default_factory=dict)

    def says(self, path: str, *documents: str, **how: Any) -> str:
        """The n-th request for `path` gets the n-th document (the last one for ever after)."""
        left = list(documents)

        def answer(_: Asked) -> Response:
            text = left.pop(0) if len(left) > 1 else left[0]
            return Response(text, **({"mimetype": "text/xml"} | how))

        self.answers[path] = answer
        return self.origin + path

    def at(self, path: str) -> list[Asked]:
        return [one for one in self.asked if one.path == path]

    def answer(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        raw = request.get_data()
        asked = Asked(
            request.path,
            request.method,
            request.form.to_dict(),
            raw,
            dict(request.headers),
            request.url,
            request.query_string.decode(),
        )
        self.asked.append(asked)
        known = self.answers.get(request.path)
        response = Response(status=204) if known is None else known(asked)
        return response(environ, start_response)


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    server = make_server("127.0.0.1", 0, service.answer, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    service.origin = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield service
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def network_settings() -> Settings:
    return Settings(cps=1000)


@pytest.fixture
def network(tmp_path: Path, network_settings: Settings) -> Iterator[Simulator]:
    with start(
        tmp_path / "network",
        account_sid=ACCOUNT,
        auth_token=TOKEN,
        api_keys={KEY: SECRET},
        settings=network_settings,
    ) as simulator:
        yield simulator


@dataclass
class Bench:
    """What a test does to a network."""

    network: Simulator
    service: Service
    client: Client

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """POST (with a body) or GET a path below the control API; the parsed answer."""
        url = f"{self.network.origin}/simulator/api/{path}"
        if body is None:
            answer = requests.get(url, timeout=60)
        else:
            answer = requests.post(url, json=body, timeout=60)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def person(self, *calls: dict[str, Any], **network: Any) -> None:
        """Who answers at PERSON, call by call."""
        scenario: dict[str, Any] = {"customer": {"phone": PERSON}, "calls": list(calls)}
        if network:
            scenario["network"] = network
        self.control("scenario", {"scenario": scenario})

    def ring(self, url: str, **wanted: Any) -> str:
        """Have the service call PERSON; the sid of the call."""
        call = self.client.calls.create(to=PERSON, from_=OURS, url=url, **wanted)
        return str(call.sid)

    def over(self, sid: str) -> dict[str, Any]:
        """The log of a call once it is over and everything was told."""
        log: dict[str, Any] = self.control(f"calls/{sid}/log?wait=1")
        assert log["over"]
        return log

    def call(self, url: str, *does: dict[str, Any], **wanted: Any) -> dict[str, Any]:
        """Call somebody who answers and does this; the log of the whole call."""
        self.person({"does": list(does)})
        return self.over(self.ring(url, **wanted))

    @staticmethod
    def entries(log: dict[str, Any], kind: str) -> list[dict[str, Any]]:
        return [entry for entry in log["entries"] if entry["kind"] == kind]

    def until(self, what: Callable[[], Any], *, seconds: float = 10) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if result := what():
                return result
            time.sleep(0.01)
        raise AssertionError("it did not come about in time")


@pytest.fixture
def bench(network: Simulator, service: Service) -> Iterator[Bench]:
    http = RewritingHttpClient(network.origin)
    yield Bench(network, service, Client(ACCOUNT, TOKEN, http_client=http))
    if http.session is not None:
        http.session.close()
