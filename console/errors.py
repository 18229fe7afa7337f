"""What a person reads when something is not there, not allowed or broken: nothing about anybody."""

import logging

from flask import g, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from console.blueprint import bp
from console.gate import ANYBODY_SIGNED_IN, only
from storage.faults import TryAgain

log = logging.getLogger(__name__)

_KNOWN = frozenset({400, 401, 403, 404, 405, 410, 413, 416, 503})


@bp.route("/<path:rest>", methods=["GET", "POST"])
@only(ANYBODY_SIGNED_IN)
def nowhere(rest: str) -> ResponseReturnValue:
    """Every other address of the console."""
    return page(404)


@bp.errorhandler(HTTPException)
def refused(error: HTTPException) -> ResponseReturnValue:
    """A refusal, in a page of ours; leading elsewhere is none."""
    if error.code is not None and error.code < 400:
        return error.get_response()
    return page(error.code or 500)


@bp.errorhandler(TryAgain)
def not_now(error: TryAgain) -> ResponseReturnValue:
    """Something we need does not answer just now."""
    log.warning("page.not_now", extra={"code": error.code})
    return page(503)


@bp.errorhandler(Exception)
def broken(error: Exception) -> ResponseReturnValue:
    """A fault of ours; the log says where, the page does not."""
    log.exception("page.broke", extra={"error": type(error).__name__})
    return page(500)


def page(status: int) -> ResponseReturnValue:
    """The plain page of an HTTP status."""
    shown = status if status in _KNOWN else 500
    g.setdefault("visitor", None)
    return render_template("console/error.html", status=shown), status
