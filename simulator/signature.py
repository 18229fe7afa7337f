"""Signs requests the way the provider does; written from its description, not with its library."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit


def form_signature(token: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Signature of a form POST. `url` exactly as requested; parameters decoded.

    A name that occurs more than once contributes each distinct value, in sorted order.
    """
    text = url + "".join(name + value for name, value in sorted(set(parameters)))
    return _hmac(token, text)


def url_signature(token: str, url: str) -> str:
    """Signature of a GET, or of a JSON body whose hash is in the address (`bodySHA256`)."""
    return _hmac(token, url)


def signed_address(url: str) -> str:
    """The address as the signature sees it: no fragment, no credentials, HTTPS without a port."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    if parts.scheme == "https" and parts.port is not None:
        host = host.rpartition(":")[0]
    # A lone trailing question mark goes as well: the provider's own library drops it, too.
    return urlunsplit((parts.scheme, host, parts.path, parts.query, ""))


def _hmac(token: str, text: str) -> str:
    digest = hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
