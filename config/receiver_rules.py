"""Who gets people's data besides the organisation itself, as its file says."""

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum

from pydantic import Field

from config.notations import Country, ShownText, Written
from config.regions import EEA


class ReceiverRole(StrEnum):
    """What a receiver is to the organisation."""

    PROCESSOR = "processor"
    SUB_PROCESSOR = "sub_processor"
    # Decides for itself what it does with them.
    CONTROLLER = "controller"


class Receiver(Written):
    """One receiver: who gets what for which work, where, and since when."""

    name: ShownText = Field(description="the company")
    role: ReceiverRole = Field(description="processor, sub_processor or controller")
    work: ShownText = Field(description="what it does for the organisation")
    gets: ShownText = Field(description="which data it gets")
    country: Country = Field(description="two capitals: where it keeps them")
    transfer: ShownText | None = Field(
        default=None, description="what allows it, where the country is outside the EU and EEA"
    )
    since: date = Field(description="the day from which on it gets them")


def faults(receivers: Sequence[Receiver]) -> Iterator[tuple[int, str, str]]:
    """What is wrong: the place in the list, the field, and the sentence."""
    names = [one.name for one in receivers]
    for place, one in enumerate(receivers):
        if one.name in names[:place]:
            yield place, "name", f"{one.name} is given twice; keep one of them"
        if one.country not in EEA and one.transfer is None:
            told = "is outside the EU and EEA; say in transfer what allows it"
            yield place, "country", f"{one.country} {told}"
