"""The numbers of an organisation: lines that call, mailboxes that are called."""

from typing import Annotated

from pydantic import Field

from config.notations import Key, LanguageTag, MailAddress, PhoneNumber, ShownText, Texts, Written


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


class Mailbox(Written):
    """Where callers leave telephone messages."""

    key: Key = Field(description="short name, unique within the organisation")
    number: PhoneNumber = Field(description="the number callers dial, in international form")
    name: ShownText = Field(description="what staff call the mailbox")
    language: LanguageTag = Field(description="the language callers hear first")
    greeting: Texts = Field(description="per language what callers hear before the notice")
    notify: tuple[MailAddress, ...] = Field(
        default=(), description="mail addresses that are told about a new message"
    )
    max_seconds: Annotated[int, Field(ge=5, le=3600)] = Field(
        default=180, description="the longest message, 5 to 3600 seconds"
    )
    review: bool = Field(
        default=True, description="whether callers may hear and redo their message"
    )
