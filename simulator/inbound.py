"""A call that a person makes to one of the service's numbers."""

from __future__ import annotations

from simulator.faults import Webhook
from simulator.journal import Kind
from simulator.leg import Leg
from simulator.orders import HungUpError, OrderKind, Source, TakenError
from simulator.records import Address, CallStatus, NumberRecord
from simulator.runner import converse


def arrive(leg: Leg, number: NumberRecord) -> None:
    """Live the whole call. Raises `TakenError` only when the network stops."""
    leg.note(Kind.STATE, status=CallStatus.RINGING.value)
    if not number.voice_url:
        leg.note(Kind.ERROR, code=11100, message=f"{number.number} has no voice address")
        leg.move(CallStatus.FAILED, sip_code="404")
        return
    first = Source(Address(number.voice_url, number.voice_method), kind=Webhook.DOCUMENT)
    try:
        converse(leg, first, first_status=CallStatus.RINGING)
    except HungUpError:
        pass
    except TakenError as taken:
        if taken.order.kind is OrderKind.STOP:
            raise
    # A caller who gives up before we answered was not answered; whoever was, has completed.
    leg.move(CallStatus.COMPLETED if leg.answered else CallStatus.NO_ANSWER)
