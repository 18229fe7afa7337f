"""The few words that a text message may consist of: stop, start and help, in our languages."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from storage.states import TextWord

_STOP: Final = (
    "STOP", "STOPP", "STOPPA", "STOPALL", "STOPPET", "UNSUBSCRIBE", "CANCEL", "END", "QUIT",
    "REVOKE", "OPTOUT", "SLUTA", "SLUT", "AVSLUTA", "AVREGISTRERA", "AVANMÄL", "NEJ", "NEI",
    "AVSLUTT", "SLUTT", "AVMELD", "FRAMELD", "AFMELD", "AFMELDING", "FRAMELDING", "AFSLUT",
    "LOPETA", "LOPETTAA", "SEIS", "PERU", "PERUUTA", "POISTA", "EI",
)  # fmt: skip
_START: Final = (
    "START", "UNSTOP", "STARTA", "BÖRJA", "BEGYNN", "BEGYND", "TILMELD", "TILLMELD", "PÅMELD",
    "ALOITA",
)  # fmt: skip
# The same where somebody says what is to stop: calls.
_STOP_CALLS: Final = (
    "SLUTARING", "SLUTARINGA", "SLUTARINGAMIG", "RINGINTE", "RINGINTEMER", "SLUTTÅRINGE",
    "IKKERING", "RINGIKKE", "ÄLÄSOITA", "ÄLKÄÄSOITTAKO", "LOPETASOITTAMINEN",
)  # fmt: skip
# What a polite person adds to a word, which means the same with it.
_COURTESY: Final = frozenset({"TACK", "TAKK", "TAK", "KIITOS", "THANKS"})
_HELP: Final = ("HELP", "INFO", "HJÄLP", "HJELP", "HJÆLP", "APUA", "APU", "OHJE")


def letters_of(body: str) -> str:
    """The letters and digits of a message in capitals, without blanks, points and little pictures.

    `Stop!` is STOP; `please stop` is PLEASESTOP, and so no word that we know.
    """
    text = unicodedata.normalize("NFKC", body).upper()
    return "".join(letter for letter in text if letter.isalnum())


def _plain(word: str) -> str:
    """The word as somebody writes it whose telephone has no such letters: HJALP for HJÄLP."""
    bare = unicodedata.normalize("NFD", word.replace("Æ", "AE").replace("Ø", "O"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


_KNOWN: Final[Mapping[str, TextWord]] = {
    written: meaning
    for meaning, words in (
        (TextWord.STOP, (*_STOP, *_STOP_CALLS)),
        (TextWord.START, _START),
        (TextWord.HELP, _HELP),
    )
    for word in words
    for written in (word, _plain(word))
}


_OF_CALLS: Final = frozenset(each for one in _STOP_CALLS for each in (one, _plain(one)))


def _core(body: str) -> str:
    """The letters of a message without the words of courtesy at its ends."""
    words = [letters for one in re.split(r"[\s.,;:!?]+", body) if (letters := letters_of(one))]
    while words and words[-1] in _COURTESY:
        words.pop()
    while words and words[0] in _COURTESY:
        words.pop(0)
    return "".join(words)


def meaning_of(body: str) -> TextWord:
    """What a message means, if the whole of it is one of the words, said politely or not."""
    return _KNOWN.get(letters_of(body)) or _KNOWN.get(_core(body), TextWord.OTHER)


def speaks_of_calls(body: str) -> bool:
    """Whether a message that means stop says that calls are to stop."""
    return _core(body) in _OF_CALLS
