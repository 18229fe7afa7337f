"""The lifecycles: what each thing can be, and what may follow what."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeVar

S = TypeVar("S", bound=StrEnum)


class Verdict(StrEnum):
    """What became of a wish to move: providers repeat themselves and arrive late."""

    APPLIED = "applied"
    REPEATED = "repeated"
    REFUSED = "refused"


class CampaignState(StrEnum):
    """Whether the dialler may take from a campaign."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


class InvitationState(StrEnum):
    """One customer asked once about one interaction."""

    PLANNED = "planned"
    TRYING = "trying"
    COMPLETED = "completed"
    PARTIAL = "partial"
    REFUSED = "refused"
    UNREACHED = "unreached"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class InvitationEventKind(StrEnum):
    """A step in the history of an invitation; a later step may come without the ones before it."""

    PLANNED = "planned"
    PUT_OFF = "put_off"
    TRIED = "tried"
    TEXTED = "texted"
    REACHED = "reached"
    STARTED = "started"
    BROKE_OFF = "broke_off"
    COMPLETED = "completed"
    REFUSED = "refused"
    OBJECTED = "objected"
    # The provider took a person who pressed a key for a machine.
    MISTAKEN = "mistaken"
    NOT_REACHED = "not_reached"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class AttemptMethod(StrEnum):
    """The way in which an attempt reaches for a person."""

    CALL = "call"
    SMS = "sms"
    EMAIL = "email"


class ContactPurpose(StrEnum):
    """What a contact is for: to ask, to ask again, for staff to come back to an answer, or to tell
    the person something about what they have answered."""

    SURVEY = "survey"
    REMINDER = "reminder"
    FOLLOW_UP = "follow_up"
    SERVICE = "service"


class AttemptState(StrEnum):
    """One call being placed; PLACING is committed before the provider is asked."""

    PLACING = "placing"
    UNCERTAIN = "uncertain"
    PLACED = "placed"
    ENDED = "ended"


class Disposition(StrEnum):
    """How an attempt ended."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    MACHINE = "machine"
    # A text message arrived, so that the person may call back; nobody is contacted again.
    TEXTED = "texted"
    FAILED = "failed"
    CANCELED = "canceled"
    # Nobody's telephone rang: a process of ours died before it asked the provider, ...
    NEVER_PLACED = "never_placed"
    # ... the provider was asked and too busy, away or at fault, ...
    PROVIDER_ERROR = "provider_error"
    # ... or the order was given back unasked: campaign paused, objection, dialler stopped.
    GIVEN_BACK = "given_back"


class CallState(StrEnum):
    """A telephone call as the provider sees it."""

    NEW = "new"
    QUEUED = "queued"
    RINGING = "ringing"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    CANCELED = "canceled"


class ResponseState(StrEnum):
    """What came back from one invitation."""

    STARTED = "started"
    PARTIAL = "partial"
    COMPLETED = "completed"
    REFUSED = "refused"


class FollowUp(StrEnum):
    """The answer to "may we contact you about this?"; silence is no."""

    YES = "yes"
    NO = "no"
    NOT_ASKED = "not asked"


class CommentKind(StrEnum):
    """How a free remark was left."""

    SPOKEN = "spoken"
    TYPED = "typed"


class CommentState(StrEnum):
    """Where a comment is on its way; `AUDIO_ONLY` has no model for its language."""

    RECORDED = "recorded"
    AT_HOME = "at_home"
    TRANSCRIBED = "transcribed"
    AUDIO_ONLY = "audio_only"
    TRANSCRIPTION_FAILED = "transcription_failed"
    EMPTY = "empty"
    LOST = "lost"
    WRITTEN = "written"
    ERASED = "erased"


class RecordingState(StrEnum):
    """Our copy of one recording."""

    ANNOUNCED = "announced"
    READY = "ready"
    STORED = "stored"
    DROPPED = "dropped"
    FAILED = "failed"
    ERASED = "erased"


class ProviderCopyState(StrEnum):
    """The provider's copy of a recording, call or text message."""

    PRESENT = "present"
    GONE = "gone"
    UNSUPPORTED = "unsupported"


