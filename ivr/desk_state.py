"""Where a call to the number we show stands, before any question: small, and nothing personal."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from config.phrases import Phrase
from ivr.flow_events import ObjectionMethod


class DeskStage(StrEnum):
    """What the caller is hearing; the value is stored with the call."""

    MENU = "menu"
    OBJECTION = "objection"
    LANGUAGE = "language"
    WHICH_NUMBER = "which_number"
    NUMBER = "number"
    DELETION = "deletion"
    # They want to answer: the call goes on with the questions, in the same turn.
    QUESTIONS = "questions"
    OVER = "over"


class CallerKind(StrEnum):
    """What the shown number says about a caller: of a withheld one nothing is ever looked up."""

    WITHHELD = "withheld"
    STRANGER = "stranger"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class DeskState:
    """One moment at the desk; `visit` counts them, so a webhook names its own."""

    stage: DeskStage
    language: str
    caller: CallerKind
    visit: int = 0
    # Questions wait for this caller; an earlier call about them broke off.
    may_answer: bool = False
    resumes: bool = False
    # For whom and why is part of this prompt, outside any Gather, so no key can skip it.
    opening: bool = True
    # What is kept is part of this prompt.
    telling: bool = False
    says: tuple[Phrase, ...] = ()
    tries: int = 0
    repeats: int = 0
    # Within the star menu, the language menu and the entry of a number.
    detour_tries: int = 0
    # The no that waits for a number.
    method: ObjectionMethod | None = None
    # The digits by which a request can be named; they open nothing.
    reference: str | None = None
    left: bool = False

    def to_json(self) -> dict[str, Any]:
        """A JSON object that holds nothing personal; `from_json` is its inverse."""
        return {
            "stage": self.stage.value,
            "language": self.language,
            "caller": self.caller.value,
            "visit": self.visit,
            "may_answer": self.may_answer,
            "resumes": self.resumes,
            "opening": self.opening,
            "telling": self.telling,
            "says": [phrase.value for phrase in self.says],
            "tries": self.tries,
            "repeats": self.repeats,
            "detour_tries": self.detour_tries,
            "method": self.method.value if self.method else None,
            "reference": self.reference,
            "left": self.left,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The state that was stored."""
        return cls(
            stage=DeskStage(document["stage"]),
            language=document["language"],
            caller=CallerKind(document["caller"]),
            visit=document["visit"],
            may_answer=document["may_answer"],
            resumes=document["resumes"],
            opening=document["opening"],
            telling=document["telling"],
            says=tuple(Phrase(phrase) for phrase in document["says"]),
            tries=document["tries"],
            repeats=document["repeats"],
            detour_tries=document["detour_tries"],
            method=ObjectionMethod(document["method"]) if document["method"] else None,
            reference=document["reference"],
            left=document["left"],
        )
