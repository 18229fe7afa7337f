"""Say, Play and Pause: turns verbs into what a person hears."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final
from urllib.parse import urljoin, urlsplit

import soundfile

from simulator import twiml
from simulator.courier import DeliveryError
from simulator.handset import Heard, Sound, Utterance
from simulator.journal import Kind
from simulator.leg import Leg
from simulator.twiml import Verb

ENDLESS: Final = 1000
_LETTERS_PER_SECOND: Final = 14
_AUDIO_TYPES: Final = frozenset(
    {
        "audio/mpeg",
        "audio/wav",
        "audio/wave",
        "audio/x-wav",
        "audio/aiff",
        "audio/x-aiff",
        "audio/x-aifc",
        "audio/x-gsm",
        "audio/gsm",
        "audio/ulaw",
    }
)


class DocumentError(Exception):
    """The document cannot be had or gone on with; the fallback is asked next."""

    def __init__(self, code: int, message: str, *, url: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.url = url


def absolute(url: str, *, base: str | None, code: int = 11100) -> str:
    """`url` resolved against the document's own address. Raises `DocumentError`."""
    resolved = url if base is None else urljoin(base.partition("#")[0], url.strip())
    parts = urlsplit(resolved)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise DocumentError(code, f"not an absolute address: {url!r}")
    return resolved


def sound_out(leg: Leg, verb: Verb, *, base: str | None, interruptible: bool) -> Heard | None:
    """Let the person hear the verb. The answer is the key that stopped it, or None."""
    for utterance in _utterances(leg, verb, base=base, interruptible=interruptible):
        heard = leg.hear(utterance)
        if heard.key:
            return heard
    return None


def speech_seconds(text: str) -> float:
    """An estimate of how long it takes to say."""
    return round(max(0.6, len(text) / _LETTERS_PER_SECOND), 2)


def _utterances(
    leg: Leg, verb: Verb, *, base: str | None, interruptible: bool
) -> Iterator[Utterance]:
    if verb.name == "Pause":
        yield Utterance(Sound.PAUSE, verb.whole("length", 1), interruptible=interruptible)
        return
    times = verb.whole("loop", 1) or ENDLESS
    if verb.name == "Say":
        utterance = _said(leg, verb, interruptible)
    else:
        digits = verb.attributes.get("digits", "")
        if digits:
            yield Utterance(Sound.TONES, 0.5 * len(digits), text=digits)
        utterance = _played(leg, verb, base, interruptible) if verb.text else None
    if utterance is not None:
        for _ in range(times):
            yield utterance


def _said(leg: Leg, verb: Verb, interruptible: bool) -> Utterance | None:
    problem = twiml.speech_problem(verb)
    if problem is not None:
        leg.note(Kind.WARNING, code=problem.code, message=problem.message)
        return None
    voice = verb.attributes.get("voice", "man")
    language = verb.attributes.get("language", "")
    return Utterance(
        Sound.SAY,
        speech_seconds(verb.text),
        text=verb.text,
        language=language or _language_of(voice),
        voice=voice,
        interruptible=interruptible,
    )


def _language_of(voice: str) -> str:
    """Google's voice names begin with their language; the other named ones do not tell."""
    if voice.startswith("Google."):
        return "-".join(voice.removeprefix("Google.").split("-")[:2])
    return "" if voice.startswith("Polly.") else "en-US"


def _played(leg: Leg, verb: Verb, base: str | None, interruptible: bool) -> Utterance | None:
    url = absolute(verb.text, base=base)
    try:
        reply = leg.plant.dispatch.fetch_media(url)
    except DeliveryError as fault:
        leg.note(
            Kind.ERROR, code=fault.code, message=f"<Play> could not be fetched: {fault.reason}"
        )
        return None
    if reply.status >= 400:
        leg.note(Kind.ERROR, code=11200, message=f"<Play> was answered {reply.status}")
        return None
    media_type = reply.content_type.partition(";")[0].strip().lower()
    if media_type not in _AUDIO_TYPES:
        leg.note(Kind.ERROR, code=12300, message=f"<Play> was answered as {media_type!r}")
        return None
    seconds = audio_seconds(reply.body)
    if seconds is None:
        leg.note(Kind.ERROR, code=12300, message="<Play> was answered with no readable sound")
        return None
    return Utterance(
        Sound.PLAY,
        seconds,
        text=url,
        audio=reply.body,
        media_type=media_type,
        interruptible=interruptible,
    )


def audio_seconds(body: bytes) -> float | None:
    """Length of a sound file, or None if it is not one."""
    try:
        details = soundfile.info(io.BytesIO(body))
    except (soundfile.LibsndfileError, RuntimeError):
        return None
    return round(float(details.frames) / float(details.samplerate), 2)
