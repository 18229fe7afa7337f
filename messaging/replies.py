"""What we answer to a text message, in the language of the person or of the organisation."""

import re
from collections.abc import Mapping
from typing import Any, Final

from twilio.twiml.messaging_response import MessagingResponse

from config.organisation_file import StopCovers
from config.phrases import Phrase
from config.prompt_store import prompts_of
from config.wording import fill
from messaging.words import speaks_of_calls
from storage.house import house
from storage.states import TextWord
from storage.tables import Organisation
from survey.permission import Method

CONTENT_TYPE: Final = "text/xml; charset=utf-8"
DEFAULT_LANGUAGE: Final = "en"
_PHRASE: Final[Mapping[TextWord, Phrase]] = {
    TextWord.STOP: Phrase.TEXT_STOPPED,
    TextWord.START: Phrase.TEXT_STARTED,
    TextWord.HELP: Phrase.TEXT_HELP,
    TextWord.OTHER: Phrase.TEXT_OTHER,
}
# What XML 1.0 cannot carry, and halves of characters that no encoding can.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def covered(organisation: Organisation, body: str) -> Method:
    """What a STOP in these words ends for the people of this organisation, and a START opens."""
    covers = StopCovers(organisation.document.get("stop_word_covers", StopCovers.ALL))
    everything = covers is StopCovers.ALL or speaks_of_calls(body)
    return Method.ALL if everything else Method.SMS


def phrase_of(word: TextWord, covers: Method) -> Phrase:
    """What is answered to a word where a STOP ends that much."""
    if word is TextWord.STOP and covers is Method.SMS:
        return Phrase.TEXT_STOPPED_SMS
    return _PHRASE[word]


def text_for(phrase: Phrase, organisation: Organisation, *, locale: str | None) -> str | None:
    """The answer; None when the operator's phrases cannot be read, and then none is sent."""
    document = organisation.document
    spoken: list[str] = document.get("languages") or [DEFAULT_LANGUAGE]
    language = locale if locale is not None and locale in spoken else spoken[0]
    wording = prompts_of(house().settings.config_dir).get(language, {}).get(phrase)
    if wording is None:
        return None
    said = {
        "organisation": document.get("spoken_name", {}).get(language, organisation.name),
        "contact": _contact(document.get("contact", {})),
    }
    return fill(wording, said)


def document(text: str | None) -> str:
    """The provider's XML: one message, or nothing to send."""
    response = MessagingResponse()
    if text is not None:
        response.message(_UNWRITABLE.sub("", text))
    return str(response)


def _contact(contact: Mapping[str, Any]) -> str:
    ways = (contact.get("phone"), contact.get("privacy_email"))
    return ", ".join(str(way) for way in ways if way)
