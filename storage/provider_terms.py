"""What is asked of the telephone provider and what it answers, as frozen values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from storage.asked_states import AskedPurpose
from storage.states import ContactPurpose


@dataclass(frozen=True, slots=True)
class CallOrder:
    """What is wanted of an outbound call; every address is absolute and bears an opaque token."""

    to: str
    from_: str
    answer_url: str
    status_url: str
    # Both are compared with the permit; the provider is told neither.
    attempt_id: UUID
    purpose: ContactPurpose
    fallback_url: str | None = None
    # With an address the guess at who answered comes there while the call goes on.
    detected_url: str | None = None
    # Without one, the call may instead stay silent until the provider has guessed.
    waits_for_guess: bool = False
    ring_seconds: int = 30
    limit_seconds: int = 600


@dataclass(frozen=True, slots=True)
class AskedCall:
    """A call that a person asked for; the addresses are absolute and bear an opaque token."""

    to: str = field(repr=False)
    from_: str
    answer_url: str
    status_url: str
    # Compared with the paper; the provider is not told.
    purpose: AskedPurpose = AskedPurpose.DATA


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """The provider took the order; `status` is its own word, usually `queued`."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class CallAtProvider:
    """A call as the provider has it now; without the numbers, which nobody needs again."""

    sid: str
    status: str
    direction: str
    answered_by: str | None
    seconds: int | None
    created_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    # What it cost, in millionths; often not known for hours.
    price_micros: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class ContactAtProvider:
    """That somebody was contacted from a number of ours, by a call or a text message.

    `reached` is False where no telephone rang and no text went out.
    """

    sid: str
    to: str = field(repr=False)
    created_at: datetime | None
    reached: bool


@dataclass(frozen=True, slots=True)
class TextOrder:
    """A text message to be sent; never shown in a log. `status_url` bears an opaque token."""

    to: str = field(repr=False)
    from_: str
    body: str = field(repr=False)
    status_url: str
    # Both are compared with the permit; the provider is told neither.
    attempt_id: UUID
    purpose: ContactPurpose


@dataclass(frozen=True, slots=True)
class AskedText:
    """A text message with what a person asked for; never shown in a log."""

    to: str = field(repr=False)
    from_: str
    body: str = field(repr=False)
    status_url: str


@dataclass(frozen=True, slots=True)
class TakenText:
    """The provider took the text message; `status` is its own word, usually `queued`."""

    sid: str
    status: str


@dataclass(frozen=True, slots=True)
class RecordingAtProvider:
    """A recording that lies at the provider."""

    sid: str
    call_sid: str | None
    status: str
    seconds: int | None
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class MessageAtProvider:
    """A text message that lies at the provider; its text stays there."""

    sid: str
    status: str
    direction: str
    created_at: datetime | None
    error_code: str | None = None
    # What it cost, in millionths; often not known for hours.
    price_micros: int | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class TextAtProvider:
    """What one text message says, and between whom; never shown in a log."""

    sender: str | None = field(repr=False)
    recipient: str | None = field(repr=False)
    body: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Media:
    """The sound of a recording as the provider sent it; the content type is only its claim."""

    content: bytes
    content_type: str


class DeletionVerdict(StrEnum):
    """What became of a wish to delete at the provider."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Deletion:
    """A deletion with its proof: each request and the status it got, in order."""

    verdict: DeletionVerdict
    proof: tuple[str, ...] = ()
