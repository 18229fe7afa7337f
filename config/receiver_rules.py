"""Who gets people's data besides the organisation itself, as its file says."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, PlainValidator

from config.notations import Country, ShownText, Written, check_language, check_text
from config.regions import EEA

LONGEST: Final = 400
TEXTS: Final = ("work", "gets", "transfer")
"""What is said of a receiver in words, which the person reads as they are written."""


class ReceiverRole(StrEnum):
    """What a receiver is to the organisation."""

    PROCESSOR = "processor"
    SUB_PROCESSOR = "sub_processor"
    # Decides for itself what it does with them.
    CONTROLLER = "controller"


def check_told(told: object) -> str | dict[str, str]:
    """One text for everybody, or one per language."""
    if isinstance(told, str):
        return _fitting(told)
    if not isinstance(told, dict) or not told:
        raise ValueError("is no text; write one, or one per language, such as {sv: …, en: …}")
    texts: dict[str, str] = {}
    for language, text in told.items():
        tag = check_language(str(language))
        if not isinstance(text, str):
            raise ValueError(f"says no text in {tag}; write one line")
        texts[tag] = _fitting(text)
    return texts


def _fitting(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(f"has {len(text)} characters; {LONGEST} is the limit")
    return check_text(text)


ToldText = Annotated[str | dict[str, str], PlainValidator(check_told)]


class Receiver(Written):
    """One receiver: who gets what for which work, where, and since when."""

    name: ShownText = Field(description="the company")
    role: ReceiverRole = Field(description="processor, sub_processor or controller")
    work: ToldText = Field(description="what it does for the organisation; may be per language")
    gets: ToldText = Field(description="which data it gets; may be per language")
    country: Country = Field(description="two capitals: where it keeps them")
    transfer: ToldText | None = Field(
        default=None,
        description="what allows it, where the country is outside the EU and EEA; may be per "
        "language",
    )
    since: date = Field(description="the day from which on it gets them")


def faults(
    receivers: Sequence[Receiver], *, languages: Sequence[str]
) -> Iterator[tuple[int, str, str]]:
    """What is wrong: the place in the list, the field, and the sentence.

    What is told per language is told in each that the organisation speaks.
    """
    names = [one.name for one in receivers]
    for place, one in enumerate(receivers):
        if one.name in names[:place]:
            yield place, "name", f"{one.name} is given twice; keep one of them"
        if one.country not in EEA and one.transfer is None:
            told = "is outside the EU and EEA; say in transfer what allows it"
            yield place, "country", f"{one.country} {told}"
        for field in TEXTS:
            texts = getattr(one, field)
            missing = [tag for tag in languages if isinstance(texts, dict) and tag not in texts]
            if missing:
                yield place, field, f"has no wording in {', '.join(missing)}; write one of each"
