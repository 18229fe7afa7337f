"""The neutral steps of a call: what is done to a caller, whoever carries the call.

`visit` is the counter of the call's flow; together with `Waiting` it says which webhook the step
leads to, and `ivr.twiml` makes an address of them.
"""

from dataclasses import dataclass
from enum import StrEnum


class Waiting(StrEnum):
    """What a webhook tells: the last part of its address."""

    KEYS = "keys"
    SILENCE = "silence"
    RECORDED = "recorded"
    UNRECORDED = "unrecorded"


@dataclass(frozen=True, slots=True)
class Say:
    """Speak a text; `language` is the tag of the survey (`sv`, `nb`, `da`, `fi`, `en`)."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Play:
    """Play the recording that this same call made in the given visit back to the caller."""

    visit: int


@dataclass(frozen=True, slots=True)
class Gather:
    """Listen for keys while the children sound; a key stops them.

    With keys the call goes to the `KEYS` webhook of `visit`, else on to the next step.
    `finish_on_key` is one key, or empty so that every key counts as a digit.
    """

    children: tuple[Say | Play, ...]
    num_digits: int
    finish_on_key: str
    timeout_seconds: int
    visit: int


@dataclass(frozen=True, slots=True)
class Record:
    """Sound the tone and record; ends by key, silence, length or hang-up.

    The call goes to the `RECORDED` webhook of `visit`; an old provider that heard nothing goes on
    to the next step instead.
    """

    max_seconds: int
    silence_seconds: int
    finish_on_key: str
    visit: int


@dataclass(frozen=True, slots=True)
class Redirect:
    """Ask us again at the webhook of that kind and visit."""

    kind: Waiting
    visit: int


@dataclass(frozen=True, slots=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse an inbound call before it is answered."""


Step = Say | Play | Gather | Record | Redirect | Hangup | Reject
