"""Transcripts as they are shown: opened, masked, with doubtful words marked."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from storage.keyring import Keyring
from storage.states import TranscriptState
from storage.tables import Comment, Transcript
from transcription.masking import MASK, mask, mask_text
from transcription.words import Word

DOUBTFUL_BELOW: Final = 0.6


@dataclass(frozen=True, slots=True)
class ShownWord:
    """One word; `at` is its second in the recording."""

    text: str
    at: float
    doubtful: bool
    masked: bool


def opened(keyring: Keyring, transcripts: Sequence[Transcript]) -> list[tuple[ShownWord, ...]]:
    """The words of each transcript in order, with one look into the keyring.

    Empty for a transcript that is not done, or whose key was destroyed.
    """
    sealed = keyring.open_many(
        [
            (t.id, "transcript.words", t.words_sealed if t.state is TranscriptState.DONE else None)
            for t in transcripts
        ]
    )
    return [
        () if text is None else shown(text, language=transcript.language)
        for transcript, text in zip(transcripts, sealed, strict=True)
    ]


def shown(document: str, *, language: str) -> tuple[ShownWord, ...]:
    """The words of a transcript's JSON, numbers of people hidden."""
    words = [Word(text, start, end, sure) for text, start, end, sure in json.loads(document)]
    masked = mask(words, language=language.split("-")[0])
    return tuple(
        ShownWord(
            text=word.text,
            at=round(word.start, 2),
            doubtful=word.confidence < DOUBTFUL_BELOW and word.text != MASK,
            masked=index in masked.kinds,
        )
        for index, word in enumerate(masked.words)
        if word.text
    )


def typed(keyring: Keyring, comments: Sequence[tuple[Comment, str]]) -> list[str]:
    """The typed texts of comments with their languages, in order, numbers of people hidden.

    Empty where nothing was typed, or the key was destroyed.
    """
    texts = keyring.open_many([(c.id, "comment.text", c.text_sealed) for c, _ in comments])
    return [
        "" if text is None else mask_text(text, language=language.split("-")[0])
        for text, (_, language) in zip(texts, comments, strict=True)
    ]
