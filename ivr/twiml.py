"""Steps as the provider's XML; the only file that knows it.

Every attribute is written out, every address is absolute, and only the verbs that all supported
providers share are used.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import quote_plus

from twilio.twiml.voice_response import Gather as GatherVerb
from twilio.twiml.voice_response import VoiceResponse

from config.providers import ProviderProfile
from ivr.addresses import CallAddresses
from ivr.steps import Gather, Hangup, Play, Record, Redirect, Reject, Say, Step, Waiting

CONTENT_TYPE: Final = "text/xml; charset=utf-8"
MOST_CHARACTERS: Final = 3000
MOST_ENCODED_BYTES: Final = 4500
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
    """The document as text; well-formed whatever the texts hold."""
    document = VoiceResponse()
    for step in steps:
        _add(document, step, urls, profile)
    return str(document)


def _add(
    document: VoiceResponse, step: Step, urls: CallAddresses, profile: ProviderProfile
) -> None:
    if isinstance(step, Say | Play):
        _sound(document, step, urls, profile)
    elif isinstance(step, Gather):
        gather = GatherVerb(
            input="dtmf",
            action=urls.turn(step.visit, Waiting.KEYS),
            method="POST",
            num_digits=step.num_digits,
            finish_on_key=step.finish_on_key,
            timeout=step.timeout_seconds,
        )
        for child in step.children:
            _sound(gather, child, urls, profile)
        document.append(gather)
    elif isinstance(step, Record):
        document.record(
            action=urls.turn(step.visit, Waiting.RECORDED),
            method="POST",
            timeout=step.silence_seconds,
            finish_on_key=step.finish_on_key,
            max_length=step.max_seconds,
            play_beep=True,
            trim="do-not-trim",
            recording_status_callback=urls.recording(step.visit),
            recording_status_callback_method="POST",
            recording_status_callback_event="completed absent",
        )
    elif isinstance(step, Redirect):
        document.redirect(urls.turn(step.visit, step.kind), method="POST")
    elif isinstance(step, Reject):
        document.reject(reason="rejected")
    elif isinstance(step, Hangup):
        document.hangup()


def _sound(
    into: "VoiceResponse | GatherVerb",
    step: Say | Play,
    urls: CallAddresses,
    profile: ProviderProfile,
) -> None:
    if isinstance(step, Play):
        into.play(urls.hear(step.visit), loop=1)
        return
    for part in spoken_parts(step.text):
        into.say(
            part, language=_LOCALES[step.language], voice=VOICES[profile][step.language], loop=1
        )


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
            # Twelve encoded bytes is the most that one character can take.
            for at in range(0, len(word), MOST_ENCODED_BYTES // 12):
                yield word[at : at + MOST_ENCODED_BYTES // 12]


def _fits(text: str) -> bool:
    return len(text) <= MOST_CHARACTERS and len(quote_plus(text)) <= MOST_ENCODED_BYTES
