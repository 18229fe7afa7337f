"""What can be switched while the network runs: its dialect, its strictness, its clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from simulator.profiles import PROFILES, Profile, ProfileName


class ClockKind(StrEnum):
    VIRTUAL = "virtual"
    REAL = "real"


class RecordEmpty(StrEnum):
    """What happens to a recording in which nobody spoke."""

    CURRENT = "current"  # stored, and the action is requested
    LEGACY = "legacy"  # nothing is requested; the document goes on after Record
    ABSENT = "absent"  # the action is requested, the recording does not exist


class Stage(StrEnum):
    """Where a call or message can be made to stand still until it is released."""

    QUEUED = "queued"
    RINGING = "ringing"
    ANSWERED = "in-progress"
    MESSAGE = "message"


class Settings(BaseModel):
    """Replaced as a whole when something changes, so a reader always sees one consistent set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: ProfileName = ProfileName.TWILIO
    clock: ClockKind = ClockKind.VIRTUAL
    strict: bool = True
    """Unknown verbs and attributes fail the document; otherwise they are warnings."""
    record_empty: RecordEmpty = RecordEmpty.CURRENT
    media_auth: bool = True
    cps: float = Field(default=1.0, gt=0)
    """Calls started per second; the rest wait in the queue."""
    webhook_seconds: float | None = Field(default=None, gt=0)
    """Deadline of a webhook; without it that of the profile (15 or 5 seconds)."""
    racing: bool = False
    """Callbacks leave from a thread of their own and race with the documents, as in life.

    Off on a virtual clock: time stands still while a request is under way, and every run is
    alike. A real clock always races.
    """
    recording_patience: float = Field(default=0.0, ge=0)
    """On a virtual clock: how many real seconds a call stands still after its recording callback,
    or until the service has deleted the recording. Lets a caller hear their own words again."""
    hold: frozenset[Stage] = frozenset()
    """Calls reaching one of these stages stand still until released, cancelled or redirected.

    A released call is not held again at a later stage.
    """

    @property
    def dialect(self) -> Profile:
        return PROFILES[self.profile]

    @property
    def deadline(self) -> float:
        return self.webhook_seconds or self.dialect.webhook_seconds


@dataclass(frozen=True, slots=True)
class Account:
    """Who may use the API, and the token that signs webhooks."""

    sid: str
    auth_token: str
    api_keys: dict[str, str] = field(default_factory=dict)
    """API key sid to secret. A key opens the API; it never signs."""

    def opens(self, user: str, secret: str) -> bool:
        known = self.auth_token if user == self.sid else self.api_keys.get(user)
        return known is not None and known == secret
