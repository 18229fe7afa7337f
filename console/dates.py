"""Moments and lengths as people write them: the organisation's zone, the reader's language."""

from datetime import datetime, tzinfo
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time, get_timezone_name
from flask import has_request_context, request

_LOCALES: Final = {"en": "en_GB", "sv": "sv_SE", "nb": "nb_NO", "da": "da_DK", "fi": "fi_FI"}
_PAGE_LANGUAGE: Final = "en"


def reader_locale() -> str:
    """How the reader writes dates: what the browser prefers among our five languages."""
    found = None
    if has_request_context():
        found = request.accept_languages.best_match([*_LOCALES, "no"])
    return _LOCALES.get("nb" if found == "no" else found or _PAGE_LANGUAGE, "en_GB")


def moment(
    at: datetime, zone: tzinfo, *, now: datetime, locale: str, names_zone: bool = False
) -> str:
    """The day and the time to the minute; the year only when it is not the present one.

    `names_zone` adds CET or the like, for pages on which moments of several zones meet.
    """
    local = at.astimezone(zone)
    skeleton = "MMMd" if local.year == now.astimezone(zone).year else "yMMMd"
    name = f" {_zone_name(local, locale=locale)}" if names_zone else ""
    day = format_skeleton(skeleton, local, locale=locale)
    return f"{day}, {clock(at, zone, locale=locale)}{name}"


def clock(at: datetime, zone: tzinfo, *, locale: str) -> str:
    """The time of day to the minute, 24 hours."""
    pattern = "HH.mm" if locale in ("fi_FI", "da_DK") else "HH:mm"
    return str(format_time(at.astimezone(zone), pattern, locale=locale))


def full_moment(at: datetime, zone: tzinfo, *, locale: str) -> str:
    """The moment with weekday, year and zone, shown on pointing at it."""
    local = at.astimezone(zone)
    name = _zone_name(local, locale=locale)
    date = format_date(local, "full", locale=locale)
    return f"{date}, {clock(at, zone, locale=locale)} {name}"


def _zone_name(local: datetime, *, locale: str) -> str:
    return str(get_timezone_name(local, width="short", locale=locale))


def day(at: datetime, zone: tzinfo, *, locale: str) -> str:
    """The day with its year."""
    return str(format_skeleton("yMMMd", at.astimezone(zone), locale=locale))


def length(seconds: float) -> str:
    """Minutes and seconds as a player shows them: 0:07, 12:30."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def spoken_length(seconds: float) -> str:
    """The same for ears: 7 seconds, 12 minutes 30 seconds."""
    minutes, rest = divmod(round(seconds), 60)
    parts = [(minutes, "minute"), (rest, "second")]
    said = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in parts if n or word == "second"]
    return " ".join(said[:1] if minutes and not rest else said)


def language_name(tag: str) -> str:
    """Finnish for fi; the tag itself when nobody knows it."""
    try:
        name = Locale.parse(tag.replace("-", "_")).get_language_name(_PAGE_LANGUAGE)
    except (ValueError, LookupError):
        name = None
    return name or tag
