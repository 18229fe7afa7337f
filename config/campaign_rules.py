"""A campaign as an operator writes it: who is rung when, how often, and on what ground."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from config.campaign_limits import (
    Ceiling,
    CompanyNumbers,
    Price,
    Quota,
    Register,
    Window,
)
from config.notations import CalendarPeriod, Country, Key, PhoneNumber, ShownText, Span, Written
from config.period_order import surely_within
from config.periods import Period, Unit


class RetryCause(StrEnum):
    """Why an attempt brought no last word; `cut` is a call that broke off between two questions,
    `hung_up` one that was answered and brought nothing, `provider` a telephone provider that was
    busy, away or at fault."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    MACHINE = "machine"
    FAILED = "failed"
    CUT = "cut"
    HUNG_UP = "hung_up"
    PROVIDER = "provider"


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
    """What lets staff contact somebody about an answer; a no in the call overrules all three."""

    CONSENT = "consent"
    LEGITIMATE_INTEREST = "legitimate_interest"
    ANSWERED = "answered"


class CampaignKind(StrEnum):
    """The two regimes that are never mixed: identified follow-up, or anonymous research."""

    FOLLOW_UP = "follow_up"
    RESEARCH = "research"


class HoursOf(StrEnum):
    """Whose clock the calling hours are reckoned by."""

    ORGANISATION = "organisation"
    CUSTOMER = "customer"


class RetryBy(StrEnum):
    """How the next attempt after a cause reaches for the person."""

    CALL = "call"
    SMS = "sms"


NEVER: Final = "never"


class Retry(Written):
    """Another attempt after one cause: how long after the last one, and how many times."""

    after: Span = Field(description='time from the failed attempt to the next, as "15 minutes"')
    times: Annotated[int, Field(ge=1, le=10)] = Field(description="how many times, 1 to 10")
    then: RetryBy = Field(
        default=RetryBy.CALL, description="call (rings again) or sms (texts whom to call back)"
    )


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


class CountryGround(Written):
    """What lets a machine call people of one country."""

    by: CallsAllowedBy = Field(description="consent, not_marketing, handed_over or called_in")
    decided_by: ShownText | None = Field(
        default=None, description="who decided it, by name or role; needed for not_marketing"
    )
    decided_on: date | None = Field(
        default=None, description="the day of the decision, as 2026-01-31; needed likewise"
    )


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
        description="consent (only after a yes in the call), legitimate_interest or answered"
    )


ONE_YEAR: Final = Period(12, Unit.MONTH)
_TWO_YEARS: Final = Period(24, Unit.MONTH)


def _not_for_long(period: Period) -> Period:
    if not surely_within(period, _TWO_YEARS):
        raise ValueError(
            f"{period} is too long for calling former customers; at most {_TWO_YEARS} is right"
        )
    return period


FormerFor = Annotated[CalendarPeriod, AfterValidator(_not_for_long)]


class Campaign(Written):
    """One campaign of an organisation."""

    key: Key = Field(description="short name, unique within the organisation")
    kind: CampaignKind = Field(
        default=CampaignKind.FOLLOW_UP,
        description="follow_up (answers have a name) or research (the client never learns who)",
    )
    survey: Key = Field(description="the key of a file in surveys/")
    line: PhoneNumber = Field(description="the number of one of the organisation's lines")
    delay: Span = Field(description="time from the handled case to the first call")
    stale_after: Span = Field(description="time after which a case is too old to ask about")
    sample_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=100, description="how many of a hundred cases are asked about, 1 to 100"
    )
    quotas: tuple[Quota, ...] = Field(
        default=(), description="how many completed answers are wanted of a segment at most"
    )
    allowed_countries: tuple[Country, ...] | None = Field(
        default=None,
        description="countries whose numbers may be contacted; the organisation's own if left out",
    )
    window: Window = Field(description="per weekday the times at which calls may be placed")
    hours_of: HoursOf = Field(
        default=HoursOf.ORGANISATION,
        description="whose clock counts: organisation, or customer (by the number's country)",
    )
    public_holidays: bool = Field(
        default=True, description="true keeps the country's public holidays free of calls"
    )
    blocked_days: tuple[date, ...] = Field(
        default=(), description="more days free of calls, each as 2026-12-24"
    )
    company_numbers: CompanyNumbers | None = Field(
        default=None, description="other hours for numbers that a register lists as a company's"
    )
    registers: tuple[Register, ...] = Field(
        default=(), description="outside registers that every number must be washed against"
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
    most_calls: Annotated[int, Field(ge=1, le=10)] = Field(
        default=2,
        description="how often one person's telephone may ring about one case, whatever the causes",
    )
    legal_basis: LegalBasis = Field(description="the ground on which answers are processed")
    classification: Classification = Field(description="the decision on marketing, by whom, when")
    former_customers_for: FormerFor = Field(
        default=ONE_YEAR,
        description="for marketing: how long after the end of a contract its customer may be "
        'called without consent, as "12 months"; from a day to 24 months',
    )
    automatic_calls: dict[Country, CountryGround] | None = Field(
        default=None,
        description="per country what lets a machine call there; left out, what classification "
        "says counts in all of them",
    )
    price: Price | None = Field(
        default=None, description="what a call costs; needed where there is a ceiling"
    )
    ceiling: Ceiling | None = Field(
        default=None, description="the most money spent per day and in all; none if left out"
    )
    open_case: CaseRule | None = Field(
        default=None, description="which answer opens a case by itself; none if left out"
    )
