"""The few words that a text message may consist of: stop, start and help, in our languages."""

import unicodedata
from collections.abc import Mapping
from typing import Final

from storage.states import TextWord

_STOP: Final = (
    "STOP", "STOPP", "STOPPA", "STOPALL", "STOPPET", "UNSUBSCRIBE", "CANCEL", "END", "QUIT",
    "REVOKE", "OPTOUT", "SLUTA", "SLUT", "AVSLUTA", "AVREGISTRERA", "AVANMÄL", "NEJ", "NEI",
    "AVSLUTT", "SLUTT", "AVMELD", "FRAMELD", "AFMELD", "AFMELDING", "FRAMELDING", "AFSLUT",
    "LOPETA", "LOPETTAA", "SEIS", "PERU", "PERUUTA", "POISTA",
)  # fmt: skip
_START: Final = (
    "START", "UNSTOP", "STARTA", "BÖRJA", "BEGYNN", "BEGYND", "TILMELD", "TILLMELD", "PÅMELD",
    "ALOITA",
)  # fmt: skip
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
        (TextWord.STOP, _STOP),
        (TextWord.START, _START),
        (TextWord.HELP, _HELP),
    )
    for word in words
    for written in (word, _plain(word))
}


def meaning_of(body: str) -> TextWord:
    """What a message means, if the whole of it is one of the words."""
    return _KNOWN.get(letters_of(body), TextWord.OTHER)
