"""Misbehaviour to order: what goes wrong on the way, how often, and for which kind of request."""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Webhook(StrEnum):
    """The kinds of request the network makes to the service."""

    DOCUMENT = "document"
    ACTION = "action"
    RECORDING = "recording"
    STATUS = "status"
    DETECTED = "detected"
    MESSAGE = "message"


class SignatureFault(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"


class ApiOperation(StrEnum):
    ANY = "any"
    CREATE_CALL = "create_call"
    CREATE_MESSAGE = "create_message"
    READ = "read"
    UPDATE = "update"
    DELETE = "delete"
    MEDIA = "media"


class ApiFailure(StrEnum):
    """What the caller of the API meets. The AFTER ones do the work first and then fail."""

    SERVER_ERROR = "500"
    SERVER_ERROR_AFTER = "500-after"
    UNAVAILABLE = "503"
    GATEWAY_PAGE = "502-html"
    TOO_MANY = "429"
    TIMEOUT = "timeout"
    TIMEOUT_AFTER = "timeout-after"


class MediaFailure(StrEnum):
    MISSING = "404"
    ERROR_PAGE = "html"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    TEXT = "text"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ApiRule(_Part):
    """The next `times` requests of this operation fail like this."""

    on: ApiOperation = ApiOperation.ANY
    how: ApiFailure
    times: int = Field(default=1, ge=1)
    seconds: float = Field(default=30.0, ge=0)
    """How long a timeout holds the line before it answers 504."""


class MediaRule(_Part):
    """The first `times` fetches of each recording fail, or all fetches for `seconds`."""

    how: MediaFailure
    times: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)


class Faults(_Part):
    """All switches. The default is a network that behaves."""

    duplicate: frozenset[Webhook] = frozenset()
    """Delivered twice, with the same idempotency token; of two documents the second counts."""
    lose: frozenset[Webhook] = frozenset()
    """Never delivered. A lost document looks like a timeout."""
    delay: dict[Webhook, float] = Field(default_factory=dict)
    """Seconds a callback comes late."""
    reorder: bool = False
    """Callbacks of one call arrive last first."""
    recording_first: bool = False
    """The recording callback arrives before the Record action."""
    signature: SignatureFault = SignatureFault.RIGHT
    replay: frozenset[Webhook] = frozenset()
    """Sent again word for word when the call is over; a lost document comes then, and then only."""
    tamper: frozenset[Webhook] = frozenset()
    """A value is changed after signing."""
    extra: dict[str, str] = Field(default_factory=dict)
    """Fields nobody announced, sent and signed with every webhook."""
    unreachable: frozenset[Webhook] = frozenset()
    """The service cannot be connected to."""
    api: tuple[ApiRule, ...] = ()
    media: MediaRule | None = None
    early_delete: int = Field(default=0, ge=0)
    """The first n DELETEs of each resource answer 20009."""
    refuse_delete: frozenset[str] = frozenset()
    """Of `call`, `recording`, `message`: deletion is denied (20006) for as long as this is set."""
    recording_absent: bool = False
    recording_seconds: int | None = Field(default=None, ge=0)
    """Length every recording claims to have, whatever the file holds."""
    message_error: int | None = None
    """Outgoing messages end undelivered with this code, e.g. 30003."""


class FaultBook:
    """The faults in force and how much of each is used up. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults = Faults()
        self._used: Counter[str] = Counter()

    @property
    def now(self) -> Faults:
        return self._faults

    def install(self, faults: Faults) -> None:
        """Replace all switches and start counting anew."""
        with self._lock:
            self._faults = faults
            self._used.clear()

    def api_rule(self, operation: ApiOperation) -> ApiRule | None:
        """The rule that strikes this request, counted as used."""
        with self._lock:
            for place, rule in enumerate(self._faults.api):
                fits = rule.on in (ApiOperation.ANY, operation)
                if fits and self._used[f"api {place}"] < rule.times:
                    self._used[f"api {place}"] += 1
                    return rule
            return None

    def deletes_too_early(self, sid: str) -> bool:
        with self._lock:
            if self._used[f"delete {sid}"] >= self._faults.early_delete:
                return False
            self._used[f"delete {sid}"] += 1
            return True

    def media_fault(self, sid: str, *, age_seconds: float) -> MediaFailure | None:
        """What is wrong with this fetch of a recording finished `age_seconds` ago."""
        with self._lock:
            rule = self._faults.media
            if rule is None:
                return None
            if rule.seconds is not None:
                return rule.how if age_seconds < rule.seconds else None
            if rule.times is not None and self._used[f"media {sid}"] >= rule.times:
                return None
            self._used[f"media {sid}"] += 1
            return rule.how
