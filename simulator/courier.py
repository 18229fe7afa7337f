"""Carries one request to the service: deadline, retries, redirects, cookies and signature."""

from __future__ import annotations

import ipaddress
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import quote, quote_plus, unquote, urljoin, urlsplit

import urllib3

from simulator import signature
from simulator.connection_rules import ConnectionRules, rules_of
from simulator.faults import SignatureFault
from simulator.profiles import Profile

LONGEST_BODY: Final = 64 * 1024
LONGEST_MEDIA: Final = 64 * 1024 * 1024
MOST_REDIRECTS: Final = 10


class DeliveryError(Exception):
    """The request failed on the way; `code` is the provider's error code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parcel:
    """A request, ready to go. `parameters` in the order they are to be sent."""

    url: str
    method: str
    parameters: tuple[tuple[str, str], ...]
    token: str
    """Goes out as the idempotency token; a repetition bears the same one."""
    plus_for_space: bool = True
    tampered: bool = False
    signing: SignatureFault = SignatureFault.RIGHT


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    content_type: str
    url: str
    """Where the answer came from in the end; relative addresses resolve against it."""
    headers: Mapping[str, str] = field(default_factory=dict)


class Courier:
    """Sends parcels; one per network. Goes to loopback addresses only.

    `base` (an origin such as http://127.0.0.1:5000) stands in for every origin that is not on
    this machine, so the service may use its public address. The signature is over the public one.
    """

    def __init__(self, *, auth_token: str, base: str | None = None) -> None:
        self._token = auth_token
        self._base = base
        self._pool = urllib3.PoolManager(num_pools=10, maxsize=16, retries=False)

    def close(self) -> None:
        self._pool.clear()

    def deliver(
        self, parcel: Parcel, *, profile: Profile, deadline: float, cookies: dict[str, str]
    ) -> Reply:
        """The service's answer, redirects followed. Raises `DeliveryError`."""
        rules = rules_of(parcel.url, profile=profile, deadline=deadline)
        until = time.monotonic() + rules.total
        attempt = 0
        while True:
            try:
                reply = self._follow(parcel, profile, rules, until=until, cookies=cookies)
                failure = f"{reply.status // 100}xx" if reply.status >= 400 else ""
            except DeliveryError as fault:
                failure = "ct" if fault.code in (11205, 11210, 11220) else "rt"
                if not rules.again(failure, attempt=attempt, until=until):
                    raise
            else:
                if not failure or not rules.again(failure, attempt=attempt, until=until):
                    return reply
            attempt += 1

    def fetch_media(self, url: str, *, deadline: float) -> Reply:
        """A plain GET without call parameters, as Play makes it. Raises `DeliveryError`."""
        address = url.partition("#")[0]
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._once(
                "GET", address, b"", {"Accept": "*/*"}, deadline, deadline, longest=LONGEST_MEDIA
            )
            if not 300 <= reply.status < 400 or "location" not in reply.headers:
                return reply
            address = urljoin(address, reply.headers["location"])
        raise DeliveryError(11215, "too many redirects")

    def _follow(
        self,
        parcel: Parcel,
        profile: Profile,
        rules: ConnectionRules,
        *,
        until: float,
        cookies: dict[str, str],
    ) -> Reply:
        method, parameters = parcel.method, parcel.parameters
        url = parcel.url.partition("#")[0]
        for _ in range(MOST_REDIRECTS + 1):
            reply = self._send(
                parcel, method, url, parameters, profile, rules, until=until, cookies=cookies
            )
            if not 300 <= reply.status < 400 or "location" not in reply.headers:
                return reply
            # What was posted is not sent again to the new place.
            method, parameters, url = "GET", (), urljoin(url, reply.headers["location"])
        raise DeliveryError(11215, f"more than {MOST_REDIRECTS} redirects")

    def _send(
        self,
        parcel: Parcel,
        method: str,
        url: str,
        parameters: tuple[tuple[str, str], ...],
        profile: Profile,
        rules: ConnectionRules,
        *,
        until: float,
        cookies: dict[str, str],
    ) -> Reply:
        if method == "GET" and parameters:
            url += ("&" if urlsplit(url).query else "?") + _encode(parameters, plus=False)
        signed = signature.signed_address(url)
        if method == "GET":
            mark = signature.url_signature(self._token, signed)
        else:
            mark = signature.form_signature(self._token, signed, parameters)
        if parcel.tampered:
            parameters = tuple(
                (name, value + "0" if place == 0 else value)
                for place, (name, value) in enumerate(parameters)
            )
        headers = {
            "User-Agent": profile.user_agent,
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": parcel.token,
            "X-Home-Region": "us1",
        }
        if parcel.signing is SignatureFault.WRONG:
            mark = signature.url_signature("not the token of this account", signed)
        if parcel.signing is not SignatureFault.MISSING:
            headers[profile.signature_header] = mark
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        body = b""
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
            body = _encode(parameters, plus=parcel.plus_for_space).encode()
        read = min(rules.read, max(0.05, until - time.monotonic()))
        reply = self._once(method, url, body, headers, rules.connect, read, longest=LONGEST_BODY)
        if reply.status == 401 and "@" in urlsplit(url).netloc:
            headers["Authorization"] = _basic(url)
            reply = self._once(
                method, url, body, headers, rules.connect, read, longest=LONGEST_BODY
            )
        _keep_cookies(reply, cookies)
        return reply

    def _once(
        self,
        method: str,
        url: str,
        body: bytes,
        headers: dict[str, str],
        connect: float,
        read: float,
        *,
        longest: int,
    ) -> Reply:
        target, host = self._target(url)
        try:
            response = self._pool.request(
                method,
                target,
                body=body if method == "POST" else None,
                headers={**headers, "Host": host},
                timeout=urllib3.Timeout(connect=connect, read=read, total=read),
                redirect=False,
                retries=False,
                preload_content=False,
            )
        except urllib3.exceptions.NewConnectionError as fault:
            raise DeliveryError(11205, "connection refused") from fault
        except urllib3.exceptions.ConnectTimeoutError as fault:
            raise DeliveryError(11205, "connection timed out") from fault
        except urllib3.exceptions.TimeoutError as fault:
            raise DeliveryError(11200, f"no answer within {read:.1f} s") from fault
        except urllib3.exceptions.SSLError as fault:
            raise DeliveryError(11220, "TLS failed") from fault
        except urllib3.exceptions.HTTPError as fault:
            raise DeliveryError(11206, f"protocol error: {type(fault).__name__}") from fault
        try:
            content = response.read(longest + 1)
        except urllib3.exceptions.TimeoutError as fault:
            response.close()
            raise DeliveryError(11200, f"no complete answer within {read:.1f} s") from fault
        except urllib3.exceptions.HTTPError as fault:
            response.close()
            raise DeliveryError(11206, f"protocol error: {type(fault).__name__}") from fault
        if len(content) > longest:
            response.close()
            raise DeliveryError(11750, f"the answer is longer than {longest} bytes")
        response.release_conn()
        return Reply(
            response.status,
            content,
            response.headers.get("content-type", ""),
            url,
            # A cookie is the one header that may come more than once.
            {name.lower(): value for name, value in response.headers.items()}
            | {"set-cookie": "\n".join(response.headers.getlist("set-cookie"))},
        )

    def _target(self, url: str) -> tuple[str, str]:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise DeliveryError(11100, "not an absolute http or https address")
        host = parts.netloc.rpartition("@")[2]
        bare = url[len(parts.scheme) + 3 + len(parts.netloc) :] or "/"
        if is_loopback(parts.hostname):
            return f"{parts.scheme}://{host}{bare}", host
        if self._base is None:
            raise DeliveryError(
                11210,
                "the simulator calls this machine only; start it with a webhook base to reach "
                "the service under its public address",
            )
        return self._base.rstrip("/") + bare, host


def is_loopback(host: str) -> bool:
    """True for names and addresses that never leave this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def new_token() -> str:
    return secrets.token_hex(16)


def _encode(parameters: tuple[tuple[str, str], ...], *, plus: bool) -> str:
    if plus:
        return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in parameters)
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters)


def _basic(url: str) -> str:
    user, _, secret = urlsplit(url).netloc.rpartition("@")[0].partition(":")
    made = urllib3.make_headers(basic_auth=f"{unquote(user)}:{unquote(secret)}")
    return str(made["authorization"])


def _keep_cookies(reply: Reply, cookies: dict[str, str]) -> None:
    for line in filter(None, reply.headers.get("set-cookie", "").split("\n")):
        try:
            for name, morsel in SimpleCookie(line).items():
                cookies[name] = morsel.value
        except CookieError:
            continue
