"""Leaving a message: greeting, notice, tone, then sent, heard again or spoken again.

The same machinery as the survey's flow: pure, one visit per moment, repeats change nothing. A
caller who hangs up has sent their message.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Self

from config.phrases import Phrase
from ivr.flow_comment import silent_throughout
from ivr.flow_events import AudioLooked, Event, HungUp, Keys, Recorded
from ivr.flow_path import Key, read
from ivr.flow_prompts import RECORD_KEYS
from ivr.steps import Gather, Hangup, Play, Record, Redirect, Say, Step, Waiting
from survey.mailbox_script import MailboxScript

MOST_RECORDINGS: Final = 4
MOST_LISTENS: Final = 4
MOST_WAITS: Final = 4
_MOST_REVIEW_TRIES: Final = 2
_MOST_REPEATS: Final = 5
_REVIEW_KEYS: Final = {"1": "send", "2": "hear", "3": "again"}


class MailboxStage(StrEnum):
    """What the caller is hearing; the value is stored with the call."""

    RECORDING = "recording"
    REVIEW = "review"
    LISTENING = "listening"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class MessageRecorded:
    """A message was spoken in that visit; it counts from now on."""

    visit: int
    provider_sid: str | None
    seconds: int | None


@dataclass(frozen=True, slots=True)
class MessageEmpty:
    """The recording of that visit holds nothing; the provider may keep a silent file."""

    visit: int
    provider_sid: str | None


@dataclass(frozen=True, slots=True)
class MessageDiscarded:
    """Spoken again by the caller's wish: the one of that visit is to be dropped."""

    visit: int


@dataclass(frozen=True, slots=True)
class MessageKept:
    """The caller sent the message, or hung up, or said nothing against it."""


MailboxFact = MessageRecorded | MessageEmpty | MessageDiscarded | MessageKept


