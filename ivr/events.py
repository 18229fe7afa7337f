"""The provider's forms about calls as frozen events; the only file that reads them.

What cannot be read raises BadEventError, which the webhooks answer with 400.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from storage.provider_forms import SID, BadEventError, Form, number_of, sid_of
from storage.states import CallState

_EXTENSION: Final = re.compile(r"\.(wav|mp3|json)$")
_MOST_DIGITS: Final = 32
_STATES: Final[Mapping[str, CallState]] = {
    "queued": CallState.QUEUED,
    "initiated": CallState.QUEUED,
    "ringing": CallState.RINGING,
    "in-progress": CallState.IN_PROGRESS,
    "answered": CallState.IN_PROGRESS,
    "completed": CallState.COMPLETED,
    "busy": CallState.BUSY,
    "no-answer": CallState.NO_ANSWER,
    "failed": CallState.FAILED,
    "canceled": CallState.CANCELED,
}
# Kept with a raw event: nothing of who called whom, what was pressed, or where the sound lies.
_KEPT: Final = frozenset(
    {
        "AnsweredBy",
        "CallDuration",
        "CallStatus",
        "CallbackSource",
        "Direction",
        "ErrorCode",
        "MachineDetectionDuration",
        "RecordingChannels",
        "RecordingDuration",
        "RecordingSource",
        "RecordingStatus",
        "SequenceNumber",
        "SipResponseCode",
        "Timestamp",
    }
)


class RecordingStatus(StrEnum):
    """What the provider says of a recording."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    ABSENT = "absent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DocumentAsked:
    """The provider asks what to do next; the first time it may say who answered."""

    call_sid: str
    answered_by: str | None = None

    @classmethod
    def from_form(cls, form: Form) -> Self:
        """Raises BadEventError without a readable CallSid; an unreadable guess is none."""
        try:
            answered_by = _answered_by(form)
        except BadEventError:
            answered_by = None  # the caller is waiting for words: a guess is not worth a refusal
        return cls(call_sid=sid_of(form, "CallSid"), answered_by=answered_by)

    @property
    def by_machine(self) -> bool:
        """A machine or a fax answered."""
        return is_machine(self.answered_by)


@dataclass(frozen=True, slots=True)
class KeysPressed:
    """The keys of a Gather; empty when the action was requested without any."""

    call_sid: str
    digits: str

    @classmethod
    def from_form(cls, form: Form) -> Self:
        """Keys as they came, cut at 32."""
        digits = form.get("Digits", "")[:_MOST_DIGITS]
        return cls(call_sid=sid_of(form, "CallSid"), digits=digits)


@dataclass(frozen=True, slots=True)
class RecordingEnded:
    """A Record ended; sid and seconds are None with providers that do not tell them here."""

    call_sid: str
    recording_sid: str | None
    seconds: int | None
    digits: str
    hung_up: bool

    @classmethod
    def from_form(cls, form: Form) -> Self:
        """`seconds` is before trimming; the digits are the key that ended it, if one did."""
        digits = form.get("Digits", "")[:_MOST_DIGITS]
        gone = digits == "hangup" or form.get("CallStatus") == "completed"
        return cls(
            call_sid=sid_of(form, "CallSid"),
            recording_sid=_recording_sid(form),
            seconds=_whole(form, "RecordingDuration"),
            digits="" if digits == "hangup" else digits,
            hung_up=gone,
        )


@dataclass(frozen=True, slots=True)
class RecordingTold:
    """The provider tells what became of a recording; no other fields of a call come with it."""

    call_sid: str
    recording_sid: str | None
    seconds: int | None
    status: RecordingStatus

    @classmethod
    def from_form(cls, form: Form) -> Self:
        """A missing status is `completed`: some providers send only that one."""
        status = form.get("RecordingStatus", "") or RecordingStatus.COMPLETED.value
        try:
            told = RecordingStatus(status)
        except ValueError:
            raise BadEventError("RecordingStatus is none that we know") from None
        recording_sid = _recording_sid(form)
        if recording_sid is None and told is RecordingStatus.COMPLETED:
            raise BadEventError("RecordingSid is missing, though the recording is there")
        return cls(
            call_sid=sid_of(form, "CallSid"),
            recording_sid=recording_sid,
            seconds=_whole(form, "RecordingDuration"),
            status=told,
        )


