"""A campaign as an operator writes it: who is rung when, how often, and on what ground."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from config.notations import ClockTime, Key, PhoneNumber, ShownText, Span, Written


class Weekday(StrEnum):
    """A day of the week; the order is that of `datetime.weekday()`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class RetryCause(StrEnum):
    """Why an attempt reached nobody; `cut` is a call that broke off between two questions."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    MACHINE = "machine"
    FAILED = "failed"
    CUT = "cut"


class MachineDetection(StrEnum):
    """Whether the provider listens for an answering machine, and if the caller waits for it."""

    OFF = "off"
    SYNC = "sync"
    ASYNC = "async"


class Purpose(StrEnum):
    """How the controller classifies a campaign: it decides what the law asks before a call."""

    MARKETING = "marketing"
    NOT_MARKETING = "not_marketing"


class CallsAllowedBy(StrEnum):
    """What lets a machine place the calls; without one of these none is placed."""

    CONSENT = "consent"
    NOT_MARKETING = "not_marketing"
    HANDED_OVER = "handed_over"
    CALLED_IN = "called_in"


class LegalBasis(StrEnum):
    """The ground on which answers are processed."""

    CONSENT = "consent"
    LEGITIMATE_INTEREST = "legitimate_interest"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    PUBLIC_TASK = "public_task"


class FollowUpBasis(StrEnum):
    """What lets staff contact somebody about an answer."""

    CONSENT = "consent"
    LEGITIMATE_INTEREST = "legitimate_interest"


NEVER: Final = "never"


class Retry(Written):
    """Another attempt after one cause: how long after the last one, and how many times."""

    after: Span = Field(description='time from the failed attempt to the next, as "15 minutes"')
    times: Annotated[int, Field(ge=1, le=10)] = Field(description="how many times, 1 to 10")


def _none_for_never(value: object) -> object:
    return None if value == NEVER else value


RetryOrNever = Annotated[Retry | None, BeforeValidator(_none_for_never)]


class Classification(Written):
    """The controller's recorded decision about what a campaign is."""

    purpose: Purpose = Field(description="marketing or not_marketing")
    calls_allowed_by: CallsAllowedBy = Field(
        description="what lets a machine call: consent, not_marketing, handed_over or called_in"
    )
    decided_by: ShownText = Field(description="who decided it, by name or role")
    decided_on: date = Field(description="the day of the decision, as 2026-01-31")


class Condition(Written):
    """Holds when an earlier question has an answer within the bounds, both of them included."""

    question: Key = Field(description="the key of an earlier question")
    at_least: int | None = Field(default=None, description="the lowest score that fits")
    at_most: int | None = Field(default=None, description="the highest score that fits")
    equals: str | None = Field(default=None, description="the stored value that fits")


class CaseRule(Written):
    """When an answer opens a case by itself, and what then lets staff contact the person."""

    when: Condition = Field(description="the answer that opens a case")
    contact_by: FollowUpBasis = Field(
        description="consent (only after a yes in the call) or legitimate_interest"
    )


Minutes = tuple[ClockTime, ClockTime]


class Campaign(Written):
    """One campaign of an organisation."""

    key: Key = Field(description="short name, unique within the organisation")
    survey: Key = Field(description="the key of a file in surveys/")
    line: PhoneNumber = Field(description="the number of one of the organisation's lines")
    delay: Span = Field(description="time from the handled case to the first call")
    stale_after: Span = Field(description="time after which a case is too old to ask about")
    window: dict[Weekday, tuple[Minutes, ...]] = Field(
        description="per weekday the times at which calls may be placed"
    )
    public_holidays: bool = Field(
        default=True, description="true keeps the country's public holidays free of calls"
    )
    ring_seconds: Annotated[int, Field(ge=5, le=120)] = Field(
        default=25, description="how long it may ring, 5 to 120 seconds"
    )
    answering_machine_detection: MachineDetection = Field(
        default=MachineDetection.OFF, description="off, sync or async"
    )
    retry: dict[RetryCause, RetryOrNever] = Field(
        description="per cause another attempt or never; a cause left out is never"
    )
    legal_basis: LegalBasis = Field(description="the ground on which answers are processed")
    classification: Classification = Field(description="the decision on marketing, by whom, when")
    open_case: CaseRule | None = Field(
        default=None, description="which answer opens a case by itself; none if left out"
    )
