"""An organisation as its file in organisations/ describes it."""

from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from config.campaign_rules import Campaign
from config.notations import (
    CalendarPeriod,
    Country,
    Key,
    LanguageTag,
    MailAddress,
    PhoneNumber,
    ShownText,
    Texts,
    Written,
    ZoneName,
)
from config.number_rules import Line, Mailbox
from config.receiver_rules import Receiver
from config.retention_rules import DataClass, RetentionRule


class Right(StrEnum):
    """A right a person may ask for."""

    INFORMATION = "information"
    ACCESS = "access"
    RECTIFICATION = "rectification"
    ERASURE = "erasure"
    RESTRICTION = "restriction"
    OBJECTION = "objection"
    PORTABILITY = "portability"


class StopCovers(StrEnum):
    """What a person ends who answers a text message with STOP."""

    ALL = "all"
    SMS = "sms"


class Contact(Written):
    """Whom a person turns to about their data."""

    privacy_email: MailAddress = Field(description="mail address for questions about data")
    phone: PhoneNumber | None = Field(default=None, description="telephone for the same")
    data_protection_officer: ShownText | None = Field(
        default=None, description="the officer's name, title or address"
    )
    authority: ShownText = Field(description="the supervisory authority complaints go to")


class Opener(StrEnum):
    """Who may still open what was marked as sensitive."""

    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    CLIENT = "client"


class Sensitive(Written):
    """What becomes of a comment or message that staff mark as sensitive."""

    keep: CalendarPeriod = Field(description="how long it is still kept after it was marked")
    opened_by: Annotated[tuple[Opener, ...], Field(min_length=1)] = Field(
        default=(Opener.OFFICER,),
        description="the roles that may still open it: supervisor, officer, client",
    )


class Organisation(Written):
    """The controller, with everything an operator decides for it."""

    key: Key = Field(description="short name; the file is called KEY.yaml")
    name: ShownText = Field(description="the name on the screen")
    spoken_name: Texts = Field(description="per language the name as the voice says it")
    country: Country = Field(description="two capitals such as SE; decides the public holidays")
    timezone: ZoneName = Field(description="IANA zone in which days and hours are reckoned")
    languages: Annotated[tuple[LanguageTag, ...], Field(min_length=1)] = Field(
        description="languages spoken, the first when nothing better is known"
    )
    contact: Contact = Field(description="whom a person turns to about their data")
    rights: Annotated[tuple[Right, ...], Field(min_length=1)] = Field(
        description="the rights offered to people"
    )
    throttle: CalendarPeriod | None = Field(
        default=None,
        description="a person is asked at most once in this period, over all campaigns",
    )
    stop_word_covers: StopCovers = Field(
        default=StopCovers.ALL,
        description="what a STOP by text message ends: all, or sms alone",
    )
    smallest_group: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=5, description="no figure is shown about fewer answers than this"
    )
    retention: Annotated[tuple[RetentionRule, ...], Field(min_length=1)] = Field(
        description="one rule for each class of personal data"
    )
    sensitive: Sensitive | None = Field(
        default=None, description="what becomes of what staff mark as sensitive; without it, none"
    )
    receivers: tuple[Receiver, ...] = Field(
        default=(), description="processors, sub-processors and others who get people's data"
    )
    lines: tuple[Line, ...] = Field(default=(), description="numbers that call")
    campaigns: tuple[Campaign, ...] = Field(default=(), description="who is asked what, when")
    mailboxes: tuple[Mailbox, ...] = Field(default=(), description="numbers that take messages")

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the organisation's days and hours are reckoned."""
        return ZoneInfo(self.timezone)

    def rule(self, data_class: DataClass) -> RetentionRule:
        """The retention rule of a class; raises KeyError when the schedule has none."""
        for rule in self.retention:
            if rule.data_class is data_class:
                return rule
        raise KeyError(data_class)

    def campaign(self, key: str) -> Campaign:
        """The campaign of that key; raises KeyError when there is none."""
        for campaign in self.campaigns:
            if campaign.key == key:
                return campaign
        raise KeyError(key)

    def document(self) -> dict[str, Any]:
        """A JSON object that `Organisation.model_validate` reads back, without staff addresses."""
        document = self.model_dump(mode="json", by_alias=True)
        for mailbox in document["mailboxes"]:
            mailbox["notify"] = []
        return document
