"""What is said when there is no conversation to speak for itself: an error, an unknown call."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from config.phrases import Phrase
from config.prompt_store import prompts_of
from ivr.steps import Hangup, Say, Step

DEFAULT_LANGUAGE: Final = "en"
_LANGUAGE_OF: Final[Mapping[str, str]] = {"46": "sv", "47": "nb", "45": "da", "358": "fi"}
# Spoken when even the operator's phrases cannot be read.
_WITHOUT_PROMPTS: Final[Mapping[Phrase, str]] = {
    Phrase.TECHNICAL_ERROR: "Sorry, something went wrong here. We end the call now. Goodbye.",
    Phrase.ALREADY_OVER: "There are no more questions. Thank you, and goodbye.",
}


def last_words(
    phrase: Phrase, *, language: str | None, config_dir: Path, country: str = ""
) -> tuple[Step, ...]:
    """The phrase and the end of the call, in that language or the one guessed by country code."""
    spoken = language or guessed_language(country) or DEFAULT_LANGUAGE
    prompts = prompts_of(config_dir)
    if spoken not in prompts:
        spoken = DEFAULT_LANGUAGE
    text = prompts.get(spoken, _WITHOUT_PROMPTS)[phrase]
    return (Say(text, spoken), Hangup())


def guessed_language(number: str | None) -> str | None:
    """The language of the country that a number begins with, with or without its plus."""
    digits = (number or "").removeprefix("+")
    found = (tag for code, tag in _LANGUAGE_OF.items() if digits.startswith(code))
    return next(found, None)
