"""The addresses that the provider calls about texts: parse, one transaction, render."""

import logging

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from messaging import inbound, replies, text_ends
from messaging.events import TextReceived, TextStatusTold
from storage.house import once_more, utc_now
from storage.provider_forms import BadEventError
from storage.states import Verdict
from storage.tables import SentText
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


@bp.post("/status/<token>")
def told(token: str) -> ResponseReturnValue:
    """What became of a text of ours."""
    status = TextStatusTold.from_form(request.form)
    verdict = once_more(lambda session: _told(session, token, status))
    log.info("text.told", extra={"status": status.status, "verdict": verdict})
    return "", 204 if verdict is not None else 404


def _told(session: Session, token: str, status: TextStatusTold) -> Verdict | None:
    """None for a token that is nobody's."""
    wanted = select(SentText).where(SentText.token == token).with_for_update()
    text = session.scalars(wanted).one_or_none()
    if text is None:
        return None
    now = utc_now()
    state = text_ends.state_of(status.status)
    if state is None or not text_ends.name_text(session, text, status.message_sid, at=now):
        return Verdict.REFUSED
    return text_ends.arrive(session, text, state, code=status.code, at=now)


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
