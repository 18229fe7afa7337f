"""Runs documents: fetches them, does what they say, and takes the fallback when one fails."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from simulator import parameters, twiml
from simulator.courier import DeliveryError, Reply
from simulator.faults import Webhook
from simulator.gather import gather
from simulator.handset import Sound, Utterance
from simulator.journal import Kind
from simulator.leg import Leg
from simulator.orders import HungUpError, OrderKind, Source, TakenError
from simulator.record import record
from simulator.records import Address, CallStatus
from simulator.sounds import DocumentError, absolute, audio_seconds, sound_out, speech_seconds
from simulator.twiml import Verb

MOST_DOCUMENTS: Final = 2000
MOST_WITHOUT_TIME: Final = 100
_APOLOGY: Final = "We are sorry. An application error has occurred. Goodbye."
_AS_TWIML: Final = frozenset({"text/xml", "application/xml", "text/html"})


class _Flow(Enum):
    GO_ON = "go on"
    HANG_UP = "hang up"


@dataclass(frozen=True, slots=True)
class _Document:
    verbs: tuple[Verb, ...]
    base: str | None
    own: Address | None


def converse(leg: Leg, first: Source, *, first_status: str) -> None:
    """Run documents until the call is to be hung up, whoever does it.

    `first_status` is the CallStatus that the very first request tells. A call that was stopped
    with the network raises `TakenError`; every other end returns.
    """
    runner = _Runner(leg, first_status)
    source: Source | None = first
    while source is not None:
        try:
            source = runner.play(source)
        except HungUpError:
            return
        except TakenError as taken:
            if taken.order.kind is OrderKind.STOP:
                raise
            source = taken.order.source


class _Runner:
    def __init__(self, leg: Leg, first_status: str) -> None:
        self._leg = leg
        self._first_status = first_status
        self._documents = 0
        self._without_time = 0
        self._last = leg.now()

    def play(self, source: Source) -> Source | None:
        """Run one document; the answer is where the next one comes from."""
        if self._loops():
            return None
        try:
            document = self._get(source)
            self._leg.check()  # TwiML that arrives after the line was taken is not run
            return self._run(document)
        except DocumentError as fault:
            return self._rescue(fault, source)

    def _loops(self) -> bool:
        self._documents += 1
        self._without_time = self._without_time + 1 if self._leg.now() == self._last else 0
        self._last = self._leg.now()
        if self._documents <= MOST_DOCUMENTS and self._without_time <= MOST_WITHOUT_TIME:
            return False
        self._leg.note(
            Kind.ERROR,
            code=12400,
            message=f"{self._documents} documents, the last {self._without_time} of them without"
            " any time passing: the service goes in circles, the call is ended",
        )
        return True

    # Fetching -----------------------------------------------------------------------------

    def _get(self, source: Source) -> _Document:
        if source.inline is not None:
            self._leg.note(Kind.TWIML, url="", twiml=source.inline)
            return _Document(self._checked(source.inline, ""), None, None)
        assert source.address is not None
        reply = self._request(source, source.address)
        if reply.status >= 400:
            raise DocumentError(11200, f"answered {reply.status}", url=source.address.url)
        if not reply.body.strip():
            raise DocumentError(11770, "empty answer", url=source.address.url)
        kind = reply.content_type.partition(";")[0].strip().lower()
        if kind in _AS_TWIML:
            verbs = self._checked(reply.body, reply.url)
        elif kind.startswith("audio/"):
            verbs = self._just_play(reply)
        elif kind == "text/plain":
            verbs = self._plain(reply)
        else:
            raise DocumentError(
                12300, f"content type {kind or 'missing'!r}; TwiML is text/xml", url=reply.url
            )
        return _Document(verbs, reply.url, source.address)

    def _request(self, source: Source, address: Address) -> Reply:
        leg = self._leg
        usual = CallStatus.IN_PROGRESS if leg.answered else CallStatus.RINGING
        status, self._first_status = self._first_status or usual, ""
        fields = parameters.call_document(
            leg.record, account_sid=leg.plant.account.sid, status=status, profile=leg.profile
        )
        try:
            reply = leg.plant.dispatch.document(
                source.kind, address, fields | source.fields, leg.session, at=leg.now()
            )
        except DeliveryError as fault:
            if fault.code == 11200:
                leg.pass_time(leg.now(), leg.settings.deadline)
            raise DocumentError(fault.code, fault.reason, url=address.url) from fault
        leg.note(
            Kind.TWIML,
            url=address.url,
            status=reply.status,
            twiml=reply.body.decode("utf-8", "replace"),
        )
        return reply

    def _checked(self, body: bytes | str, url: str) -> tuple[Verb, ...]:
        leg = self._leg
        try:
            verbs = twiml.parse(body)
        except twiml.MalformedError as fault:
            raise DocumentError(12100, str(fault), url=url) from fault
        found = twiml.problems(verbs, profile=leg.profile)
        fatal = leg.settings.strict or leg.profile.unknown_verb_aborts
        for problem in found:
            if problem.fatal and fatal:
                raise DocumentError(problem.code, problem.message, url=url)
            leg.note(Kind.WARNING, code=problem.code, message=problem.message)
        return verbs

    def _plain(self, reply: Reply) -> tuple[Verb, ...]:
        try:
            return self._checked(reply.body, reply.url)
        except DocumentError:
            return (Verb("Say", {}, reply.body.decode("utf-8", "replace").strip()),)

    def _just_play(self, reply: Reply) -> tuple[Verb, ...]:
        seconds = audio_seconds(reply.body)
        if seconds is None:
            raise DocumentError(12300, "no readable sound", url=reply.url)
        self._leg.answer()
        self._leg.hear(
            Utterance(
                Sound.PLAY,
                seconds,
                text=reply.url,
                audio=reply.body,
                media_type=reply.content_type.partition(";")[0],
            )
        )
        return (Verb("Hangup", {}),)

    # Running ------------------------------------------------------------------------------

    def _run(self, document: _Document) -> Source | None:
        for place, verb in enumerate(document.verbs):
            came = self._verb(verb, document, rest=document.verbs[place + 1 :])
            if isinstance(came, Source):
                return came
            if came is _Flow.HANG_UP:
                return None
        self._leg.answer()
        return None  # the end of a document is the end of the call

    def _verb(self, verb: Verb, document: _Document, *, rest: tuple[Verb, ...]) -> Source | _Flow:
        leg, base = self._leg, document.base
        if not leg.answered and verb.name == "Reject":
            busy = verb.attributes.get("reason") == "busy"
            leg.move(CallStatus.BUSY if busy else CallStatus.NO_ANSWER)
            return _Flow.HANG_UP
        if leg.answered or verb.name != "Pause":
            leg.answer()
        match verb.name:
            case "Say" | "Play" | "Pause":
                sound_out(leg, verb, base=base, interruptible=False)
            case "Gather":
                return gather(leg, verb, base=base, own=document.own) or _Flow.GO_ON
            case "Record":
                return record(leg, verb, base=base, own=document.own) or _Flow.GO_ON
            case "Redirect":
                self._warn_unreachable(verb, rest)
                method = verb.attributes.get("method", "POST").upper()
                url = absolute(verb.text, base=base)
                return Source(Address(url, method))
            case "Hangup":
                self._warn_unreachable(verb, rest)
                return _Flow.HANG_UP
            case "Reject":
                leg.note(Kind.WARNING, code=12200, message="<Reject> after the call was answered")
                return _Flow.HANG_UP
        return _Flow.GO_ON

    def _warn_unreachable(self, verb: Verb, rest: tuple[Verb, ...]) -> None:
        if rest:
            self._leg.note(
                Kind.WARNING, code=12200, message=f"<{rest[0].name}> after <{verb.name}> never runs"
            )

    def _rescue(self, fault: DocumentError, source: Source) -> Source | None:
        leg = self._leg
        failed = fault.url or (source.address.url if source.address is not None else "")
        leg.note(Kind.ERROR, code=fault.code, message=fault.message, url=failed)
        fallback = leg.record.fallback
        if fallback is not None and leg.profile.has_fallback and not source.fallback:
            error = {"ErrorCode": str(fault.code), "ErrorUrl": failed}
            return Source(fallback, kind=Webhook.DOCUMENT, fields=error, fallback=True)
        leg.answer()
        leg.hear(Utterance(Sound.SAY, speech_seconds(_APOLOGY), text=_APOLOGY, language="en-US"))
        return None
