"""What others than the person want of a live call, and the two ways a person's turn ends early."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from simulator.faults import Webhook
from simulator.parameters import Fields
from simulator.records import Address


@dataclass(frozen=True, slots=True)
class Source:
    """Where the next document comes from: an address, or TwiML given with the API request."""

    address: Address | None = None
    inline: str | None = None
    kind: Webhook = Webhook.DOCUMENT
    fields: Fields = field(default_factory=dict)
    fallback: bool = False


class OrderKind(StrEnum):
    HANG_UP = "hang up"
    CANCEL = "cancel"
    REDIRECT = "redirect"
    LIMIT = "time limit"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody other than the person wants of a live call."""

    kind: OrderKind
    source: Source | None = None


class TakenError(Exception):
    """The line was taken from the person by an order."""

    def __init__(self, order: Order) -> None:
        super().__init__(order.kind)
        self.order = order


class HungUpError(Exception):
    """The person put the receiver down."""
