"""Fetching the sound of a recording: from our own idea of the address, with a cap and a deadline.

The address in a webhook is never used: it would carry our credentials to whoever wrote it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import requests

from storage.faults import GiveUp, TryAgain
from storage.provider_faults import NotThere, ProviderAway, fault_of
from storage.provider_terms import Media

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 3
_CHUNK: Final = 64 * 1024


class RecordingTooLarge(GiveUp):
    """The recording is larger than any we could have asked for; it was not read to its end."""


class RecordingNotThereYet(TryAgain):
    """The provider has no such file now; right after a call it may simply not be ready."""


class UnsafeRedirect(GiveUp):
    """The provider sent us to an address that we do not follow."""


def media_url(base_url: str, account_sid: str, sid: str) -> str:
    """Where the sound of a recording lies, from the configured origin and the sid alone."""
    return (
        f"{base_url.rstrip('/')}/2010-04-01/Accounts/{quote(account_sid, safe='')}"
        f"/Recordings/{quote(sid, safe='')}.wav"
    )


def download(
    session: requests.Session,
    url: str,
    *,
    auth: tuple[str, str],
    max_bytes: int,
    timeout_seconds: float,
    deadline_seconds: float,
) -> Media:
    """The whole file, at most `max_bytes` of it within `deadline_seconds`.

    Raises RecordingNotThereYet, RecordingTooLarge, UnsafeRedirect, ProviderRefusesUs, ProviderAway.
    """
    ends = time.monotonic() + deadline_seconds
    with _opened(session, url, auth=auth, timeout_seconds=timeout_seconds) as response:
        if response.status_code == 404:
            raise RecordingNotThereYet("the recording is not there yet", code="404")
        if response.status_code >= 300:
            fault = fault_of(response.status_code, None)
            raise RecordingNotThereYet(str(fault)) if isinstance(fault, NotThere) else fault
        content = bytearray()
        try:
            for chunk in response.iter_content(_CHUNK):
                content += chunk
                if len(content) > max_bytes:
                    raise RecordingTooLarge(f"more than {max_bytes} bytes", code="too_large")
                if time.monotonic() > ends:
                    raise ProviderAway("the recording comes too slowly", code="too_slow")
        except requests.RequestException as error:
            raise ProviderAway("the recording was cut short", code=type(error).__name__) from None
        kind = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
        return Media(bytes(content), kind)


def status_of(
    session: requests.Session, url: str, *, auth: tuple[str, str], timeout_seconds: float
) -> int:
    """The HTTP status with which the file is answered, without reading it."""
    with _opened(session, url, auth=auth, timeout_seconds=timeout_seconds) as response:
        return response.status_code


@contextmanager
def _opened(
    session: requests.Session, url: str, *, auth: tuple[str, str], timeout_seconds: float
) -> Iterator[requests.Response]:
    """The response, not yet read; redirects go over HTTPS or home, without credentials."""
    current: tuple[str, str] | None = auth
    home = _origin(url)
    for _ in range(_MOST_REDIRECTS + 1):
        try:
            response = session.get(
                url,
                auth=_Anonymous() if current is None else current,
                stream=True,
                timeout=timeout_seconds,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise ProviderAway(
                "no answer to a request for media", code=type(error).__name__
            ) from None
        try:
            if response.status_code not in _REDIRECTS:
                yield response
                return
            url = urljoin(url, response.headers.get("Location", ""))
        finally:
            response.close()
        # Unencrypted only to the very server that was asked, which is the simulator's case.
        if urlsplit(url).scheme != "https" and _origin(url) != home:
            raise UnsafeRedirect("a redirect to an address that is not https", code="not_https")
        current = None
    raise UnsafeRedirect("too many redirects", code="redirects")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


class _Anonymous(requests.auth.AuthBase):
    """No credentials, not even from a .netrc file."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request
