"""A survey as its file in surveys/ describes it: questions in order, in every language."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from config.campaign_rules import Condition
from config.notations import Key, ShownText, Texts, Written


class Kind(StrEnum):
    """What is asked, and so how it is answered."""

    NPS = "nps"
    CSAT = "csat"
    CES = "ces"
    CHOICE = "choice"
    YES_NO = "yes_no"
    COMMENT = "comment"
    FOLLOW_UP = "follow_up"


SCORED = (Kind.NPS, Kind.CSAT, Kind.CES)
CONFIRMED = (Kind.YES_NO, Kind.FOLLOW_UP)


class ScaleDirection(StrEnum):
    """Which end of the scale is the good one."""

    HIGH_IS_GOOD = "high_is_good"
    LOW_IS_GOOD = "low_is_good"


class Unanswered(StrEnum):
    """What follows a question that stayed unanswered after the last try."""

    SKIP = "skip"
    END = "end"


class ReceiptCode(StrEnum):
    """Whether whoever answered is given a code that opens their own answers."""

    OFF = "off"
    SPOKEN = "spoken"
    SMS = "sms"


class Scale(Written):
    """The whole numbers of a score, and which end is the good one."""

    lowest: Annotated[int, Field(ge=0, le=9)] = Field(description="the lowest score, 0 to 9")
    highest: Annotated[int, Field(ge=1, le=10)] = Field(description="the highest, 1 to 10")
    direction: ScaleDirection = Field(description="high_is_good or low_is_good")


NPS_SCALE = Scale(lowest=0, highest=10, direction=ScaleDirection.HIGH_IS_GOOD)


class Choice(Written):
    """One alternative; the call speaks it as "For LABEL, press KEY."."""

    key: Annotated[str, Field(pattern=r"^[0-9]$")] = Field(description='one digit in quotes, "1"')
    value: Key = Field(description="what is stored")
    label: Texts = Field(description='per language what follows "For"')


class Variant(Written):
    """Another wording of a question for some earlier answers; the first that holds is heard."""

    when: Condition = Field(description="the earlier answer that leads to this wording")
    prompt: Texts = Field(description="per language the wording")


class Question(Written):
    """One question."""

    key: Key = Field(description="short name, unique within the survey; stored with answers")
    kind: Kind = Field(description="nps, csat, ces, choice, yes_no, comment or follow_up")
    prompt: Texts = Field(description="per language what is asked; may use {organisation}")
    scale: Scale | None = Field(default=None, description="for csat and ces: ends and direction")
    choices: tuple[Choice, ...] = Field(default=(), description="for choice: the alternatives")
    ask_when: Condition | None = Field(
        default=None, description="asked only when this holds; always if left out"
    )
    variants: tuple[Variant, ...] = Field(
        default=(), description="other wordings for some earlier answers"
    )
    max_seconds: Annotated[int, Field(ge=5, le=600)] = Field(
        default=120, description="for comment: the longest recording, 5 to 600 seconds"
    )
    silence_seconds: Annotated[int, Field(ge=1, le=30)] = Field(
        default=4, description="for comment: silence that ends it, 1 to 30 seconds"
    )

    @property
    def scored(self) -> Scale | None:
        """The scale of a scored question; None for the others."""
        return NPS_SCALE if self.kind is Kind.NPS else self.scale


class Survey(Written):
    """One survey."""

    key: Key = Field(description="short name; the file is called KEY.yaml")
    title: ShownText = Field(description="the name on the screen")
    purpose: Texts = Field(description='per language a phrase that follows "This is about"')
    minutes: Annotated[int, Field(ge=1, le=30)] = Field(
        description="how long it takes, told at the start, 1 to 30"
    )
    tries: Annotated[int, Field(ge=1, le=5)] = Field(
        default=3, description="how often a question is asked before it counts as unanswered"
    )
    when_unanswered: Unanswered = Field(default=Unanswered.SKIP, description="skip or end")
    receipt_code: ReceiptCode = Field(
        default=ReceiptCode.OFF,
        description="off; spoken: at the end the call says a code that opens one's own answers; "
        "sms: it comes by text, and is spoken to whoever may or can not be texted",
    )
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=20)] = Field(
        description="the questions in order, 1 to 20"
    )
