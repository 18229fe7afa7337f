"""Steps as the provider's XML; the only file that knows it.

Every attribute is written out, every address is absolute, and only the verbs that all supported
providers share are used.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import Final
from urllib.parse import quote_plus

from config.providers import ProviderProfile
from ivr.addresses import CallAddresses
from ivr.steps import Gather, Hangup, Play, Record, Redirect, Reject, Say, Step, Waiting

CONTENT_TYPE: Final = "text/xml; charset=utf-8"
MOST_CHARACTERS: Final = 3000
MOST_ENCODED_BYTES: Final = 4500
# Encoded bytes that one character can take: four of UTF-8, three letters for each.
_MOST_OF_ONE: Final = 12
# What XML 1.0 cannot carry, and halves of characters that no encoding can.
_UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SENTENCE_ENDS: Final = re.compile(r"(?<=[.!?…:;])\s+")
_LOCALES: Final[Mapping[str, str]] = {
    "sv": "sv-SE",
    "nb": "nb-NO",
    "da": "da-DK",
    "fi": "fi-FI",
    "en": "en-GB",
}
_NEURAL: Final[Mapping[str, str]] = {
    "sv": "Polly.Elin-Neural",
    "nb": "Polly.Ida-Neural",
    "da": "Polly.Sofie-Neural",
    "fi": "Polly.Suvi-Neural",
    "en": "Polly.Amy-Neural",
}
# Somleng looks voices up by name and has the older ones.
_STANDARD: Final[Mapping[str, str]] = {
    "sv": "Polly.Astrid",
    "nb": "Polly.Liv",
    "da": "Polly.Naja",
    "fi": "Polly.Suvi-Neural",
    "en": "Polly.Amy",
}
VOICES: Final[Mapping[ProviderProfile, Mapping[str, str]]] = {
    ProviderProfile.TWILIO: _NEURAL,
    ProviderProfile.SIGNALWIRE: _NEURAL,
    ProviderProfile.SOMLENG: _STANDARD,
}


def render(
    steps: tuple[Step, ...],
    *,
    urls: CallAddresses,
    profile: ProviderProfile = ProviderProfile.TWILIO,
) -> str:
    """The document as text; well-formed whatever the texts hold.

    Written straight down: the provider's own builder makes one tree, then another, then the text,
    which takes as long as two statements of the database. A test holds the two alike.
    """
    said = "".join(_verb(step, urls, profile) for step in steps)
    return f'<?xml version="1.0" encoding="UTF-8"?><Response>{said}</Response>'


def _verb(step: Step, urls: CallAddresses, profile: ProviderProfile) -> str:
    match step:
        case Say():
            return "".join(
                _element(
                    "Say",
                    escape(part, quote=False),
                    language=_LOCALES[step.language],
                    loop=1,
                    voice=VOICES[profile][step.language],
                )
                for part in spoken_parts(step.text)
            )
        case Play():
            return _element("Play", escape(urls.hear(step.visit)), loop=1)
        case Gather():
            return _element(
                "Gather",
                "".join(_verb(child, urls, profile) for child in step.children),
                action=urls.turn(step.visit, Waiting.KEYS),
                finishOnKey=step.finish_on_key,
                input="dtmf",
                method="POST",
                numDigits=step.num_digits,
                timeout=step.timeout_seconds,
            )
        case Record():
            return _element(
                "Record",
                action=urls.turn(step.visit, Waiting.RECORDED),
                finishOnKey=step.finish_on_key,
                maxLength=step.max_seconds,
                method="POST",
                playBeep="true",
                recordingStatusCallback=urls.recording(step.visit),
                recordingStatusCallbackEvent="completed absent",
                recordingStatusCallbackMethod="POST",
                timeout=step.silence_seconds,
                trim="do-not-trim",
            )
        case Redirect():
            address = escape(urls.turn(step.visit, step.kind))
            return _element("Redirect", address, method="POST")
        case Reject():
            return _element("Reject", reason="rejected")
        case Hangup():
            return "<Hangup/>"


def _element(name: str, content: str = "", **attributes: str | int) -> str:
    """An element as the provider spells it; `content` is XML already."""
    written = "".join(f' {key}="{escape(str(value))}"' for key, value in attributes.items())
    return f"<{name}{written}>{content}</{name}>"


def spoken_parts(text: str) -> Iterator[str]:
    """The text without what XML cannot carry, in parts that every provider can speak."""
    clean = _UNSPEAKABLE.sub("", text).strip()
    if not clean:
        return
    if _fits(clean):
        yield clean
        return
    part = ""
    for piece in _pieces(clean):
        joined = f"{part} {piece}" if part else piece
        if _fits(joined):
            part = joined
            continue
        if part:
            yield part
        part = piece
    yield part


def _pieces(text: str) -> Iterator[str]:
    """Sentences; words of a sentence that is too long; letters of a word that is too long."""
    for sentence in _SENTENCE_ENDS.split(text):
        if _fits(sentence):
            yield sentence
            continue
        for word in sentence.split():
            if _fits(word):
                yield word
                continue
            for at in range(0, len(word), MOST_ENCODED_BYTES // _MOST_OF_ONE):
                yield word[at : at + MOST_ENCODED_BYTES // _MOST_OF_ONE]


def _fits(text: str) -> bool:
    if len(text) <= MOST_ENCODED_BYTES // _MOST_OF_ONE:
        return True
    return len(text) <= MOST_CHARACTERS and len(quote_plus(text)) <= MOST_ENCODED_BYTES
