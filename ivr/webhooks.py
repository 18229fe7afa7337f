"""The addresses that the provider calls: parse, one transaction, render.

A caller never hears a code: whatever goes wrong with a document is spoken, with HTTP 200. Callbacks
that are not heard by anybody answer 204, or an error so that the provider may tell us again.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from config.phrases import Phrase
from ivr import calls_status, hearing, inbound, probe_talk, turns
from ivr.addresses import CallAddresses
from ivr.conversations import lock_by_sid, lock_by_token
from ivr.events import (
    AnswererDetected,
    DocumentAsked,
    InboundCall,
    KeysPressed,
    RecordingEnded,
    RecordingTold,
    StatusTold,
    country_code,
    scrubbed,
)
from ivr.last_words import last_words
from ivr.steps import Step, Waiting
from ivr.turns import Spoken, Told
from ivr.twiml import CONTENT_TYPE, render
from storage.house import house, once_more, utc_now
from storage.provider_forms import BadEventError, Form
from storage.webhook_signature import require_provider_signature
from survey import probe_ends

log = logging.getLogger(__name__)

documents = Blueprint("documents", __name__)
documents.before_request(require_provider_signature)
callbacks = Blueprint("callbacks", __name__)
callbacks.before_request(require_provider_signature)
bp = Blueprint("voice", __name__, url_prefix="/voice")

_READ: Final[Mapping[Waiting, Callable[[Form], Told]]] = {
    Waiting.KEYS: KeysPressed.from_form,
    Waiting.SILENCE: DocumentAsked.from_form,
    Waiting.RECORDED: RecordingEnded.from_form,
    Waiting.UNRECORDED: DocumentAsked.from_form,
}


@documents.post("/answer/<token>")
def answer(token: str) -> ResponseReturnValue:
    """The first document of a call that we placed."""
    asked = DocumentAsked.from_form(request.form)
    return _spoken(
        lambda session: turns.answer(session, token, asked, base_url=_base_url(), at=utc_now())
    )


@documents.post("/turn/<token>/<int:visit>/<any(keys, silence, recorded, unrecorded):what>")
def turn(token: str, visit: int, what: str) -> ResponseReturnValue:
    """The next document of any call."""
    waiting = Waiting(what)
    told = _READ[waiting](request.form)
    return _spoken(
        lambda session: turns.turn(
            session, token, visit, told, waiting, base_url=_base_url(), at=utc_now()
        )
    )


@documents.post("/probe/<token>")
def probe(token: str) -> ResponseReturnValue:
    """The first document of a call with which a line is probed."""
    asked = DocumentAsked.from_form(request.form)
    return _spoken(
        lambda session: probe_talk.answer(
            session, token, asked.call_sid, base_url=_base_url(), at=utc_now()
        )
    )


@documents.post("/probe/<token>/<any(keys, silence):what>")
def probe_turn(token: str, what: str) -> ResponseReturnValue:
    """The last document of such a call."""
    told = _READ[Waiting(what)](request.form)
    return _spoken(lambda session: probe_talk.turn(session, token, told, base_url=_base_url()))


@callbacks.post("/probe/<token>/status")
def probe_status(token: str) -> ResponseReturnValue:
    """Where such a call stands."""
    told = StatusTold.from_form(request.form)

    def take(session: Session) -> None:
        probe_ends.told(
            session, token, told.state, sid=told.call_sid, seconds=told.seconds, at=utc_now()
        )

    return _taken(take)


@documents.post("/inbound")
def receive() -> ResponseReturnValue:
    """The first document of a call to one of our numbers."""
    call = InboundCall.from_form(request.form)
    return _spoken(
        lambda session: inbound.receive(session, call, base_url=_base_url(), at=utc_now())
    )


@callbacks.post("/status/<token>")
def status(token: str) -> ResponseReturnValue:
    """Where a call that we placed stands; an unknown one is none of ours any more."""
    told = StatusTold.from_form(request.form)

    def take(session: Session) -> None:
        facts = scrubbed(request.form)
        calls_status.told_by_token(session, token, told, facts=facts, at=utc_now())

    return _taken(take)


@callbacks.post("/inbound/status")
def inbound_status() -> ResponseReturnValue:
    """Where a call to us stands."""
    told = StatusTold.from_form(request.form)

    def take(session: Session) -> None:
        call = lock_by_sid(session, told.call_sid)
        if call is not None:
            calls_status.told(session, call, told, facts=scrubbed(request.form), at=utc_now())

    return _taken(take)


@callbacks.post("/recording/<token>/<int:visit>")
def recording(token: str, visit: int) -> ResponseReturnValue:
    """A recording is ready, or there is none."""
    told = RecordingTold.from_form(request.form)

    def take(session: Session) -> None:
        call = lock_by_token(session, token)
        if call is not None:
            calls_status.recording_told(session, call, visit, told, at=utc_now())

    return _taken(take)


@callbacks.post("/detected/<token>")
def detected(token: str) -> ResponseReturnValue:
    """A person or a machine answered."""
    guess = AnswererDetected.from_form(request.form)

    def take(session: Session) -> None:
        call = lock_by_token(session, token)
        if call is not None:
            calls_status.detected(session, call, guess, at=utc_now())

    return _taken(take)


@documents.errorhandler(BadEventError)
@callbacks.errorhandler(BadEventError)
def unreadable(error: BadEventError) -> ResponseReturnValue:
    """A form that no provider sends: the field is named, never its value."""
    log.warning("webhook.unreadable", extra={"reason": str(error)})
    return Response(str(error), 400, content_type="text/plain; charset=utf-8")


@documents.errorhandler(Exception)
def broken(error: Exception) -> ResponseReturnValue:
    """Whatever broke, the caller hears an apology and not a robot reading a code."""
    log.exception("turn.broke", extra={"endpoint": request.endpoint, "code": type(error).__name__})
    return _last_words(Phrase.TECHNICAL_ERROR)


@callbacks.errorhandler(Exception)
def not_taken(error: Exception) -> ResponseReturnValue:
    """Nobody is listening here: the provider may tell us again."""
    log.exception(
        "callback.broke", extra={"endpoint": request.endpoint, "code": type(error).__name__}
    )
    return "", 500


def _spoken(work: Callable[[Session], Spoken | None]) -> ResponseReturnValue:
    spoken = once_more(work)
    if spoken is None:
        log.info("call.unknown", extra={"endpoint": request.endpoint})
        return _last_words(Phrase.ALREADY_OVER)
    return _document(spoken.steps, spoken.urls)


def _taken(work: Callable[[Session], None]) -> ResponseReturnValue:
    once_more(work)
    return "", 204


def _last_words(phrase: Phrase) -> ResponseReturnValue:
    steps = last_words(
        phrase,
        language=None,
        config_dir=house().settings.config_dir,
        country=country_code(request.form),
    )
    return _document(steps, CallAddresses(_base_url(), ""))


def _document(steps: tuple[Step, ...], urls: CallAddresses) -> Response:
    text = render(steps, urls=urls, profile=house().settings.provider_profile)
    return Response(text, content_type=CONTENT_TYPE)


def _base_url() -> str:
    return house().settings.public_base_url


bp.register_blueprint(documents)
bp.register_blueprint(callbacks)
bp.register_blueprint(hearing.bp)
