"""Sentences with placeholders: finding them, checking them, filling them."""

import re
from collections.abc import Collection, Mapping
from typing import Final

from config.phrases import PLACEHOLDERS, Phrase

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")

# Left out, these would leave people without what they must be told, or without a key to press.
REQUIRED: Final[Mapping[Phrase, frozenset[str]]] = {
    phrase: PLACEHOLDERS[phrase]
    for phrase in (
        Phrase.OPENING,
        Phrase.OPENING_RESUMED,
        Phrase.OPENING_CALLED_US,
        Phrase.OPENING_CALLED_US_RESUMED,
        Phrase.LANGUAGE_NAME_KEY,
        Phrase.CHOICE_KEY,
        Phrase.COMMENT_NOTICE,
        Phrase.RECEIPT_CODE,
        Phrase.NUMBER_EXPLAINED,
        Phrase.LINE_EXPLAINED,
        Phrase.LAST_TRIED,
        Phrase.KEPT_INTRODUCED,
        Phrase.KEPT_CONTACT,
        Phrase.KEPT_ANSWERS,
        Phrase.KEPT_COMMENT,
        Phrase.DELETION_NOTED,
        Phrase.MAILBOX_NOTICE,
        Phrase.TEXT_CALL_BACK,
        Phrase.TEXT_RECEIPT_CODE,
        Phrase.TEXT_STOPPED,
        Phrase.TEXT_STOPPED_SMS,
        Phrase.TEXT_STARTED,
        Phrase.TEXT_STARTED_PARTLY,
        Phrase.TEXT_HELP,
        Phrase.TEXT_OTHER,
    )
}


def placeholder_fault(
    text: str, *, allowed: Collection[str], required: Collection[str] = ()
) -> str | None:
    """What is wrong with the placeholders of a sentence and what is right; None if nothing is."""
    used = set(_PLACEHOLDER.findall(text))
    may = ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "none"
    rest = _PLACEHOLDER.sub("", text)
    if "{" in rest or "}" in rest:
        return f"has a brace that belongs to no placeholder; placeholders here: {may}"
    unknown = sorted(used - set(allowed))
    if unknown:
        return f"uses {{{unknown[0]}}}, which is not filled in here; placeholders here: {may}"
    missing = sorted(set(required) - used)
    if missing:
        return f"leaves out {{{missing[0]}}}, which people must hear or read"
    return None


def fill(text: str, values: Mapping[str, str]) -> str:
    """The sentence with the given placeholders filled in; others stay as they are."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def names_number(text: str, number: int) -> bool:
    """Whether a sentence says a number in digits, on its own."""
    return re.search(rf"(?<![0-9]){number}(?![0-9])", text) is not None
