"""What the network keeps: calls, recordings, messages and numbers, as plain records.

Each record is frozen; a change is a new record saved in its place. Times are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

API_VERSION: Final = "2010-04-01"


class CallStatus(StrEnum):
    QUEUED = "queued"
    INITIATED = "initiated"  # only ever seen in a callback; the resource stays "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    FAILED = "failed"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"

    @property
    def terminal(self) -> bool:
        return self in _OVER


_OVER: Final = frozenset(
    {
        CallStatus.COMPLETED,
        CallStatus.BUSY,
        CallStatus.FAILED,
        CallStatus.NO_ANSWER,
        CallStatus.CANCELED,
    }
)


class RecordingStatus(StrEnum):
    IN_PROGRESS = "in-progress"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ABSENT = "absent"
    DELETED = "deleted"


class MessageStatus(StrEnum):
    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    RECEIVED = "received"

    @property
    def terminal(self) -> bool:
        return self in (
            MessageStatus.DELIVERED,
            MessageStatus.UNDELIVERED,
            MessageStatus.FAILED,
            MessageStatus.RECEIVED,
        )


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service wants to be told something."""

    url: str
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class CallRecord:
    sid: str
    caller: str
    called: str
    direction: str
    status: CallStatus
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    answered_by: str | None = None
    queue_ms: int = 0
    number_sid: str | None = None
    status_callback: Address | None = None
    status_events: tuple[str, ...] = ()
    fallback: Address | None = None
    sequence: int = 0
    sip_code: str = "200"

    @property
    def seconds(self) -> int:
        """Whole seconds from answer to end; 0 while it lasts or if nobody answered."""
        if self.answered_at is None or self.ended_at is None:
            return 0
        return round((self.ended_at - self.answered_at).total_seconds())


@dataclass(frozen=True, slots=True)
class RecordingRecord:
    sid: str
    call_sid: str
    status: RecordingStatus
    started_at: datetime
    created_at: datetime
    updated_at: datetime
    seconds: int = 0
    source: str = "RecordVerb"
    error_code: int | None = None


@dataclass(frozen=True, slots=True)
class MessageRecord:
    sid: str
    sender: str | None
    recipient: str
    body: str
    direction: str
    status: MessageStatus
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    segments: int = 1
    error_code: int | None = None
    service_sid: str | None = None
    status_callback: Address | None = None


@dataclass(frozen=True, slots=True)
class NumberRecord:
    sid: str
    number: str
    friendly_name: str
    created_at: datetime
    updated_at: datetime
    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    sms_url: str = ""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"