@dataclass(frozen=True, slots=True)
class MailboxState:
    """One moment of a call to a mailbox; holds nothing personal."""

    visit: int = 0
    stage: MailboxStage = MailboxStage.RECORDING
    greeting: bool = True
    says: tuple[Phrase, ...] = ()
    tries: int = 0
    repeats: int = 0
    recording: int | None = None
    # Recordings in which we think nobody spoke: let go once a better one exists.
    faint: tuple[int, ...] = ()
    recorded_in: tuple[int, ...] = ()
    playing: bool = False
    listens: int = 0
    waits: int = 0
    left: bool = False

    def to_json(self) -> dict[str, Any]:
        """A JSON object; `from_json` is its inverse."""
        return {
            "visit": self.visit,
            "stage": self.stage.value,
            "greeting": self.greeting,
            "says": [phrase.value for phrase in self.says],
            "tries": self.tries,
            "repeats": self.repeats,
            "recording": self.recording,
            "faint": list(self.faint),
            "recorded_in": list(self.recorded_in),
            "playing": self.playing,
            "listens": self.listens,
            "waits": self.waits,
            "left": self.left,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The state that was stored."""
        return cls(
            visit=document["visit"],
            stage=MailboxStage(document["stage"]),
            greeting=document["greeting"],
            says=tuple(Phrase(phrase) for phrase in document["says"]),
            tries=document["tries"],
            repeats=document["repeats"],
            recording=document["recording"],
            faint=tuple(document["faint"]),
            recorded_in=tuple(document["recorded_in"]),
            playing=document["playing"],
            listens=document["listens"],
            waits=document["waits"],
            left=document["left"],
        )

    @property
    def wants_audio(self) -> bool:
        """The caller asked to hear the message: look whether it is home, and tell the flow."""
        return self.stage is MailboxStage.LISTENING


@dataclass(frozen=True, slots=True)
class MailboxTurned:
    """The state after an event, and what became true; not `applied` when nothing was done."""

    state: MailboxState
    facts: tuple[MailboxFact, ...] = ()
    applied: bool = True


def apply_mailbox(
    state: MailboxState, event: Event | HungUp, script: MailboxScript
) -> MailboxTurned:
    """What an event makes of a moment; never raises for lateness, repeats or nonsense keys."""
    if isinstance(event, HungUp):
        if state.left:
            return MailboxTurned(state, applied=False)
        kept = () if state.recording is None else (MessageKept(),)
        return MailboxTurned(replace(state, left=True), kept)
    if event.visit != state.visit:
        return MailboxTurned(state, applied=False)
    turned = _STAGES[state.stage](state, event, script)
    return replace(turned, state=replace(turned.state, visit=state.visit + 1))


def prompt_mailbox(state: MailboxState, script: MailboxScript) -> tuple[Step, ...]:
    """The document of this moment: always the same, speech first, a Redirect after each wait."""
    said = tuple(Say(script.phrases[phrase], script.language) for phrase in state.says)
    if state.stage is MailboxStage.OVER:
        return (*said, Hangup())
    if state.stage is MailboxStage.LISTENING:
        wait = Say(script.phrases[Phrase.COMMENT_NOT_READY], script.language)
        return (*said, wait, Redirect(Waiting.SILENCE, state.visit))
    if state.stage is MailboxStage.RECORDING:
        greeting = (Say(script.greeting, script.language),) if state.greeting else ()
        return (
            *greeting,
            *said,
            Say(script.phrases[Phrase.MAILBOX_NOTICE], script.language),
            Record(script.max_seconds, script.silence_seconds, RECORD_KEYS, state.visit),
            Redirect(Waiting.UNRECORDED, state.visit),
        )
    menu = Say(script.phrases[Phrase.MAILBOX_REVIEW], script.language)
    heard = (Play(state.recording),) if state.playing and state.recording is not None else ()
    return (
        Gather(
            children=(*said, *heard, menu),
            num_digits=1,
            finish_on_key="",
            timeout_seconds=script.gather_seconds,
            visit=state.visit,
        ),
        Redirect(Waiting.SILENCE, state.visit),
    )


def _moved(state: MailboxState, **changes: Any) -> MailboxState:
    fresh: dict[str, Any] = {"greeting": False, "says": (), "playing": False}
    return replace(state, **(fresh | changes))


def _recorded(state: MailboxState, event: Event, script: MailboxScript) -> MailboxTurned:
    noted = _moved(state, recorded_in=(*state.recorded_in, state.visit), repeats=0)
    if not isinstance(event, Recorded) or event.seconds == 0:
        return _nothing_heard(noted, event, script)
    spoken = MessageRecorded(state.visit, event.provider_sid, event.seconds)
    hung_up = event.hung_up or state.left
    first = state.recording is None
    if silent_throughout(event, script.silence_seconds) and not (hung_up and first):
        # Kept all the same and listened to later: nothing that was said is thrown away on a guess,
        # and least of all an earlier message for the moment in which somebody hangs up.
        faint = replace(noted, faint=(*noted.faint, state.visit))
        return _nothing_heard(faint, event, script, told=spoken)
    older = (*state.faint, *(() if state.recording is None else (state.recording,)))
    facts: list[MailboxFact] = [spoken, *(MessageDiscarded(visit) for visit in older)]
    review = MailboxStage.REVIEW
    now = replace(noted, recording=state.visit, faint=(), stage=review, tries=0)
    if hung_up or not script.review:
        kept = _kept(now)
        return replace(kept, facts=(*facts, *kept.facts))
    return MailboxTurned(now, tuple(facts))


def _nothing_heard(
    noted: MailboxState,
    event: Event,
    script: MailboxScript,
    *,
    told: MessageRecorded | None = None,
) -> MailboxTurned:
    facts: tuple[MailboxFact, ...] = () if told is None else (told,)
    if told is None and isinstance(event, Recorded):
        facts = (MessageEmpty(noted.visit, event.provider_sid),)
    says = (Phrase.MAILBOX_NOTHING_HEARD,)
    if noted.recording is not None:  # an earlier message is still there
        if isinstance(event, Recorded) and event.hung_up:
            kept = _kept(noted)
            return replace(kept, facts=(*facts, *kept.facts))
        review = replace(noted, stage=MailboxStage.REVIEW, says=says, tries=0)
        return MailboxTurned(review, facts)
    tries = noted.tries + 1
    if tries < script.tries:
        return MailboxTurned(replace(noted, tries=tries, says=says), facts)
    over = _moved(noted, stage=MailboxStage.OVER, says=(Phrase.UNANSWERED_GOODBYE,))
    return MailboxTurned(over, facts)


def _reviewed(state: MailboxState, event: Event, script: MailboxScript) -> MailboxTurned:
    said = read(event.digits if isinstance(event, Keys) else "", _REVIEW_KEYS)
    if said is Key.REPEAT and state.repeats < _MOST_REPEATS:
        return MailboxTurned(_moved(state, repeats=state.repeats + 1))
    wrong = said in {Key.WRONG, Key.MENU}
    if wrong and state.tries + 1 < _MOST_REVIEW_TRIES:
        return MailboxTurned(_moved(state, tries=state.tries + 1, says=(Phrase.WRONG_KEY,)))
    if said == "hear" and state.listens < MOST_LISTENS:
        listens = state.listens + 1
        return MailboxTurned(_moved(state, stage=MailboxStage.LISTENING, listens=listens, waits=0))
    if said == "again" and len(state.recorded_in) < MOST_RECORDINGS:
        return MailboxTurned(_moved(state, stage=MailboxStage.RECORDING, tries=0))
    return _kept(state)


def _listened(state: MailboxState, event: Event, script: MailboxScript) -> MailboxTurned:
    if isinstance(event, AudioLooked) and event.home:
        return MailboxTurned(_moved(state, stage=MailboxStage.REVIEW, playing=True, tries=0))
    if state.waits >= MOST_WAITS:
        says = (Phrase.COMMENT_CANNOT_BE_PLAYED,)
        return MailboxTurned(_moved(state, stage=MailboxStage.REVIEW, says=says, tries=0))
    return MailboxTurned(_moved(state, waits=state.waits + 1))


def _over(state: MailboxState, event: Event, script: MailboxScript) -> MailboxTurned:
    return MailboxTurned(_moved(state, says=(Phrase.ALREADY_OVER,)))


def _kept(state: MailboxState) -> MailboxTurned:
    over = _moved(state, stage=MailboxStage.OVER, says=(Phrase.MAILBOX_SAVED,))
    return MailboxTurned(over, (MessageKept(),))


_STAGES: Final = {
    MailboxStage.RECORDING: _recorded,
    MailboxStage.REVIEW: _reviewed,
    MailboxStage.LISTENING: _listened,
    MailboxStage.OVER: _over,
}
