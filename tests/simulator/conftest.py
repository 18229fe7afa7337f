"""A network, a service that answers its webhooks, and the provider's official client."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import jsonschema
import pytest
import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from simulator.profiles import ProfileName
from simulator.server import OWN_NUMBER, Simulator, start
from simulator.settings import Settings

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "a token of thirty-two characters"
KEY, SECRET = "SK" + "0" * 32, "the secret of a key"
PERSON = "+46701740605"
OURS = OWN_NUMBER


class PublishedSchema:
    """The provider's own description of its API, to hold answers against."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths = {
            re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))): operations
            for path, operations in document["paths"].items()
        }
        self._parts = _without_nullable(document["components"])

    def check(self, method: str, path: str, status: int, body: Any) -> None:
        """Fails if the answer is not what is published, or lacks a key of the example."""
        declared = self._declared(method, path, status)
        root = _without_nullable(declared["schema"]) | {"components": self._parts}
        checker = jsonschema.FormatChecker()
        checker.checks("date-time-rfc-2822", ValueError)(_is_rfc2822)
        jsonschema.Draft202012Validator(root, format_checker=checker).validate(body)
        for example in list(declared["examples"].values())[:1]:
            _same_keys(example["value"], body, path)

    def _declared(self, method: str, path: str, status: int) -> dict[str, Any]:
        for pattern, operations in self._paths.items():
            if pattern.fullmatch(path):
                answers = operations[method.lower()]["responses"]
                return answers[str(status)]["content"]["application/json"]
        raise AssertionError(f"{path} is not in the published description")


def _same_keys(example: dict[str, Any], body: dict[str, Any], path: str) -> None:
    # The feedback link appears in one example only, and only for messages that have some.
    wanted = set(example) - {"feedback"}
    assert set(body) == wanted, f"{path}: keys differ: {set(body) ^ wanted}"
    for key, value in example.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for item in body[key]:
                _same_keys(value[0], item, f"{path} {key}")
        if key == "subresource_uris":
            _same_keys(value, body[key], f"{path} {key}")


def _without_nullable(node: Any) -> Any:
    """OpenAPI 3.0 says "nullable" where JSON Schema says "or null"."""
    if isinstance(node, list):
        return [_without_nullable(part) for part in node]
    if not isinstance(node, dict):
        return node
    clean = {key: _without_nullable(value) for key, value in node.items() if key != "nullable"}
    return {"anyOf": [clean, {"type": "null"}]} if node.get("nullable") is True else clean


def _is_rfc2822(value: object) -> bool:
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\w{3}, \d{2} \w{3} \d{4} \d\d:\d\d:\d\d \+0000", value)
    )


class RewritingHttpClient(TwilioHttpClient):
    """Sends the official client's requests to another origin, and checks each answer."""

    def __init__(self, base_url: str, schema: PublishedSchema | None) -> None:
        super().__init__(timeout=20.0)
        self._base = urlsplit(base_url)
        self._schema = schema

    def request(self, method: str, url: str, *args: Any, **kw: Any) -> Any:
        given = urlsplit(url)
        path = self._base.path.rstrip("/") + given.path
        target = urlunsplit((self._base.scheme, self._base.netloc, path, given.query, ""))
        answer = super().request(method, target, *args, **kw)
        if self._schema is not None and answer.status_code in (200, 201):
            body = json.loads(answer.text)
            self._schema.check(method, given.path, answer.status_code, body)
        return answer


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

    def answer_nothing(self) -> Response:
        return Response(status=204)

    def dawdle(self, seconds: float) -> Response:
        time.sleep(seconds)
        return Response("<Response/>", mimetype="text/xml")

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
            self.origin + environ["REQUEST_URI"],  # as sent; request.url is decoded
            request.query_string.decode(),
        )
        self.asked.append(asked)
        known = self.answers.get(request.path)
        response = Response(status=204) if known is None else known(asked)
        return response(environ, start_response)


@pytest.fixture(scope="session")
def published() -> PublishedSchema | None:
    """The description beside the project, or None where there is none (see `schema`)."""
    path = Path(__file__).parents[2].parent / "shared" / "twilio_api_v2010.json"
    return PublishedSchema(json.loads(path.read_text())) if path.exists() else None


@pytest.fixture
def schema(published: PublishedSchema | None) -> PublishedSchema:
    """The published description; a test that takes it is skipped where it is not at hand."""
    if published is None:
        reason = "../shared/twilio_api_v2010.json (the provider's published schema) is not there"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return published


class _QuietHandler(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        return None


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    server = make_server(
        "127.0.0.1", 0, service.answer, threaded=True, request_handler=_QuietHandler
    )
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
def bench(
    network: Simulator, service: Service, published: PublishedSchema | None
) -> Iterator[Bench]:
    """Every JSON answer the official client gets is held against the published description."""
    twilio = network.exchange.settings.profile is ProfileName.TWILIO
    http = RewritingHttpClient(network.origin, published if twilio else None)
    yield Bench(network, service, Client(ACCOUNT, TOKEN, http_client=http))
    if http.session is not None:
        http.session.close()