class TranscriptState(StrEnum):
    """The machine's text of one recording."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    AUDIO_ONLY = "audio_only"
    FAILED = "failed"
    ERASED = "erased"


class MessageState(StrEnum):
    """A telephone message for a company's staff."""

    RECEIVING = "receiving"
    NEW = "new"
    READ = "read"
    EMPTY = "empty"
    ERASED = "erased"


class TextWord(StrEnum):
    """What a text message to one of our numbers meant, when the whole of it was one known word."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    OTHER = "other"


class TextState(StrEnum):
    """A text message of ours; ASKING is committed before the provider is asked to send it."""

    ASKING = "asking"
    UNCERTAIN = "uncertain"
    TAKEN = "taken"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    # Taken by the provider, which never told what became of it.
    UNTOLD = "untold"
    # The provider has no such message, or refused it.
    NOT_SENT = "not_sent"


class DeliveryState(StrEnum):
    """One sending of a notice."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


NOBODY_RANG: Final = frozenset(
    {Disposition.NEVER_PLACED, Disposition.PROVIDER_ERROR, Disposition.GIVEN_BACK}
)

CALL_OVER: Final = frozenset(
    {
        CallState.COMPLETED,
        CallState.BUSY,
        CallState.NO_ANSWER,
        CallState.FAILED,
        CallState.CANCELED,
    }
)

TEXT_OVER: Final = frozenset(
    {TextState.DELIVERED, TextState.UNDELIVERED, TextState.UNTOLD, TextState.NOT_SENT}
)
_TEXT_TAKEN: Final = frozenset({TextState.TAKEN, TextState.DELIVERED, TextState.UNDELIVERED})
TEXT_FOLLOWS: Final[Mapping[TextState, frozenset[TextState]]] = {
    TextState.ASKING: _TEXT_TAKEN | {TextState.UNCERTAIN, TextState.NOT_SENT},
    TextState.UNCERTAIN: _TEXT_TAKEN | {TextState.NOT_SENT},
    TextState.TAKEN: TEXT_OVER - {TextState.NOT_SENT},
    TextState.UNTOLD: frozenset({TextState.DELIVERED, TextState.UNDELIVERED}),
    TextState.DELIVERED: frozenset(),
    TextState.UNDELIVERED: frozenset(),
    # Written off, and told of after all.
    TextState.NOT_SENT: _TEXT_TAKEN,
}

CALL_FOLLOWS: Final[Mapping[CallState, frozenset[CallState]]] = {
    CallState.NEW: frozenset({CallState.QUEUED, CallState.RINGING, CallState.IN_PROGRESS})
    | CALL_OVER,
    CallState.QUEUED: frozenset({CallState.RINGING, CallState.IN_PROGRESS}) | CALL_OVER,
    CallState.RINGING: frozenset({CallState.IN_PROGRESS}) | CALL_OVER,
    CallState.IN_PROGRESS: CALL_OVER,
    **{over: frozenset() for over in CALL_OVER},
}

RECORDING_FOLLOWS: Final[Mapping[RecordingState, frozenset[RecordingState]]] = {
    RecordingState.ANNOUNCED: frozenset(
        {
            RecordingState.READY,
            RecordingState.DROPPED,
            RecordingState.FAILED,
            RecordingState.ERASED,
        }
    ),
    RecordingState.READY: frozenset(
        {
            RecordingState.STORED,
            RecordingState.DROPPED,
            RecordingState.FAILED,
            RecordingState.ERASED,
        }
    ),
    # A failed fetch may be tried again by hand or by the sweep.
    RecordingState.FAILED: frozenset(
        {RecordingState.READY, RecordingState.DROPPED, RecordingState.ERASED}
    ),
    RecordingState.STORED: frozenset({RecordingState.DROPPED, RecordingState.ERASED}),
    RecordingState.DROPPED: frozenset({RecordingState.ERASED}),
    RecordingState.ERASED: frozenset(),
}


def judge(was: S, to: S, follows: Mapping[S, frozenset[S]]) -> Verdict:
    """Whether a thing in state `was` may move to `to`; lateness is an answer, not an error."""
    if was is to:
        return Verdict.REPEATED
    return Verdict.APPLIED if to in follows[was] else Verdict.REFUSED
