"""A call that the service makes: from the queue over the ringing to the last callback."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from simulator import parameters
from simulator.detection import Detection, judge
from simulator.faults import Webhook
from simulator.handset import Answer, Pickup
from simulator.journal import Kind
from simulator.leg import Leg
from simulator.orders import HungUpError, OrderKind, Source, TakenError
from simulator.records import CallStatus
from simulator.runner import converse
from simulator.settings import Stage

_ROUTING_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Ordered:
    """What the service asked for when it made the call."""

    first: Source
    detection: Detection | None = None
    send_digits: str = ""


def dial(leg: Leg, ordered: Ordered, *, slot: datetime) -> None:
    """Live the whole call. Raises `TakenError` only when the network stops."""
    try:
        _ring(leg, ordered, slot=slot)
    except HungUpError:
        pass
    except TakenError as taken:
        if taken.order.kind is OrderKind.STOP:
            raise
    if leg.answered:
        leg.move(CallStatus.COMPLETED)
    else:
        leg.move(CallStatus.CANCELED)


def _ring(leg: Leg, ordered: Ordered, *, slot: datetime) -> None:
    leg.hold(Stage.QUEUED)
    leg.pass_time(slot, 0)
    waited = slot - leg.record.created_at
    leg.change(queue_ms=max(0, round(waited.total_seconds() * 1000)))
    _advance(leg, CallStatus.INITIATED)
    leg.pass_time(leg.now(), _ROUTING_SECONDS)
    started = leg.now()
    if not leg.line.called.startswith("+"):
        leg.move(CallStatus.FAILED, sip_code="404")
        return
    _advance(leg, CallStatus.RINGING)
    leg.hold(Stage.RINGING)
    pickup = leg.handset.ring(leg.line)
    if pickup.answer is Answer.UNREACHABLE:
        leg.pass_time(started, pickup.after_seconds)
        leg.move(CallStatus.FAILED, sip_code="404")
        return
    if pickup.answer is Answer.BUSY:
        leg.pass_time(started, pickup.after_seconds)
        leg.move(CallStatus.BUSY, sip_code="486")
        return
    if pickup.answer is Answer.NO_ANSWER or pickup.after_seconds > leg.line.ring_seconds:
        leg.pass_time(started, leg.line.ring_seconds)
        leg.move(CallStatus.NO_ANSWER, sip_code="487")
        return
    leg.pass_time(started, pickup.after_seconds)
    leg.answer()
    try:
        leg.hold(Stage.ANSWERED)
        if ordered.send_digits:
            leg.rest(0.5 * len(ordered.send_digits))
        first = _detect(leg, ordered, pickup)
    except TakenError as taken:
        if taken.order.source is None:
            raise
        first = taken.order.source
    converse(leg, first, first_status=leg.profile.first_document_status)


def _advance(leg: Leg, status: CallStatus) -> None:
    """Move on, unless the call was cancelled in the same moment."""
    leg.check()
    # A call is dialled from here on; the start moves to the answer if there is one.
    leg.move(status, started_at=leg.now())
    leg.check()


def _detect(leg: Leg, ordered: Ordered, pickup: Pickup) -> Source:
    """The first document to ask for, with the verdict if the service waits for it."""
    detection = ordered.detection
    # Digits sent by the network make detection impossible, so the provider leaves it out.
    if detection is None or ordered.send_digits or not leg.profile.detects_machines:
        return ordered.first
    verdict = judge(pickup, detection)
    seconds = verdict.milliseconds / 1000

    def decide() -> None:
        leg.change(answered_by=verdict.answered_by)
        leg.note(Kind.STATE, answered_by=verdict.answered_by)

    fields = parameters.detected(
        leg.record.sid,
        account_sid=leg.plant.account.sid,
        answered_by=verdict.answered_by,
        milliseconds=verdict.milliseconds,
    )
    if detection.asynchronous:
        leg.postman.post(
            Webhook.DETECTED,
            detection.callback,
            lambda: fields,
            due=leg.now() + timedelta(seconds=seconds),
            happen=decide,
        )
        return ordered.first
    leg.rest(seconds)
    decide()
    told = {name: fields[name] for name in ("AnsweredBy", "MachineDetectionDuration")}
    return replace(ordered.first, fields=told)
