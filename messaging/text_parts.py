"""A text message as such: in how many parts it travels, each of which is paid, and its wording."""

from hashlib import sha256
from typing import Final

# The letters of the GSM 03.38 alphabet, and those that take two places in it.
_PLAIN: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_DOUBLE: Final = frozenset("^{}\\[~]|€\f")
# Alone, and each of several, which lose places to say in which order they belong.
_GSM_ALONE, _GSM_EACH = 160, 153
_UCS_ALONE, _UCS_EACH = 70, 67
LONGEST: Final = 1_600
"""No message has more letters than that."""


def parts_of(text: str) -> int:
    """How many parts the text takes: one letter outside the small alphabet more than doubles it.

    A letter of two places is never cut in half, so a part may have one place left over.
    """
    if all(letter in _PLAIN or letter in _DOUBLE for letter in text):
        sizes = [2 if letter in _DOUBLE else 1 for letter in text]
        return _packed(sizes, alone=_GSM_ALONE, each=_GSM_EACH)
    sizes = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
    return _packed(sizes, alone=_UCS_ALONE, each=_UCS_EACH)


def fingerprint(wording: str) -> str:
    """By what a wording is known again, before names and numbers are filled in."""
    return sha256(wording.encode()).hexdigest()


def _packed(sizes: list[int], *, alone: int, each: int) -> int:
    if sum(sizes) <= alone:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > each:
            count, used = count + 1, 0
        used += size
    return count
