"""What every page has in common that anybody may open: its language, its headers, its manners.

No cookie, no script, nothing from elsewhere. Whoever sends a form is known by nothing but the
address it came from, and that is not kept; see messaging/patience.py.
"""

import ipaddress
from collections.abc import Collection
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, request, url_for

from storage.house import house

bp = Blueprint(
    "pages",
    __name__,
    url_prefix="/pages",
    static_folder="static",
    template_folder="templates",
)
"""Carries the style and the templates that the public pages share; no view of its own."""

DEFAULT_LANGUAGE: Final = "en"
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_NORWEGIAN: Final = {"no": "nb", "nn": "nb"}
_STYLE: Final = "page.css"
_ONE_YEAR: Final = 31_536_000


def language_of(spoken: Collection[str]) -> str:
    """The language that `?lang=` asks for, or the one the browser prefers."""
    asked = request.args.get("lang", "").lower()
    asked = _NORWEGIAN.get(asked, asked)
    if asked in spoken:
        return asked
    best = request.accept_languages.best_match([*spoken, *_NORWEGIAN]) or DEFAULT_LANGUAGE
    return _NORWEGIAN.get(best, best)


def sent_from_elsewhere() -> bool:
    """Whether another site's page sent this form with the help of somebody's browser.

    The browser says so itself. Whoever is no browser can be misused by no page.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin != _our_origin()


def where_from() -> str:
    """Where the request came from, as far as patience is concerned.

    Behind a proxy of our own network that is what the proxy noted last; what stands before that in
    the header is the sender's own claim. Of an address of the new kind the half counts that names
    the connection: whoever has one may choose the other half at will.
    """
    nearest = request.remote_addr or ""
    noted = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    place = noted if noted and _is_ours(nearest) else nearest
    try:
        found = ipaddress.ip_address(place)
    except ValueError:
        return place
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def protect(response: Response) -> Response:
    """Tell the browser to run nothing, to keep nothing and to frame nowhere."""
    headers = response.headers
    headers["Content-Security-Policy"] = _POLICY
    headers["X-Frame-Options"] = "DENY"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    headers["X-Robots-Tag"] = "noindex"
    headers["Cache-Control"] = "no-store"
    return response


@bp.after_request
def keep(response: Response) -> Response:
    """Let a browser keep the style: its address changes whenever the file does."""
    kept = response.status_code == 200 and "v" in request.args
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = f"public, max-age={_ONE_YEAR if kept else 0}, immutable"
    return response


def style() -> str:
    """The address of the style sheet of all public pages."""
    return url_for("pages.static", filename=_STYLE, v=_fingerprint())


@cache
def _fingerprint() -> str:
    file = Path(__file__).with_name("static") / _STYLE
    return sha256(file.read_bytes()).hexdigest()[:12]


def _our_origin() -> str:
    parts = urlsplit(house().settings.public_base_url)
    return f"{parts.scheme}://{parts.netloc}"


def _is_ours(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return not address  # a socket of this machine has no address
    return found.is_loopback or found.is_private
