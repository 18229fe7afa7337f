"""What is so, said plainly: every state of a comment, a response, a message or a call in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from console.dates import language_name
from storage.matters import CaseKind, CaseState
from storage.request_states import RequestChannel, RequestKind
from storage.restored import RESTORED
from storage.states import (
    CampaignState,
    CommentState,
    FollowUp,
    InvitationState,
    MessageState,
    RecordingState,
    ResponseState,
    TranscriptState,
)
from survey.campaigns import CEILING_REACHED, NOT_READY, PROVIDER_REFUSES_US


class Tone(StrEnum):
    """How a sentence is set: quietly, as good news, or as something to look at."""

    QUIET = "quiet"
    NEW = "new"
    GOOD = "good"
    WAITING = "waiting"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Said:
    """A state in words."""

    text: str
    tone: Tone = Tone.QUIET


RESPONSE: Final[Mapping[ResponseState, Said]] = {
    ResponseState.STARTED: Said("Under way", Tone.WAITING),
    ResponseState.PARTIAL: Said("Partial"),
    ResponseState.COMPLETED: Said("Completed", Tone.GOOD),
    ResponseState.REFUSED: Said("Refused"),
}
FOLLOW_UP: Final[Mapping[FollowUp, Said]] = {
    FollowUp.YES: Said("Wants to be contacted", Tone.WARNING),
    FollowUp.NO: Said("Does not want to be contacted"),
    FollowUp.NOT_ASKED: Said("Was not asked"),
}
REQUEST: Final[Mapping[RequestKind, str]] = {
    RequestKind.INFORMATION: "What is done with my data",
    RequestKind.ACCESS: "See what is kept",
    RequestKind.RECTIFICATION: "Correct what is kept",
    RequestKind.ERASURE: "Delete what is kept",
    RequestKind.RESTRICTION: "Freeze what is kept",
    RequestKind.OBJECTION: "No further contact",
    RequestKind.OBJECTION_TO_USE: "Object to another use of the data",
    RequestKind.PORTABILITY: "Take my data along",
}
REQUEST_CHANNEL: Final[Mapping[RequestChannel, str]] = {
    RequestChannel.TELEPHONE: "on the telephone",
    RequestChannel.WEB: "on the web page",
    RequestChannel.MAIL: "by mail",
    RequestChannel.STAFF: "told to one of us",
}
CASE: Final[Mapping[CaseState, Said]] = {
    CaseState.OPEN: Said("Open", Tone.NEW),
    CaseState.REVIEWED: Said("Gone through", Tone.WAITING),
    CaseState.DECIDED: Said("Decided", Tone.WAITING),
    CaseState.ANSWERED: Said("Person answered", Tone.GOOD),
    CaseState.CLOSED: Said("Closed"),
}
CASE_KIND: Final[Mapping[CaseKind, str]] = {
    CaseKind.FOLLOW_UP: "Follow-up",
    CaseKind.COMPLAINT: "Complaint",
}
INVITATION: Final[Mapping[InvitationState, str]] = {
    InvitationState.PLANNED: "Planned",
    InvitationState.TRYING: "Being called",
    InvitationState.COMPLETED: "Completed",
    InvitationState.PARTIAL: "Partly answered",
    InvitationState.REFUSED: "Refused",
    InvitationState.UNREACHED: "Not reached",
    InvitationState.WITHDRAWN: "Withdrawn",
    InvitationState.EXPIRED: "Too old to ask",
}
CAMPAIGN: Final[Mapping[CampaignState, Said]] = {
    CampaignState.RUNNING: Said("Running", Tone.GOOD),
    CampaignState.PAUSED: Said("Paused", Tone.WARNING),
    CampaignState.STOPPED: Said("Stopped"),
}
_CAMPAIGN_REASON: Final = {
    PROVIDER_REFUSES_US: "the provider refuses our account",
    CEILING_REACHED: "the ceiling of money is reached",
    RESTORED: "the database was restored: 'flask campaigns start' asks first whom it contacted",
    NOT_READY: "something was wrong when it was applied",
}
MESSAGE: Final[Mapping[MessageState, Said]] = {
    MessageState.RECEIVING: Said("Being left", Tone.WAITING),
    MessageState.NEW: Said("New", Tone.NEW),
    MessageState.READ: Said("Read"),
    MessageState.EMPTY: Said("Empty: nothing was said"),
    MessageState.ERASED: Said("Erased"),
}


def campaign_reason(code: str | None) -> str | None:
    """Why a campaign stands still that nobody told to; None when somebody did."""
    return None if code is None else _CAMPAIGN_REASON.get(code, code.replace("_", " "))


NO_WORDS: Final = Said("No words were recognised: listen to it")


def comment(
    state: CommentState,
    *,
    language: str,
    recording: RecordingState | None = None,
    erased_on: str | None = None,
    words: bool = True,
) -> Said | None:
    """What stands in place of a comment's text, or beside it; None when the text says it all."""
    if state is CommentState.AT_HOME or (
        state is CommentState.RECORDED and recording is RecordingState.STORED
    ):
        return Said("The transcript is on its way", Tone.WAITING)
    if state is CommentState.TRANSCRIBED and not words:
        return NO_WORDS
    return {
        CommentState.RECORDED: Said("The recording is on its way", Tone.WAITING),
        CommentState.AUDIO_ONLY: Said(f"Audio only: no model for {language_name(language)}"),
        CommentState.TRANSCRIPTION_FAILED: Said("Transcription failed, audio kept", Tone.WARNING),
        CommentState.EMPTY: Said("Empty: nothing was said"),
        CommentState.LOST: Said("Lost: the recording could not be fetched", Tone.WARNING),
        CommentState.ERASED: Said(f"Erased on {erased_on}" if erased_on else "Erased"),
    }.get(state)


def transcript(state: TranscriptState, *, language: str, words: bool) -> Said | None:
    """What stands in place of a transcript; None when it is there."""
    if state is TranscriptState.DONE and not words:
        return NO_WORDS
    return {
        TranscriptState.WAITING: Said("The transcript is on its way", Tone.WAITING),
        TranscriptState.RUNNING: Said("The transcript is on its way", Tone.WAITING),
        TranscriptState.AUDIO_ONLY: Said(f"Audio only: no model for {language_name(language)}"),
        TranscriptState.FAILED: Said("Transcription failed, audio kept", Tone.WARNING),
        TranscriptState.ERASED: Said("Erased"),
    }.get(state)


def recording(state: RecordingState) -> str:
    """Why there is nothing to play."""
    return {
        RecordingState.ANNOUNCED: "The recording is on its way",
        RecordingState.READY: "The recording is on its way",
        RecordingState.DROPPED: "There was nothing to keep of this recording",
        RecordingState.FAILED: "The recording could not be fetched",
        RecordingState.ERASED: "The recording was erased",
    }.get(state, "")
