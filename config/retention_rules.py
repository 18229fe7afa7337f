"""The retention schedule: what kind of personal data is kept how long, and from when."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, PlainSerializer, PlainValidator

from config.notations import CalendarPeriod, Written
from config.periods import Period, parse_period


class DataClass(StrEnum):
    """A kind of personal data with one rule; every personal column names one."""

    ANSWERS = "answers"
    FREE_COMMENTS = "free_comments"
    TELEPHONE_MESSAGES = "telephone_messages"
    STAFF_REGISTER = "staff_register"
    CONTACT_LOG = "contact_log"
    COMPLAINTS = "complaints"
    CASE_NOTES = "case_notes"
    THROTTLE_TOKENS = "throttle_tokens"
    OBJECTIONS = "objections"
    REQUEST_LOG = "request_log"
    RECEIPTS = "receipts"
    LISTENING_LOG = "listening_log"
    EXPORTS = "exports"


# A caller is told how long these are kept, so they must have a last day.
TOLD_TO_CALLERS: Final = (
    DataClass.ANSWERS,
    DataClass.FREE_COMMENTS,
    DataClass.TELEPHONE_MESSAGES,
)


class StartEvent(StrEnum):
    """What sets the clock of a rule going."""

    ANSWERED = "answered"
    RECEIVED = "received"
    CONTACT = "contact"
    COLLECTED = "collected"
    EVENT = "event"


# What the purge reckons from, in the words that mean it; no other word may promise something else.
STARTS: Final[Mapping[DataClass, tuple[StartEvent, ...]]] = dict.fromkeys(
    DataClass, (StartEvent.EVENT,)
) | {
    DataClass.ANSWERS: (StartEvent.ANSWERED, StartEvent.COLLECTED),
    DataClass.FREE_COMMENTS: (StartEvent.ANSWERED, StartEvent.COLLECTED),
    DataClass.TELEPHONE_MESSAGES: (StartEvent.RECEIVED,),
    DataClass.STAFF_REGISTER: (StartEvent.COLLECTED,),
    DataClass.CONTACT_LOG: (StartEvent.CONTACT,),
    DataClass.COMPLAINTS: (StartEvent.RECEIVED, StartEvent.COLLECTED),
    DataClass.CASE_NOTES: (StartEvent.EVENT, StartEvent.COLLECTED),
    DataClass.THROTTLE_TOKENS: (StartEvent.CONTACT,),
}


class KeepUntil(StrEnum):
    """Rules that no calendar ends."""

    HANDLED = "until handled"
    NEVER_BY_AGE = "never by age"


class Extension(StrEnum):
    """What may keep an item past its period."""

    LEGAL_HOLD = "legal_hold"
    OPEN_MATTER = "open_matter"


_ABOUT_CASES: Final = (
    DataClass.ANSWERS,
    DataClass.FREE_COMMENTS,
    DataClass.TELEPHONE_MESSAGES,
    DataClass.CONTACT_LOG,
    DataClass.COMPLAINTS,
    DataClass.CASE_NOTES,
)
KEPT_BY_NOTHING: Final[Mapping[DataClass, str]] = {
    DataClass.EXPORTS: (
        "they are copies, and the erasure of anybody ends all of them; what is needed is held in "
        "the class that it was copied from"
    ),
    DataClass.OBJECTIONS: (
        "none that stands goes by age, and one that was withdrawn goes by request_log, which may "
        "be held"
    ),
}
"""The classes that no extension keeps, each with the reason."""


def may_extend(data_class: DataClass, by: Extension) -> bool:
    """Whether items of a class can be kept past their period by that at all."""
    if data_class in KEPT_BY_NOTHING:
        return False
    return by is Extension.LEGAL_HOLD or data_class in _ABOUT_CASES


class Then(StrEnum):
    """What becomes of an item when its time is over."""

    DELETE = "delete"
    ANONYMISE = "anonymise"


def parse_keep(value: object) -> Period | KeepUntil:
    """The period or the rule without one that a text means; raises ValueError otherwise."""
    if isinstance(value, str) and value in tuple(KeepUntil):
        return KeepUntil(value)
    try:
        return parse_period(value)
    except ValueError as error:
        raise ValueError(f'{error}, as are "until handled" and "never by age"') from None


Keep = Annotated[Period | KeepUntil, PlainValidator(parse_keep), PlainSerializer(str)]


class RetentionRule(Written):
    """How long one class of data is kept."""

    data_class: DataClass = Field(
        alias="class", description="the kind of personal data the rule is about"
    )
    keep: Keep = Field(description='a period as "18 months", or "until handled", or "never by age"')
    start: StartEvent = Field(
        alias="from", description="what sets the clock going: answered, received, contact, …"
    )
    ceiling: CalendarPeriod | None = Field(
        default=None, description="the longest that is kept although nobody handled it"
    )
    extended_by: tuple[Extension, ...] = Field(
        default=(), description="what may keep an item longer: legal_hold, open_matter"
    )
    then: Then = Field(
        default=Then.DELETE, description="what becomes of it: delete or, for answers, anonymise"
    )

    @property
    def longest(self) -> Period | None:
        """The period after which the item goes whatever else happened; None when there is none."""
        return self.keep if isinstance(self.keep, Period) else self.ceiling
