"""What callers of a mailbox hear, frozen, and its form as a stored JSON document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.campaign_rules import LegalBasis
from config.phrases import Phrase, known_phrases
from storage.listening_words import Purpose


@dataclass(frozen=True, slots=True)
class MailboxScript:
    """A mailbox with every sentence filled in; phrases that need a survey are not among them."""

    mailbox: str
    organisation: str
    language: str
    greeting: str
    phrases: Mapping[Phrase, str]
    max_seconds: int = 180
    review: bool = True
    tries: int = 3
    gather_seconds: int = 5
    silence_seconds: int = 6


def mailbox_to_document(script: MailboxScript) -> dict[str, Any]:
    """A JSON object with everything of the script; `mailbox_from_document` is its inverse."""
    return {
        "mailbox": script.mailbox,
        "organisation": script.organisation,
        "language": script.language,
        "greeting": script.greeting,
        "phrases": {phrase.value: text for phrase, text in script.phrases.items()},
        "max_seconds": script.max_seconds,
        "review": script.review,
        "tries": script.tries,
        "gather_seconds": script.gather_seconds,
        "silence_seconds": script.silence_seconds,
    }


def notice_to_document(script: MailboxScript, legal_basis: LegalBasis) -> dict[str, Any]:
    """A JSON object of what is said before the tone, with the ground and the purpose of keeping."""
    return {
        "language": script.language,
        "text": script.phrases[Phrase.MAILBOX_NOTICE],
        "legal_basis": legal_basis.value,
        "purpose": Purpose.MESSAGE.value,
    }


def mailbox_from_document(document: Mapping[str, Any]) -> MailboxScript:
    """The script; raises KeyError or ValueError for a document that is none.

    A phrase that was heard once and that no call says any more is left out.
    """
    return MailboxScript(
        mailbox=document["mailbox"],
        organisation=document["organisation"],
        language=document["language"],
        greeting=document["greeting"],
        phrases=known_phrases(document["phrases"]),
        max_seconds=document["max_seconds"],
        review=document["review"],
        tries=document["tries"],
        gather_seconds=document["gather_seconds"],
        silence_seconds=document["silence_seconds"],
    )
