"""A call in which somebody who asked about their data hears the code that proves who asks.

Only a person hears it: a key comes first, and until then nothing is said that is not anybody's.
Nothing is recorded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy.orm import Session

from ivr.code_words import SPOKEN, CodeWords
from ivr.conversations import keep_flow
from ivr.flow_events import Event, HungUp, Keys, Silence
from ivr.steps import Gather, Hangup, Redirect, Say, Step, Waiting
from privacy import identity_codes
from storage.house import house, utc_now
from storage.tables import Call, IdentityCode, Organisation, RightsRequest

TRIES: Final = 3
_KEY: Final = "1"
_GATHER_SECONDS: Final = 6
_OTHERWISE: Final = "en"


class CodeStage(StrEnum):
    """What is heard; the value is stored with the call."""

    OFFER = "offer"
    SPOKEN = "spoken"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class CodeState:
    """One moment of the call; `visit` counts them, so a webhook names its own."""

    language: str
    stage: CodeStage = CodeStage.OFFER
    visit: int = 0

    def to_json(self) -> dict[str, Any]:
        """A JSON object that holds nothing personal, and not the code; `from_json` reads it."""
        return {"language": self.language, "stage": self.stage.value, "visit": self.visit}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The state that was stored."""
        return cls(document["language"], CodeStage(document["stage"]), document["visit"])


def apply_code(state: CodeState, event: Event | HungUp) -> CodeState:
    """What follows: the key leads to the code, anything else a few times to the offer again."""
    if isinstance(event, HungUp):
        return replace(state, stage=CodeStage.OVER)
    if state.stage is not CodeStage.OFFER or event.visit != state.visit:
        return state
    if isinstance(event, Keys) and event.digits == _KEY:
        return replace(state, stage=CodeStage.SPOKEN, visit=state.visit + 1)
    if not isinstance(event, Keys | Silence):
        return state
    again = state.visit + 1
    return replace(state, stage=CodeStage.OFFER if again < TRIES else CodeStage.OVER, visit=again)


def prompt_code(state: CodeState, *, organisation: str, code: str | None) -> tuple[Step, ...]:
    """The document of that moment; `code` is None when it is worth nothing any more."""
    words, language = SPOKEN[state.language], state.language
    if state.stage is CodeStage.OFFER:
        offer = Say(words.offer.format(organisation=organisation), language)
        gather = Gather((offer,), 1, "", _GATHER_SECONDS, state.visit)
        return gather, Redirect(Waiting.SILENCE, state.visit)
    if state.stage is CodeStage.SPOKEN and code is not None:
        return *_digit_by_digit(words, code, language), Hangup()
    return Say(words.goodbye, language), Hangup()


def _digit_by_digit(words: CodeWords, code: str, language: str) -> tuple[Say, ...]:
    digits = Say(", ".join(code) + ".", language)
    return Say(words.code, language), digits, Say(words.again, language), digits


def language_of(session: Session, call: Call) -> str:
    """The language in which the person asked, as far as there are words in it."""
    code = session.get_one(IdentityCode, call.code_id)
    language = session.get_one(RightsRequest, code.request_id).language
    return language if language is not None and language in SPOKEN else _OTHERWISE


class CodeConversation:
    """One such call, within one transaction that holds the call's row."""

    def __init__(self, session: Session, call: Call, *, state: CodeState) -> None:
        self._session = session
        self._call = call
        self.state = state

    @property
    def language(self) -> str:
        """The language that is spoken."""
        return self.state.language

    @property
    def visit(self) -> int:
        """The present visit."""
        return self.state.visit

    @property
    def listens_to(self) -> int | None:
        """Nothing is recorded."""
        return None

    @property
    def records_now(self) -> bool:
        """Nothing is recorded."""
        return False

    def take(self, event: Event | HungUp, *, at: datetime) -> bool:
        """Apply an event; False when it changed nothing."""
        turned = apply_code(self.state, event)
        if turned == self.state:
            return False
        self.state = turned
        self.keep()
        return True

    def steps(self) -> tuple[Step, ...]:
        """The present document."""
        code = None
        if self.state.stage is CodeStage.SPOKEN:
            row = self._session.get_one(IdentityCode, self._call.code_id)
            keyring = house().keyring
            code = identity_codes.to_speak(self._session, row, keyring=keyring, at=utc_now())
        organisation = self._session.get_one(Organisation, self._call.organisation_id)
        names: dict[str, str] = organisation.document.get("spoken_name", {})
        name = names.get(self.state.language, organisation.name)
        return prompt_code(self.state, organisation=name, code=code)

    def keep(self) -> None:
        """Write the state to the call's row."""
        keep_flow(self._session, self._call, self.state.to_json())
