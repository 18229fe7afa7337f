"""The numbers of an organisation: lines that call, mailboxes that are called."""

from typing import Annotated, Final

import phonenumbers
from pydantic import Field

from config.campaign_rules import LegalBasis
from config.notations import (
    Country,
    Key,
    LanguageTag,
    MailAddress,
    PhoneNumber,
    ShownText,
    Texts,
    Written,
)


class Line(Written):
    """A telephone number that is shown to those who are called, and can be called back."""

    number: PhoneNumber = Field(description="the number in international form")
    name: ShownText = Field(description="what staff call the line")
    calls_per_second: Annotated[float, Field(gt=0, le=100)] = Field(
        default=1.0, description="new calls per second at most"
    )
    simultaneous_calls: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=10, description="calls at the same time at most"
    )
    calls_to: tuple[Country, ...] | None = Field(
        default=None,
        description="countries it may be shown in; that of the number itself if left out",
    )

    @property
    def countries(self) -> tuple[Country, ...]:
        """The countries whose people may be called from this line."""
        if self.calls_to is not None:
            return self.calls_to
        own = country_of(self.number)
        return () if own is None else (own,)


# Parts of a country that have a code of their own, and none of the rules that differ here.
_PART_OF: Final = {"AX": "FI", "SJ": "NO"}


def country_of(e164: str) -> str | None:
    """The country a number in international form belongs to; None for one that has none."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return None
    return country_in(phonenumbers.region_code_for_number(number))


def country_in(region: str | None) -> str | None:
    """The country that a region of a numbering plan belongs to."""
    return None if region is None else _PART_OF.get(region, str(region))


def is_mobile(e164: str) -> bool:
    """Whether a number can only be a mobile one."""
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return False
    return bool(kind == phonenumbers.PhoneNumberType.MOBILE)


class Mailbox(Written):
    """Where callers leave telephone messages."""

    key: Key = Field(description="short name, unique within the organisation")
    number: PhoneNumber = Field(description="the number callers dial, in international form")
    name: ShownText = Field(description="what staff call the mailbox")
    language: LanguageTag = Field(description="the language callers hear first")
    greeting: Texts = Field(description="per language what callers hear before the notice")
    legal_basis: LegalBasis = Field(
        default=LegalBasis.LEGITIMATE_INTEREST,
        description="ground on which messages are kept: consent, legitimate_interest, contract, "
        "legal_obligation or public_task",
    )
    notify: tuple[MailAddress, ...] = Field(
        default=(), description="mail addresses that are told about a new message"
    )
    max_seconds: Annotated[int, Field(ge=5, le=3600)] = Field(
        default=180, description="the longest message, 5 to 3600 seconds"
    )
    review: bool = Field(
        default=True, description="whether callers may hear and redo their message"
    )
