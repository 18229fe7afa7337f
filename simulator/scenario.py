"""Scenario files: one person, what they do on each call, and how the network behaves meanwhile.

title = "Scores, a spoken comment and a yes to follow-up"

[customer]                    # belongs to the service; only `phone` is read here
phone = "+46701740605"

[network]                     # optional: any switch of the settings or the faults
duplicate = ["recording", "status"]

[[calls]]                     # the n-th call of this person
pickup = "human"
ring_seconds = 6

[[calls.does]]                # in order
on = "recommend"              # wait until a prompt with these words is heard
keys = "10"
during_prompt = true

[[replies]]                   # to a text message with these words, once
on = "call"
text = "STOPP"

[expect]                      # passed through untouched
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from simulator.faults import Faults
from simulator.handset import MessageEnd
from simulator.settings import Settings


class ScenarioError(Exception):
    """The scenario cannot be used; the text names the file and the field."""


class Way(StrEnum):
    OUTBOUND = "outbound"
    INBOUND = "inbound"


class PickupKind(StrEnum):
    HUMAN = "human"
    MACHINE = "machine"
    FAX = "fax"
    UNKNOWN = "unknown"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    UNREACHABLE = "unreachable"


class EndBy(StrEnum):
    """How a person stops speaking; a key is written as itself."""

    SILENCE = "silence"
    LIMIT = "limit"
    HANG_UP = "hang_up"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Deed(_Part):
    """One thing the person does: exactly one of keys, silence, speak, speak_seconds, hang_up.

    Without `on` it is done at the next Gather or Record. With `on` the person first waits for a
    prompt containing the words (upper and lower case alike); `hang_up` with `on` happens while
    that prompt is heard.
    """

    on: str | None = Field(default=None, min_length=1)
    keys: str | None = Field(default=None, pattern=r"^[0-9A-D*#]+$")
    silence: bool = False
    speak: str | None = None
    speak_seconds: float | None = Field(default=None, gt=0)
    hang_up: bool = False
    during_prompt: bool = False
    after_seconds: float | None = Field(default=None, ge=0)
    end_by: str = EndBy.SILENCE

    @field_validator("end_by")
    @classmethod
    def _known_end(cls, value: str) -> str:
        if value not in set(EndBy) and value not in set("0123456789*#"):
            raise ValueError("is one key, or silence, limit or hang_up")
        return value

    @model_validator(mode="after")
    def _one_deed(self) -> Self:
        named = [self.keys, self.speak, self.speak_seconds]
        count = sum(one is not None for one in named) + self.silence + self.hang_up
        if count != 1:
            raise ValueError("needs exactly one of keys, silence, speak, speak_seconds, hang_up")
        return self


class CallScript(_Part):
    """What the person does on one call."""

    direction: Way = Way.OUTBOUND
    # Of a call to the service: the number that is shown, or `anonymous`; the person's own if left
    # out.
    sender: str | None = Field(default=None, alias="from")
    to: str | None = None
    pickup: PickupKind = PickupKind.HUMAN
    ring_seconds: float = Field(default=4.0, ge=0)
    greeting_seconds: float = Field(default=0.0, ge=0)
    message_end: MessageEnd = MessageEnd.BEEP
    does: tuple[Deed, ...] = ()


class Network(Faults):
    """The switches of `Faults`, and those of `Settings` that a scenario may set."""

    profile: str | None = None
    record_empty: str | None = None
    media_auth: bool | None = None
    strict: bool | None = None
    cps: float | None = Field(default=None, gt=0)
    racing: bool | None = None
    webhook_seconds: float | None = Field(default=None, gt=0)

    def faults(self) -> Faults:
        return Faults.model_validate({name: getattr(self, name) for name in Faults.model_fields})

    def settings(self, current: Settings) -> Settings:
        """`current` with what the scenario sets."""
        changes = {
            name: value
            for name in Network.model_fields.keys() - Faults.model_fields.keys()
            if (value := getattr(self, name)) is not None
        }
        return Settings.model_validate(current.model_dump() | changes)

    @model_validator(mode="after")
    def _settings_are_known(self) -> Self:
        self.settings(Settings())
        return self


class Customer(BaseModel):
    """The service's side; everything but the phone is carried along unread."""

    model_config = ConfigDict(frozen=True, extra="allow")

    phone: str = Field(pattern=r"^\+[1-9]\d{6,14}$")


class Reply(_Part):
    """What the person texts back, once, to the first message that contains the words."""

    on: str = Field(min_length=1)
    text: str = Field(min_length=1)


class Scenario(_Part):
    title: str = ""
    customer: Customer
    network: Network | None = None
    calls: tuple[CallScript, ...] = ()
    replies: tuple[Reply, ...] = ()
    expect: dict[str, Any] = Field(default_factory=dict)


def read_scenario(path: Path) -> Scenario:
    """The scenario of a TOML file. Raises `ScenarioError` naming the file and the field."""
    try:
        return scenario_from(tomllib.loads(path.read_text("utf-8")), name=str(path))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise ScenarioError(f"{path}: {fault}") from fault


def scenario_from(document: dict[str, Any], *, name: str = "scenario") -> Scenario:
    """The scenario of a parsed document. Raises `ScenarioError` naming the field."""
    try:
        return Scenario.model_validate(document)
    except ValidationError as fault:
        raise ScenarioError(explain(fault, name=name)) from fault


def explain(fault: ValidationError, *, name: str) -> str:
    """`file: calls.1.pickup: what is wrong (was …)`, one line per mistake."""
    lines = []
    for error in fault.errors():
        place = ".".join(str(part) for part in error["loc"]) or "document"
        lines.append(f"{name}: {place}: {error['msg']} (was {error['input']!r:.60})")
    return "\n".join(lines)
