"""From a recording's bytes to the words that were heard in it."""

from storage.audio import probe
from transcription.audio import pcm_at
from transcription.recognition import Recognised, Recogniser

MOST_SECONDS = 1_800.0
"""Half an hour: longer than any comment or message may be."""


def hear(
    data: bytes, *, language: str, recogniser: Recogniser, max_seconds: float = MOST_SECONDS
) -> Recognised:
    """Decode, resample and recognise one recording; the same bytes give the same words.

    Raises NoModel (show the audio only), before anything is read, or a BadAudio (failed, the audio
    is kept); both are GiveUp with a `code` fit for the row.
    """
    rate = recogniser.rate_for(language)
    # A second look, after the one when it came home: to recognise what is no speech takes long.
    probe(data, max_seconds=max_seconds)
    chunks = pcm_at(data, rate=rate, max_seconds=max_seconds)
    return recogniser.recognise(chunks, rate=rate, language=language, max_seconds=max_seconds)
