"""How operators write small things in their files: keys, languages, numbers, zones, times."""

import re
from datetime import time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Final
from urllib.parse import quote
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer, PlainValidator

from config.periods import Period, parse_duration, parse_period, write_duration
from config.setting_rules import is_e164

_KEY = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")
# What a provider speaks in one go, in characters and as they travel.
_SPOKEN_CHARACTERS = 1000
_SPOKEN_BYTES = 4500


class Language(StrEnum):
    """The languages the service speaks."""

    SWEDISH = "sv"
    NORWEGIAN = "nb"
    DANISH = "da"
    FINNISH = "fi"
    ENGLISH = "en"


LANGUAGES: Final = tuple(language.value for language in Language)


class Written(BaseModel):
    """A part of an operator's file: nothing unknown in it, nothing changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def check_key(text: str) -> str:
    """A short name for files and programs."""
    if len(text) > 60 or not _KEY.fullmatch(text):
        raise ValueError(
            f"{text[:60]!r} is not a key; small letters, digits, - and _ such as after-case"
        )
    return text


def check_language(text: str) -> str:
    """A language the service speaks."""
    if text not in LANGUAGES:
        raise ValueError(
            f"{text[:20]!r} is not a language spoken here; one of {', '.join(LANGUAGES)} is right"
        )
    return text


def check_number(text: str) -> str:
    """A telephone number in international form."""
    if not is_e164(text):
        raise ValueError(
            f"{text[:30]!r} is not a telephone number in international form; "
            "+46846500400 would be right"
        )
    return text


def check_zone(text: str) -> str:
    """A time zone by its IANA name."""
    if text not in available_timezones():
        raise ValueError(f"{text[:60]!r} is not a time zone; Europe/Stockholm would be right")
    return text


def check_country(text: str) -> str:
    """A country by its two letters."""
    if not re.fullmatch(r"[A-Z]{2}", text):
        raise ValueError(f"{text[:20]!r} is not a country; two capitals such as SE are right")
    return text


def check_currency(text: str) -> str:
    """A currency by its three letters."""
    if not re.fullmatch(r"[A-Z]{3}", text):
        raise ValueError(f"{text[:20]!r} is not a currency; three capitals such as SEK are right")
    return text


def check_mail(text: str) -> str:
    """A mail address and nothing around it."""
    if len(text) > 254 or not _MAIL.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is not a mail address; privacy@example.org is right")
    return text


def check_text(text: str) -> str:
    """A text for the screen: one line with something on it."""
    if not text.strip():
        raise ValueError("is empty; write what is meant, or leave the field out")
    if any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in text):
        raise ValueError("holds a line break or another control character; write one line")
    if len(text) > _SPOKEN_CHARACTERS:
        raise ValueError(f"has {len(text)} characters; {_SPOKEN_CHARACTERS} is the limit")
    return text


def check_spoken(text: str) -> str:
    """A text for the voice: one line, short enough to be spoken in one go."""
    check_text(text)
    try:
        size = len(quote(text))
    except UnicodeEncodeError:
        raise ValueError("holds half a character (a lone surrogate), which has no sound") from None
    if size > _SPOKEN_BYTES:
        raise ValueError(f"has {size} bytes when sent; {_SPOKEN_BYTES} is the limit")
    return text


def check_clock(value: Any) -> str:
    """A time of day as HH:MM; 24:00 is the end of the day."""
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError(f'{str(value)[:20]!r} is not a time of day; "09:00" would be right')
    return value


def minutes_of(clock: str) -> int:
    """The minutes since midnight of a checked time of day; 24:00 is 1440."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def time_of(clock: str) -> time:
    """A checked time of day as a time; 24:00 is the last moment of the day."""
    return time.max if clock == "24:00" else time.fromisoformat(clock)


Key = Annotated[str, AfterValidator(check_key)]
LanguageTag = Annotated[str, AfterValidator(check_language)]
PhoneNumber = Annotated[str, AfterValidator(check_number)]
ZoneName = Annotated[str, AfterValidator(check_zone)]
Country = Annotated[str, AfterValidator(check_country)]
MailAddress = Annotated[str, AfterValidator(check_mail)]
ShownText = Annotated[str, AfterValidator(check_text)]
SpokenText = Annotated[str, AfterValidator(check_spoken)]
Texts = dict[LanguageTag, SpokenText]
ClockTime = Annotated[str, PlainValidator(check_clock)]
Span = Annotated[timedelta, PlainValidator(parse_duration), PlainSerializer(write_duration)]
CalendarPeriod = Annotated[Period, PlainValidator(parse_period), PlainSerializer(str)]
