"""The client library's objects as our own frozen answers."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from storage.provider_faults import ProviderAway
from storage.provider_terms import (
    CallAtProvider,
    ContactAtProvider,
    MessageAtProvider,
    PlacedCall,
)

# The words for calls and text messages that came to nobody.
_NOBODY: Final = frozenset({"failed", "canceled"})


def placed_call(made: Any) -> PlacedCall:
    """What the provider answered to an order; raises ProviderAway when it names no call."""
    if not made.sid:
        raise ProviderAway("the provider named no call", may_have_happened=True, code="no_sid")
    return PlacedCall(sid=made.sid, status=made.status or "queued")


def read_call(one: Any) -> CallAtProvider:
    """A call as the provider has it now."""
    return CallAtProvider(
        sid=one.sid,
        status=one.status or "",
        direction=one.direction or "",
        answered_by=one.answered_by,
        seconds=whole(one.duration),
        created_at=moment(one.date_created),
        started_at=moment(one.start_time),
        ended_at=moment(one.end_time),
        price_micros=_micros(one.price),
        currency=one.price_unit,
    )


def read_message(one: Any) -> MessageAtProvider:
    """A text message as the provider has it now, without its text."""
    return MessageAtProvider(
        sid=one.sid,
        status=one.status or "",
        direction=one.direction or "",
        created_at=moment(one.date_created),
        error_code=None if one.error_code is None else str(one.error_code)[:40],
        price_micros=_micros(one.price),
        currency=one.price_unit,
    )


def read_contact(one: Any) -> ContactAtProvider:
    """That somebody was called or texted, whatever came of it."""
    return ContactAtProvider(
        sid=one.sid,
        to=one.to or "",
        created_at=moment(one.date_created),
        reached=one.status not in _NOBODY,
    )


def whole(text: str | None) -> int | None:
    """A whole number, or None for anything else."""
    return int(text) if text is not None and str(text).isdecimal() else None


def moment(value: Any) -> datetime | None:
    """A moment; the library leaves what it cannot read as a text."""
    return value if isinstance(value, datetime) else None


def _micros(price: Any) -> int | None:
    """Millionths of what `-0.03000` says: prices are written as what is taken away."""
    try:
        return None if price is None else round(abs(Decimal(str(price))) * 1_000_000)
    except InvalidOperation:
        return None