@dataclass(frozen=True, slots=True)
class StatusTold:
    """The provider tells where a call stands; these arrive in any order and more than once."""

    call_sid: str
    state: CallState
    sequence: int | None
    seconds: int | None
    answered_by: str | None

    @classmethod
    def from_form(cls, form: Form) -> Self:
        """Raises BadEventError for a status that is none."""
        state = state_of(form.get("CallStatus", ""))
        if state is None:
            raise BadEventError("CallStatus is none that we know")
        return cls(
            call_sid=sid_of(form, "CallSid"),
            state=state,
            sequence=_whole(form, "SequenceNumber"),
            seconds=_whole(form, "CallDuration"),
            answered_by=_answered_by(form),
        )

    @property
    def dedup_key(self) -> str:
        """The same for the same event again; some providers number every event 0."""
        return f"status:{self.sequence if self.sequence is not None else '-'}:{self.state.value}"


@dataclass(frozen=True, slots=True)
class AnswererDetected:
    """The provider's guess at who answered."""

    call_sid: str
    answered_by: str

    @classmethod
    def from_form(cls, form: Form) -> Self:
        """Raises BadEventError without a guess."""
        answered_by = _answered_by(form)
        if answered_by is None:
            raise BadEventError("AnsweredBy is missing")
        return cls(call_sid=sid_of(form, "CallSid"), answered_by=answered_by)

    @property
    def by_machine(self) -> bool:
        """A machine or a fax answered."""
        return is_machine(self.answered_by)


@dataclass(frozen=True, slots=True)
class InboundCall:
    """Somebody calls one of our numbers; `caller` is None for a hidden or unreadable one."""

    call_sid: str
    caller: str | None
    called: str | None

    @classmethod
    def from_form(cls, form: Form) -> Self:
        """Numbers in international form, or None."""
        return cls(
            call_sid=sid_of(form, "CallSid"),
            caller=number_of(form, "From"),
            called=number_of(form, "To"),
        )


def country_code(form: Form) -> str:
    """The first digits of the person's number, to guess a language by; empty when hidden.

    On calls that we placed the person is `To`, on calls to us `From`.
    """
    name = "From" if form.get("Direction") == "inbound" else "To"
    number = number_of(form, name)
    return number[1:4] if number else ""


def state_of(word: str) -> CallState | None:
    """The state that the provider's word stands for; None for a word it never had."""
    return _STATES.get(word)


def is_machine(answered_by: str | None) -> bool:
    """Whether a guess means a machine or a fax; `unknown` is treated as a person."""
    return answered_by is not None and (answered_by.startswith("machine") or answered_by == "fax")


def scrubbed(form: Form) -> dict[str, str]:
    """What may be kept of a form to explain a strange call later: never anything personal."""
    return {name: form[name][:80] for name in sorted(_KEPT & form.keys()) if form[name]}


def _recording_sid(form: Form) -> str | None:
    """From its own field, or the last part of the address; the address is used for nothing else."""
    if form.get("RecordingSid"):
        return sid_of(form, "RecordingSid")
    try:
        path = urlsplit(form.get("RecordingUrl", "")).path
    except ValueError:
        raise BadEventError("RecordingUrl is no address") from None
    last = _EXTENSION.sub("", unquote(path.rstrip("/").rpartition("/")[2]))
    return last if SID.fullmatch(last) else None


def _whole(form: Form, name: str) -> int | None:
    text = form.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise BadEventError(f"{name} is no whole number")
    return int(text)


def _answered_by(form: Form) -> str | None:
    text = form.get("AnsweredBy", "")
    if not text:
        return None
    if not re.fullmatch(r"[a-z_]{1,30}", text):
        raise BadEventError("AnsweredBy is none that we know")
    return text
