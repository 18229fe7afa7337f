"""What to look for when somebody is looked for: every way in which a name or number is written.

A number is written with and without the code of its country, and with blanks and hyphens anywhere;
a name or an address in small and capital letters. Numbers, addresses and cases also have a
keyed hash, and a name under which rows know them.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Final
from uuid import UUID
from xml.sax.saxutils import escape

import phonenumbers
from phonenumbers import PhoneNumberFormat
from sqlalchemy import select

from storage import case_references, sign_in_names
from storage.house import House
from storage.lookup_names import THE_HOUSE
from storage.tables import Organisation

# What people write between the digits of a number; the last two are a hard blank and hyphen.
_BETWEEN: Final = rb"(?:[ ./()-]|\xc2\xa0|\xe2\x80\x91){0,3}"
_ALL_BETWEEN: Final = b" ./()-\xc2\xa0\xe2\x80\x91"
# Letters whose case a file's bytes do not tell by themselves; more of them are not mixed at will.
_MIXED: Final = 5
_LONGEST_NUMBER: Final = 200


@dataclass(frozen=True, slots=True)
class Hay:
    """Bytes in which something is looked for, and what is made of them once for all that is."""

    data: bytes
    # With small ASCII letters.
    small: bytes
    # Without what people write between digits: where these do not lie, the number does not.
    bare: bytes

    @classmethod
    def of(cls, data: bytes) -> "Hay":
        """These bytes, ready to be looked through."""
        return cls(data, data.lower(), data.translate(None, _ALL_BETWEEN))


@dataclass(frozen=True, slots=True)
class Needle:
    """Something to look for, under the name by which it is reported.

    `texts` are found as they are, `folded` in capital and small letters alike, `numbers` by their
    digits with whatever stands between them.
    """

    name: str
    texts: tuple[bytes, ...]
    folded: tuple[bytes, ...] = ()
    numbers: tuple[tuple[bytes, re.Pattern[bytes]], ...] = ()

    @property
    def longest(self) -> int:
        """How many bytes what is looked for may take."""
        written = [len(one) for one in (*self.texts, *self.folded)]
        return max([*written, *(_LONGEST_NUMBER for _ in self.numbers)], default=1)

    def lies_in(self, hay: Hay) -> bool:
        """Whether it lies in these bytes."""
        return (
            any(sought in hay.data for sought in self.texts)
            or any(sought in hay.small for sought in self.folded)
            or any(
                digits in hay.bare and number.search(hay.data) is not None
                for digits, number in self.numbers
            )
        )


def needle(house: House, name: str, wanted: str) -> Iterator[Needle]:
    """The text in every way it may be written, and under each organisation's hashes of it."""
    with house.database.reading() as session:
        found = session.execute(select(Organisation.id, Organisation.country)).all()
    countries = {country for _, country in found}
    numbers = list(_numbers(wanted, countries))
    digits = {str(phonenumbers.national_significant_number(one)) for one in numbers}
    patterns = tuple(
        (one.encode(), re.compile(_BETWEEN.join(map(str.encode, one)))) for one in sorted(digits)
    )
    yield Needle(name, (), tuple(sorted(set(_bytes_of(wanted)))), patterns)
    hashes = tuple(_hashes(house, [one for one, _ in found], wanted, numbers))
    if hashes:
        yield Needle(f"{name} (hash)", hashes)


def _numbers(wanted: str, countries: Iterable[str]) -> Iterator[Any]:
    """The telephone numbers that somebody in one of these countries may mean."""
    for country in sorted(countries):
        try:
            number = phonenumbers.parse(wanted, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            yield number


def _hashes(
    house: House, organisations: Iterable[UUID], wanted: str, numbers: Iterable[Any]
) -> Iterator[bytes]:
    phones = {str(phonenumbers.format_number(one, PhoneNumberFormat.E164)) for one in numbers}
    kinds = {
        "phone": {wanted, *phones},
        "email": {wanted, wanted.lower()},
        case_references.HASHED_AS: {wanted, wanted.upper(), wanted.lower()},
    }
    for organisation in organisations:
        for kind, values in kinds.items():
            found_by = house.keyring.keyed_hashes(organisation, kind, sorted(values))
            yield from found_by
            yield from house.keyring.names.known(organisation, found_by).values()
    signs_in = sign_in_names.found_by(house.keyring, wanted)
    yield signs_in
    yield from house.keyring.names.known(THE_HOUSE, [signs_in]).values()


def _bytes_of(text: str) -> Iterator[bytes]:
    """The bytes of a text as files hold it, with ASCII letters small: as plain text, JSON, XML."""
    for spelled in _cases(text):
        for coded in {spelled, json.dumps(spelled)[1:-1], escape(spelled)}:
            yield coded.encode().lower()


def _cases(text: str) -> set[str]:
    others = [one for one in text if not one.isascii() and one.lower() != one.upper()]
    if len(others) > _MIXED:
        return {text, text.lower(), text.upper(), text.title()}
    choices = [sorted({one.lower(), one.upper()}) if not one.isascii() else [one] for one in text]
    return {"".join(spelled) for spelled in product(*choices)}
