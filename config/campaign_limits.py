"""What narrows a campaign: days and hours, shares and quotas, outside registers, money."""

from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from config.notations import CalendarPeriod, ClockTime, Key, ShownText, Written, check_currency

MICROS: Final = 1_000_000
# The longest a call may last at the provider, whatever is said in it: the most one can cost.
LONGEST_CALL: Final = timedelta(minutes=15)


class Weekday(StrEnum):
    """A day of the week; the order is that of `datetime.weekday()`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


Minutes = tuple[ClockTime, ClockTime]
Window = dict[Weekday, tuple[Minutes, ...]]


class Segment(StrEnum):
    """By which field of a case customers are told apart; the language is the customer's."""

    CHANNEL = "channel"
    REASON = "reason"
    TEAM = "team"
    LANGUAGE = "language"


class Quota(Written):
    """How many completed answers are wanted of one segment."""

    segment: Segment = Field(description="channel, reason, team or language")
    equals: ShownText = Field(description="the value that belongs to the segment")
    at_most: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        description="after this many completed answers nobody of the segment is asked"
    )


class RegisterBlocks(StrEnum):
    """Which answer of a register forbids the contact."""

    LISTED = "listed"
    NOT_LISTED = "not_listed"


class Register(Written):
    """An outside register whose answer about each number must be on file."""

    key: Key = Field(description="short name of the register, as the wash names it")
    valid_for: CalendarPeriod = Field(
        description='how long an answer counts, as "30 days"; after that the number is washed anew'
    )
    blocks: RegisterBlocks = Field(
        default=RegisterBlocks.LISTED,
        description="listed (who is in it is not contacted) or not_listed (only who is in it is)",
    )


class CompanyNumbers(Written):
    """The hours of numbers that belong to companies rather than to people at home."""

    register_key: Key = Field(
        alias="register", description="the register that lists the companies' numbers"
    )
    window: Window = Field(description="per weekday the times at which they may be called")


Amount = Annotated[Decimal, Field(ge=0, le=1_000_000_000, decimal_places=6)]
Currency = Annotated[str, AfterValidator(check_currency)]


def micros_of(amount: Decimal) -> int:
    """An amount of money in millionths, the unit in which it is counted."""
    return int((amount * MICROS).to_integral_value(ROUND_CEILING))


class Price(Written):
    """What the provider takes for a call; begun minutes are paid in full."""

    currency: Currency = Field(description="three capitals such as SEK")
    per_call: Amount = Field(default=Decimal(0), description="for each call, answered or not")
    per_minute: Amount = Field(default=Decimal(0), description="for each begun minute of talk")
    per_sms: Amount = Field(default=Decimal(0), description="for each part of a text message")

    def of(self, talk: timedelta) -> Decimal:
        """What a call of that length costs."""
        return self.per_call + self.per_minute * -(-talk // timedelta(minutes=1))

    def micros(self, talk: timedelta) -> int:
        """The same in millionths of the currency."""
        return micros_of(self.of(talk))


class Ceiling(Written):
    """The most money a campaign may spend, in the currency of its price."""

    per_day: Amount | None = Field(default=None, description="on one day of the organisation")
    whole: Amount | None = Field(default=None, description="from its first call to its last")
