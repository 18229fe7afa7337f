"""Days as a voice says them in five languages: what stands for `{day}` in a phrase."""

from collections.abc import Mapping
from datetime import date
from typing import Final

_MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "sv": (
        *("januari", "februari", "mars", "april", "maj", "juni"),
        *("juli", "augusti", "september", "oktober", "november", "december"),
    ),
    "nb": (
        *("januar", "februar", "mars", "april", "mai", "juni"),
        *("juli", "august", "september", "oktober", "november", "desember"),
    ),
    "da": (
        *("januar", "februar", "marts", "april", "maj", "juni"),
        *("juli", "august", "september", "oktober", "november", "december"),
    ),
    "fi": (
        *("tammikuuta", "helmikuuta", "maaliskuuta", "huhtikuuta", "toukokuuta", "kesäkuuta"),
        *("heinäkuuta", "elokuuta", "syyskuuta", "lokakuuta", "marraskuuta", "joulukuuta"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
# The dot makes it an ordinal, which is how it is read aloud.
_ORDINAL: Final = frozenset({"nb", "da", "fi"})


def day_in_words(day: date, language: str) -> str:
    """`9 mars 2026`, `9. maaliskuuta 2026`, `9 March 2026`."""
    dot = "." if language in _ORDINAL else ""
    return f"{day.day}{dot} {_MONTHS[language][day.month - 1]} {day.year}"
