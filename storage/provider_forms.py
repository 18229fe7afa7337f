"""What every form of the provider has in common, whichever room it is meant for.

A missing field and an empty one are the same. Identifiers are opaque words of at most 128
characters.
"""

import re
from collections.abc import Mapping
from typing import Final

Form = Mapping[str, str]

SID: Final = re.compile(r"[A-Za-z0-9:._~=+-]{1,128}")
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{4,14}")
_KEYPAD: Final = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")
# What some exchanges send for a hidden number: a word as it is typed on a keypad.
_HIDDEN: Final = frozenset(
    "+" + word.translate(_KEYPAD)
    for word in ("ANONYMOUS", "BLOCKED", "PRIVATE", "RESTRICTED", "UNAVAILABLE", "UNKNOWN")
)


class BadEventError(ValueError):
    """A webhook's form cannot be read; the text names the field and never its value."""


def sid_of(form: Form, name: str) -> str:
    """The provider's name for a thing; raises BadEventError when there is none."""
    text = form.get(name, "")
    if not SID.fullmatch(text):
        raise BadEventError(f"{name} is missing or no identifier of at most 128 characters")
    return text


def number_of(form: Form, name: str) -> str | None:
    """A number in international form; None for a hidden or unreadable one."""
    text = form.get(name, "")
    # A plus that was not encoded arrives as a blank.
    text = "+" + text[1:] if text.startswith(" ") else text
    return text if _NUMBER.fullmatch(text) and text not in _HIDDEN else None
