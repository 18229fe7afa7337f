"""Days, periods and codes of countries and languages, as the page of a package writes them."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import get_timezone_name

from config.periods import parse_period
from config.spoken_periods import period_alone

_MOMENTS: Final = ("_at", "_since", "_until", "_from")
_PERIODS: Final = frozenset({"keep", "ceiling"})


def is_moment(name: str) -> bool:
    """Whether a field of that name holds a moment or a day."""
    return name == "at" or name.endswith(_MOMENTS)


def moment(written: str, zone: ZoneInfo) -> str:
    """A moment of data.json on the clock of the zone, to the minute; a day stays the day."""
    if "T" not in written:
        return written
    return f"{datetime.fromisoformat(written).astimezone(zone):%Y-%m-%d %H:%M}"


def zone_name(zone: ZoneInfo, language: str) -> str:
    """`Europe/Stockholm (centraleuropeisk tid)`; the bare key where it names no place."""
    if "/" not in zone.key or zone.key.startswith("Etc/"):
        return zone.key
    return f"{zone.key} ({get_timezone_name(zone, locale=language)})"


def in_words(name: str, value: str, language: str) -> str | None:
    """A period, country or language in words; None for a field of another kind, or no such code."""
    if name in _PERIODS:
        try:
            return period_alone(parse_period(value), language)
        except ValueError:  # it is no period but a word of ours
            return None
    locale = Locale.parse(language)
    if name == "country":
        return locale.territories.get(value.upper())
    return locale.languages.get(value) if name == "language" else None
