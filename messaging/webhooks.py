"""The address that the provider calls when somebody texts us: parse, one transaction, render."""

import logging

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from messaging import inbound, replies
from messaging.events import TextReceived
from storage.house import once_more, utc_now
from storage.provider_forms import BadEventError
from storage.webhook_signature import require_provider_signature

log = logging.getLogger(__name__)

bp = Blueprint("sms", __name__, url_prefix="/sms")
bp.before_request(require_provider_signature)


@bp.post("/inbound")
def received() -> ResponseReturnValue:
    """The answer to a text message; often none."""
    text = TextReceived.from_form(request.form)
    answer = once_more(lambda session: inbound.receive(session, text, at=utc_now()))
    log.info("text.received", extra={"answered": answer is not None})
    return Response(replies.document(answer), content_type=replies.CONTENT_TYPE)


@bp.errorhandler(BadEventError)
def unreadable(error: BadEventError) -> ResponseReturnValue:
    """A form that no provider sends: the field is named, never its value."""
    log.warning("webhook.unreadable", extra={"reason": str(error)})
    return Response(str(error), 400, content_type="text/plain; charset=utf-8")


@bp.errorhandler(Exception)
def not_taken(error: Exception) -> ResponseReturnValue:
    """The provider may tell us again: what was asked for is not noted yet."""
    log.exception("text.broke", extra={"code": type(error).__name__})
    return "", 500
