"""Serves one network over HTTP, in a thread of this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from simulator.control import add_control_api
from simulator.courier import is_loopback
from simulator.exchange import Exchange
from simulator.records import API_VERSION
from simulator.rest import add_rest_api
from simulator.scripts import Scripts
from simulator.settings import Account, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BANNER: Final = "simulation: this telephone network exists on this machine only"
OWN_NUMBER: Final = "+46846500400"  # of the range that the Swedish authority keeps for fiction

Install = Callable[[Flask, Exchange], None]
"""Adds pages and people to a network: blueprints to the app, lookups to its directory."""


class _AnyPrefix:
    """Lets the API be reached below any path (`/api/laml/2010-04-01/…`)."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        before, version, rest = environ.get("PATH_INFO", "").partition(f"/{API_VERSION}/")
        if before and version:
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + before
            environ["PATH_INFO"] = version + rest
        return self._app(environ, start)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - inherited name
        return None


def build_app(exchange: Exchange, *, installs: Sequence[Install] = ()) -> Flask:
    """The WSGI application of a network."""
    app = Flask("simulator", template_folder=None, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    scripts = Scripts(exchange)
    add_rest_api(app, exchange)
    add_control_api(app, exchange, scripts)
    for install in installs:
        install(app, exchange)
    app.wsgi_app = _AnyPrefix(app.wsgi_app)  # type: ignore[method-assign, assignment]

    if "/" not in {rule.rule for rule in app.url_map.iter_rules()}:

        @app.get("/")
        def banner() -> tuple[str, dict[str, str]]:
            return BANNER + "\n", {"Content-Type": "text/plain; charset=utf-8"}

    return app


@dataclass(slots=True)
class Simulator:
    """A network that is running. Stop it, or use it as a context manager."""

    exchange: Exchange
    origin: str
    """Where it answers, e.g. `http://127.0.0.1:40123`: the API base URL for the service."""
    _server: BaseWSGIServer
    _thread: threading.Thread

    def stop(self) -> None:
        """Returns when nothing of it runs any more. What is unfinished ends at the next start."""
        self._server.shutdown()
        self._thread.join()
        self.exchange.stop()
        self._server.server_close()

    def __enter__(self) -> Simulator:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(
    data: Path,
    *,
    account_sid: str,
    auth_token: str,
    api_keys: dict[str, str] | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
    settings: Settings | None = None,
    webhook_base: str | None = None,
    numbers: Sequence[str] = (OWN_NUMBER,),
    installs: Sequence[Install] = (),
) -> Simulator:
    """Start a network on `host` (loopback only) and a free port unless one is named.

    `data` keeps its state from one start to the next. `webhook_base` is an origin on this machine
    that stands in for the service's public address. `numbers` belong to the service from the
    beginning.
    """
    if not is_loopback(host):
        raise ValueError(f"the simulator listens on this machine only, not on {host}")
    app_box: list[Flask] = []

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return app_box[0](environ, start_response)

    # The socket first: the network writes its own address into what it sends.
    server = make_server(host, port, serve, threaded=True, request_handler=_Quiet)
    origin = f"http://{'[::1]' if ':' in host else host}:{server.server_port}"
    try:
        exchange = Exchange(
            data,
            account=Account(account_sid, auth_token, dict(api_keys or {})),
            origin=origin,
            settings=settings,
            webhook_base=webhook_base,
            numbers=tuple(numbers),
        )
        app_box.append(build_app(exchange, installs=installs))
    except BaseException:
        server.server_close()
        raise
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="simulator", daemon=True
    )
    thread.start()
    return Simulator(exchange, origin, server, thread)
