"""Connections to the provider: the official library and a plain session, at a configured origin."""

import logging
import os
import threading
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import requests

# The library loads this when first asked for something, which in a worker would be in every job.
import twilio.rest.api.v2010  # noqa: F401
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from storage.provider_faults import too_many

# At INFO the library prints query parameters, and with them telephone numbers.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)

_API_HOST: Final = "api.twilio.com"


class RewritingHttpClient(TwilioHttpClient):  # type: ignore[misc] # the library has no types
    """Sends the library's requests to another origin: a region, the simulator, another provider."""

    def __init__(self, base_url: str, *, timeout: float) -> None:
        super().__init__(timeout=timeout)
        self._base = urlsplit(base_url)

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Any:
        """The answer of the configured origin.

        Raises ValueError outside the voice and SMS API, and ProviderBusy for HTTP 429, whose header
        the library's own exception does not keep.
        """
        parts = urlsplit(url)
        if parts.hostname != _API_HOST:
            raise ValueError("refusing a request outside the voice and SMS interface")
        path = self._base.path.rstrip("/") + parts.path
        target = urlunsplit((self._base.scheme, self._base.netloc, path, parts.query, ""))
        answer = super().request(method, target, *args, **options)
        # The library keeps the last request with credentials and numbers; a core dump need not.
        self._test_only_last_request = None
        self._test_only_last_response = None
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            patience = (answer.headers or {}).get("Retry-After")
            raise too_many(answer.text, patience, now=datetime.now(UTC))
        return answer


class Connections:
    """The library's client and a session for media, of this thread and this process alone."""

    def __init__(
        self, base_url: str, auth: tuple[str, str], account_sid: str, *, timeout: float
    ) -> None:
        self._base_url = base_url
        self._auth = auth
        self._account_sid = account_sid
        self._timeout = timeout
        self._own = threading.local()

    @property
    def client(self) -> Client:
        """The official client; made on first use, and again after a fork."""
        self._renew()
        return self._own.client

    @property
    def session(self) -> requests.Session:
        """For what is not text: the library decodes every answer."""
        self._renew()
        session: requests.Session = self._own.session
        return session

    def _renew(self) -> None:
        if getattr(self._own, "pid", None) == os.getpid():
            return
        self._own.client = Client(
            *self._auth,
            account_sid=self._account_sid,
            http_client=RewritingHttpClient(self._base_url, timeout=self._timeout),
            # Not empty, so that the library does not read TWILIO_* of the process by itself.
            environment={"GENKLANG": "1"},
        )
        self._own.session = requests.Session()
        self._own.pid = os.getpid()
