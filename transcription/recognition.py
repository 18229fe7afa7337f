"""Speech to words, offline: loaded models and what they heard, word by word.

Load before the worker forks: the children then share the models' memory and no job pays for
loading. Nothing here ever downloads; a language without a model is an answer, not a wish.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from storage.audio import EmptyAudio, TooLong, WrongRate
from storage.faults import GiveUp
from transcription.catalogue import Catalogue, InstalledModel, language_of
from transcription.words import UNKNOWN_WORD, Word

# Threads of the matrix library do not survive a fork, and one decoder wants one core anyway.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import vosk

LONGEST_CHUNK_SECONDS: Final = 0.5
"""A job's time limit bites between chunks, and sentences are ended between chunks."""

_UNKNOWN_MARKS: Final = frozenset({"[unk]", "<unk>", "[unknown]"})
_NOISE_MARKS: Final = frozenset({"[noise]", "[laughter]", "[silence]", "<sil>", "<eps>"})


class NoModel(GiveUp):
    """No model is installed for the language; the recording stays audio only."""

    def __init__(self, language: str) -> None:
        super().__init__(f"no speech model is installed for “{language}”", code="no_model")
        self.language = language


class ModelFailed(GiveUp):
    """The model's files are there and the recogniser cannot use them."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was heard. `text` is the words joined by spaces, "" when nobody spoke.

    `model` is the identity of the model that heard it, `seconds` the length of sound listened to.
    """

    text: str
    words: tuple[Word, ...]
    model: str
    seconds: float


class Recogniser:
    """All installed models, loaded; safe to share between forked children and between threads."""

    def __init__(self, models: Mapping[str, InstalledModel]) -> None:
        """Load one model per language; raises ModelFailed. Takes from 0.1 s to a minute each."""
        vosk.SetLogLevel(-1)  # otherwise Kaldi writes model paths to standard error
        self._installed = dict(models)
        self._loaded = {language: _load(model) for language, model in models.items()}

    @classmethod
    def from_catalogue(cls, catalogue: Catalogue) -> "Recogniser":
        """Every model in use."""
        return cls(catalogue.in_use)

    @property
    def languages(self) -> frozenset[str]:
        """Languages that become text here."""
        return frozenset(self._loaded)

    def rate_for(self, language: str) -> int:
        """The sample rate in Hz the language's model was trained for; raises NoModel."""
        return self._model_for(language).sample_rate

    def recognise(
        self, chunks: Iterable[bytes], *, rate: int, language: str, max_seconds: float = 600.0
    ) -> Recognised:
        """Listen to raw 16-bit little-endian mono `chunks` at `rate` Hz.

        The same sound in chunks of the same length gives the same words, always. A rate below the
        model's is refused (WrongRate): resample with `transcription.audio.pcm_at`. Raises NoModel,
        EmptyAudio without a single sample, and TooLong beyond `max_seconds`.
        """
        model = self._model_for(language)
        if rate < model.sample_rate:
            raise WrongRate(f"{rate} Hz given; the model {model.name} wants {model.sample_rate} Hz")
        decoder = vosk.KaldiRecognizer(self._loaded[model.language], rate)
        decoder.SetWords(True)
        words: list[Word] = []
        heard, limit = 0, int(max_seconds * rate) * 2
        for piece in _short(chunks, size=int(rate * LONGEST_CHUNK_SECONDS) * 2):
            heard += len(piece)
            if heard > limit:
                raise TooLong(f"longer than the {max_seconds:g} seconds allowed")
            if decoder.AcceptWaveform(piece):
                words += _words_in(decoder.Result())
        if heard < 2:
            raise EmptyAudio("there is not one sample to listen to")
        words += _words_in(decoder.FinalResult())
        if all(word.text == UNKNOWN_WORD for word in words):
            words = []  # a cough is not a word, and an ellipsis alone tells nobody anything
        text = " ".join(word.text for word in words)
        return Recognised(text, tuple(words), model.identity, heard / 2 / rate)

    def _model_for(self, language: str) -> InstalledModel:
        model = self._installed.get(language_of(language))
        if model is None:
            raise NoModel(language_of(language))
        return model


def _load(model: InstalledModel) -> Any:
    try:
        return vosk.Model(str(model.path))
    except Exception as error:  # vosk raises nothing narrower
        raise ModelFailed(f"{model.path} is no model this version of Vosk can load") from error


def _short(chunks: Iterable[bytes], *, size: int) -> Iterable[bytes]:
    for chunk in chunks:
        if len(chunk) <= size:
            yield chunk
            continue
        for at in range(0, len(chunk), size):
            yield chunk[at : at + size]


def _words_in(result: str) -> list[Word]:
    words = []
    for heard in json.loads(result).get("result", ()):
        text = heard["word"]
        if text.lower() in _NOISE_MARKS:
            continue
        if text.lower() in _UNKNOWN_MARKS:
            words.append(Word(UNKNOWN_WORD, heard["start"], heard["end"], 0.0))
        else:
            words.append(Word(text, heard["start"], heard["end"], heard["conf"]))
    return words
