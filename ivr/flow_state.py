"""Where a conversation stands: small, frozen, and without anything the person said or pressed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from config.phrases import Phrase

Answers = Mapping[str, int | str]
"""Question key to stored value; a comment or a follow-up counts as answered too."""


class Stage(StrEnum):
    """What the caller is hearing; the value is stored with the call."""

    LANGUAGE = "language"
    QUESTION = "question"
    OFFER = "offer"
    RECORDING = "recording"
    REVIEW = "review"
    LISTENING = "listening"
    OBJECTION = "objection"
    # All is answered; the caller hears the code that opens their own answers.
    RECEIPT = "receipt"
    OVER = "over"


class Ending(StrEnum):
    """How a conversation came to its end; a hang-up half-way is none of these."""

    COMPLETED = "completed"
    UNANSWERED = "unanswered"
    OBJECTED = "objected"


@dataclass(frozen=True, slots=True)
class FlowState:
    """One moment of a conversation; `visit` counts the moments, so a webhook names its own.

    `answered` is not part of the JSON: scores live in the rows of the response alone, where
    retention finds them, and are handed in when a state is read back.
    """

    visit: int
    stage: Stage
    language: str
    question: str | None
    answered: Answers = field(default_factory=dict)
    # Not asked again in this call: left unanswered too often, or declined.
    passed: tuple[str, ...] = ()
    # Said first in this prompt, before what the stage itself says.
    says: tuple[Phrase, ...] = ()
    # The notice is part of this prompt, outside any Gather, so no key can skip it.
    opening: bool = False
    # Languages in which the notice has been heard.
    heard: tuple[str, ...] = ()
    resumed: bool = False
    # They called us, and heard at the desk for whom and why.
    called_us: bool = False
    tries: int = 0
    repeats: int = 0
    # Within the star menu and the language menu; where they lead back to.
    detour_tries: int = 0
    back: Stage | None = None
    # The comment under review, by the visit in which it was recorded.
    recording: int | None = None
    # Recordings of this comment in which we think nobody spoke: let go once a better one exists.
    faint: tuple[int, ...] = ()
    # Every visit that recorded, with its question: a late callback still finds its place.
    recorded_in: tuple[tuple[int, str], ...] = ()
    playing: bool = False
    listens: int = 0
    waits: int = 0
    ended: Ending | None = None
    left: bool = False

    def to_json(self) -> dict[str, Any]:
        """A JSON object that holds nothing personal; `from_json` is its inverse."""
        return {
            "visit": self.visit,
            "stage": self.stage.value,
            "language": self.language,
            "question": self.question,
            "passed": list(self.passed),
            "says": [phrase.value for phrase in self.says],
            "opening": self.opening,
            "heard": list(self.heard),
            "resumed": self.resumed,
            "called_us": self.called_us,
            "tries": self.tries,
            "repeats": self.repeats,
            "detour_tries": self.detour_tries,
            "back": self.back.value if self.back else None,
            "recording": self.recording,
            "faint": list(self.faint),
            "recorded_in": [list(pair) for pair in self.recorded_in],
            "playing": self.playing,
            "listens": self.listens,
            "waits": self.waits,
            "ended": self.ended.value if self.ended else None,
            "left": self.left,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any], *, answered: Answers) -> Self:
        """The state that was stored, with the answers as the response's rows have them now."""
        return cls(
            visit=document["visit"],
            stage=Stage(document["stage"]),
            language=document["language"],
            question=document["question"],
            answered=dict(answered),
            passed=tuple(document["passed"]),
            says=tuple(Phrase(phrase) for phrase in document["says"]),
            opening=document["opening"],
            heard=tuple(document["heard"]),
            resumed=document["resumed"],
            called_us=document["called_us"],
            tries=document["tries"],
            repeats=document["repeats"],
            detour_tries=document["detour_tries"],
            back=Stage(document["back"]) if document["back"] else None,
            recording=document["recording"],
            faint=tuple(document["faint"]),
            recorded_in=tuple((visit, question) for visit, question in document["recorded_in"]),
            playing=document["playing"],
            listens=document["listens"],
            waits=document["waits"],
            ended=Ending(document["ended"]) if document["ended"] else None,
            left=document["left"],
        )

    @property
    def wants_audio(self) -> bool:
        """The caller asked to hear the recording: look whether it is home, and tell the flow."""
        return self.stage is Stage.LISTENING

    def question_recorded_in(self, visit: int) -> str | None:
        """Whose comment was recorded in that visit; None when that visit recorded nothing."""
        return dict(self.recorded_in).get(visit)
