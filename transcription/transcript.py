"""The whole way from a recording's bytes to a text that may be shown."""

from dataclasses import dataclass

from storage.audio import probe
from transcription.audio import pcm_at
from transcription.catalogue import language_of
from transcription.masking import MaskedText, mask
from transcription.recognition import Recogniser
from transcription.words import Word

MOST_SECONDS = 600.0
"""Ten minutes: longer than any comment or message may be."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a recording says. `words` and `text` are as heard, `masked` is what may be shown.

    `language` is the caller's language asked for, `model` the identity of the model that heard it,
    `seconds` the length of the recording. An empty `text` means that nobody spoke.
    """

    language: str
    model: str
    seconds: float
    text: str
    words: tuple[Word, ...]
    masked: MaskedText


def transcribe(
    data: bytes,
    *,
    language: str,
    recogniser: Recogniser,
    announced_seconds: float | None = None,
    max_seconds: float = MOST_SECONDS,
) -> Transcript:
    """Decode, resample, recognise and mask one recording; the same bytes give the same result.

    `announced_seconds` is the provider's own figure for the length; a recording whose header gives
    it another speed is refused rather than recognised as gibberish. Raises NoModel (show the audio
    only) or a BadAudio (failed, the audio is kept); both are GiveUp with a `code` fit for the row.
    """
    rate = recogniser.rate_for(language)
    probe(data, announced_seconds=announced_seconds, max_seconds=max_seconds)
    chunks = pcm_at(data, rate=rate, max_seconds=max_seconds)
    heard = recogniser.recognise(chunks, rate=rate, language=language, max_seconds=max_seconds)
    hidden = mask(heard.words, language=language_of(language))
    return Transcript(language, heard.model, heard.seconds, heard.text, heard.words, hidden)
