"""Who is speaking: only requests that the provider signed reach a webhook.

The signed address is built from our configured public address and the raw request target, never
from Host or X-Forwarded-*: behind a proxy, and before an attacker, those say anything.
"""

import hmac
import logging
from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import quote

from flask import request
from flask.typing import ResponseReturnValue
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from storage.house import house

log = logging.getLogger(__name__)


def require_provider_signature() -> ResponseReturnValue | None:
    """403 with an empty body unless the request is signed; put it before every webhook."""
    settings = house().settings
    try:
        signature = request.headers.get(settings.traits.signature_header, "")
        genuine = is_genuine(
            settings.public_base_url + raw_target(request.environ),
            request.form,
            signature,
            keys=settings.webhook_keys,
        )
    except Exception as error:  # whatever a stranger manages to break is still only a stranger
        log.warning("webhook.unreadable", extra={"code": type(error).__name__})
        genuine = False
    if genuine:
        return None
    log.warning("webhook.refused", extra={"endpoint": request.endpoint or ""})
    return "", 403


def is_genuine(
    url: str, form: "MultiDict[str, str]", signature: str, *, keys: Sequence[str]
) -> bool:
    """Whether one of the keys made this signature over the address and every parameter.

    Every key is tried, so that a rotated token is accepted beside the new one.
    """
    given = signature.encode()
    if not given:
        return False
    signed = _signed(url, form)
    for key in keys:
        # The exact address first: the library's own variants drop a lone question mark at the end.
        exact = b64encode(hmac.digest(key.encode(), signed, "sha1"))
        if hmac.compare_digest(exact, given):
            return True
        if signature.isascii() and RequestValidator(key).validate(url, form, signature):
            return True
    return False


def _signed(url: str, form: "MultiDict[str, str]") -> bytes:
    """What the provider signs: the address, then each name and its values, each value once."""
    parts = [url]
    for name in sorted(form):
        parts += [name + value for value in sorted(set(form.getlist(name)))]
    return "".join(parts).encode()


def raw_target(environ: dict[str, object]) -> str:
    """Path and query exactly as they stood in the request line."""
    raw = str(environ.get("REQUEST_URI") or environ.get("RAW_URI") or "")
    if raw.startswith(("http://", "https://")):
        # The absolute form of a request line: its host is the sender's claim, not ours.
        raw = "/" + raw.split("://", 1)[1].partition("/")[2]
    if raw.startswith("/"):
        return raw
    path = quote(str(environ.get("PATH_INFO", "")).encode("latin-1"))
    query = str(environ.get("QUERY_STRING", ""))
    return f"{path}?{query}" if query else path
