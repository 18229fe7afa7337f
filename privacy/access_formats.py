"""Periods and codes of countries and languages, as the page of a package writes them."""

from typing import Final

from babel import Locale

from config.periods import parse_period
from config.spoken_periods import period_alone

_PERIODS: Final = frozenset({"keep", "ceiling"})


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
