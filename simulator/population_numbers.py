"""Telephone numbers of people who do not exist, and the way back from a number to its person.

Sweden keeps numbers free for books and films; those come first. Norway, Denmark and Finland keep
none, and Sweden's run out after a few hundred people, so the rest are numbers of a valid form from
blocks that the numbering tables give to no operator. None of them belongs to anybody today, but
only the simulator should ever ring them.
"""

from dataclasses import dataclass
from typing import Final

LARGEST_POPULATION: Final = 600_000


@dataclass(frozen=True, slots=True)
class _Block:
    """Consecutive numbers: E.164 from `first` on, `size` of them."""

    first: int
    size: int


_SWEDEN: Final = (
    # 070-174 06 05 to 99 are kept for fiction; 05 to 09 are left to the phone lab, and those of
    # Stockholm (08-465 004 00 to 99) to the service itself.
    _Block(46_70_1740610, 90),
    _Block(46_31_3900600, 100),  # Gothenburg, fiction
    _Block(46_40_6280400, 100),  # Malmö, fiction
    _Block(46_980_319200, 100),  # Kiruna, fiction
    _Block(46_78_5000000, 1_000_000),  # no operator
)
_NORWAY: Final = (_Block(47_48700000, 100_000),)  # no operator
_DENMARK: Final = (_Block(45_49500000, 100_000),)  # no operator
_FINLAND: Final = (_Block(358_48_0000000, 1_000_000),)  # no operator

# Twenty people in a row, repeated: the mix of languages of a Nordic company. Those who prefer
# English live in Sweden.
# fmt: off
_LOCALES: Final = (
    "sv", "nb", "sv", "da", "sv", "fi", "sv", "en", "sv", "nb",
    "sv", "da", "sv", "fi", "sv", "en", "sv", "nb", "da", "fi",
)
# fmt: on
_COUNTRY: Final = {"sv": _SWEDEN, "en": _SWEDEN, "nb": _NORWAY, "da": _DENMARK, "fi": _FINLAND}
_COUNTRIES: Final = (_SWEDEN, _NORWAY, _DENMARK, _FINLAND)
_ISO: Final = {"sv": "SE", "en": "SE", "nb": "NO", "da": "DK", "fi": "FI"}
COUNTRIES: Final = ("SE", "NO", "DK", "FI")


def locale_of(index: int) -> str:
    """The language of person `index`, counted from 0: sv, nb, da, fi or en."""
    return _LOCALES[index % len(_LOCALES)]


def country_of(index: int) -> str:
    """The country of person `index` and of their number: SE, NO, DK or FI."""
    return _ISO[locale_of(index)]


def number_of(index: int) -> str:
    """The E.164 number of person `index`; everybody has another one."""
    if not 0 <= index < LARGEST_POPULATION:
        raise ValueError(f"There are people 0 to {LARGEST_POPULATION - 1}, and no number {index}.")
    country = _COUNTRY[locale_of(index)]
    places = _places(country)
    round_, place = divmod(index, len(_LOCALES))
    rank = round_ * len(places) + places.index(place)
    for block in country:
        if rank < block.size:
            return f"+{block.first + rank}"
        rank -= block.size
    raise AssertionError("the blocks are larger than the largest population")


def index_of(number: str) -> int | None:
    """The person that E.164 number belongs to, or None when it is nobody's."""
    if not number.startswith("+") or not number[1:].isascii() or not number[1:].isdigit():
        return None
    value = int(number[1:])
    for country in _COUNTRIES:
        before = 0
        for block in country:
            if block.first <= value < block.first + block.size:
                places = _places(country)
                round_, nth = divmod(before + value - block.first, len(places))
                index = round_ * len(_LOCALES) + places[nth]
                return index if index < LARGEST_POPULATION else None
            before += block.size
    return None


def _places(country: tuple[_Block, ...]) -> list[int]:
    return [place for place, locale in enumerate(_LOCALES) if _COUNTRY[locale] is country]
