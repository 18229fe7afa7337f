"""What every answer tells the browser: run nothing foreign, keep nothing, frame nowhere."""

import secrets
from typing import Final

from flask import Response, g, request

_POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_ONE_YEAR: Final = 31_536_000


def nonce() -> str:
    """This answer's word that lets a script of ours run."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    found: str = g.nonce
    return found


def protect(response: Response) -> Response:
    """Set the headers; pages are never stored, the console's own files are as long as they stay."""
    headers = response.headers
    headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce())
    headers["X-Frame-Options"] = "DENY"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    headers["X-Robots-Tag"] = "noindex"
    if request.endpoint == "console.static" and response.status_code == 200:
        # Their address carries a fingerprint of the content, so a changed file is a new address.
        age = _ONE_YEAR if request.args.get("v") else 0
        headers["Cache-Control"] = f"public, max-age={age}" + (", immutable" if age else "")
    else:
        headers["Cache-Control"] = "no-store"
    return response
