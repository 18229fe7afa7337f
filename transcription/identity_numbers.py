"""Which number is it? Checksums and calendars of the numbers a caller may read aloud.

These only name the kind of a number. Whether it is hidden is decided by its length alone, because
one misheard digit breaks every checksum and the number is a person's all the same.
"""

from calendar import monthrange
from enum import StrEnum
from typing import Final

import phonenumbers


class NumberKind(StrEnum):
    """What was hidden."""

    IDENTITY = "identity"
    CARD = "card"
    PHONE = "phone"
    NUMBER = "number"


_REGIONS: Final = {"sv": "SE", "nb": "NO", "da": "DK", "fi": "FI", "en": "GB"}
_HETU_SIGNS: Final = "+-ABCDEFUVWXY"
_HETU_CONTROL: Final = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_NORWEGIAN_WEIGHTS: Final = ((3, 7, 6, 1, 8, 9, 4, 5, 2), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2))


def kind_of(digits: str, *, language: str | None, international: bool = False) -> NumberKind:
    """The likeliest kind of a string of digits; `international` when a plus stood before it."""
    if international:
        return NumberKind.PHONE
    if is_swedish_identity(digits) or is_norwegian_identity(digits):
        return NumberKind.IDENTITY
    if language == "da" and is_danish_identity(digits):
        return NumberKind.IDENTITY
    if 13 <= len(digits) <= 19 and digits[0] in "23456" and passes_luhn(digits):
        return NumberKind.CARD
    return NumberKind.PHONE if _is_phone(digits, language=language) else NumberKind.NUMBER


def passes_luhn(digits: str) -> bool:
    """The checksum of payment cards and of Swedish identity numbers."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def is_swedish_identity(digits: str) -> bool:
    """A personnummer or samordningsnummer (day + 60), with or without its century."""
    if len(digits) == 12 and digits[:2] in ("18", "19", "20"):
        digits = digits[2:]
    if len(digits) != 10:
        return False
    day = int(digits[4:6])
    day -= 60 if day > 60 else 0
    return _is_day(day, int(digits[2:4])) and passes_luhn(digits)


def is_norwegian_identity(digits: str) -> bool:
    """A fødselsnummer, a D-nummer (day + 40) or an auxiliary number (month + 40), checked."""
    if len(digits) != 11:
        return False
    day, month = int(digits[:2]), int(digits[2:4])
    if not _is_day(day - 40 if day > 40 else day, month - 40 if month > 40 else month):
        return False
    for weights in _NORWEGIAN_WEIGHTS:
        place = len(weights)
        total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
        if (11 - total % 11) % 11 != int(digits[place]):
            return False
    return True


def is_danish_identity(digits: str) -> bool:
    """A CPR number. Its checksum has been given up since 2007, so the day must do."""
    return len(digits) == 10 and _is_day(int(digits[:2]), int(digits[2:4]))


def is_finnish_identity(text: str) -> bool:
    """A henkilötunnus as written, 131052-308T, with its century sign and control character."""
    text = text.upper()
    if len(text) != 11 or text[6] not in _HETU_SIGNS:
        return False
    digits = text[:6] + text[7:10]
    if not (digits.isascii() and digits.isdigit()):
        return False
    if not _is_day(int(text[:2]), int(text[2:4])):
        return False
    return text[10] == _HETU_CONTROL[int(digits) % 31]


def _is_day(day: int, month: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= monthrange(2000, month)[1]


def _is_phone(digits: str, *, language: str | None) -> bool:
    if digits.startswith("0") and 6 <= len(digits) <= 13:
        return True
    regions = [_REGIONS[language]] if language in _REGIONS else list(_REGIONS.values())
    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(digits, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False
