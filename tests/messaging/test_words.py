"""A message counts as a word only when the whole of it is that word, however it is written."""

import pytest

from messaging.words import meaning_of, speaks_of_calls
from storage.states import TextWord


@pytest.mark.parametrize(
    "body",
    [
        "STOP", "stop", " Stop! ", "STOPP", "stopp.", "Sluta", "NEI", "nei!!", "LOPETA", "lopeta",
        "AVSLUTT", "AFMELD", "Stoppa", "UNSUBSCRIBE", "opt out", "opt-out", "ＳＴＯＰ", "s t o p",
        '"STOP"', "STOP 🙏", "avanmäl", "AVANMAL", "Peru", "\nSTOP\n",
        "Nej tack", "Nei takk!", "Nej, tak.", "Stopp tack", "Ei kiitos", "EI", "Sluta ring",
        "sluta ringa!", "Ring inte, tack", "Slutt å ringe", "älä soita", "ALA SOITA",
        "Tack, nej tack",
    ],
)  # fmt: skip
def test_stop_is_understood_in_five_languages(body: str) -> None:
    assert meaning_of(body) is TextWord.STOP


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ("Sluta ring", True),
        ("Ring inte, tack", True),
        ("SLUTA", False),
        ("Nej tack", False),
        ("Ring", False),
    ],
)
def test_it_is_understood_when_calls_are_to_stop(body: str, calls: bool) -> None:
    assert speaks_of_calls(body) is calls


@pytest.mark.parametrize(
    "body", ["START", "start!", "Starta", "börja", "BORJA", "Aloita", "UNSTOP"]
)
def test_start_is_understood(body: str) -> None:
    assert meaning_of(body) is TextWord.START


@pytest.mark.parametrize(
    "body", ["HELP", "info", "Hjälp?", "HJALP", "hjelp", "HJÆLP", "HJAELP", "apua"]
)
def test_help_is_understood(body: str) -> None:
    assert meaning_of(body) is TextWord.HELP


@pytest.mark.parametrize(
    "body",
    [
        "", "   ", "please stop", "Stop calling me", "stopping", "10", "8", "Tack för hjälpen",
        "STOP START", "non-stop", "NO", "ja", "🛑", "tack",
        "Tack tack", "Ja tack", "Ring", "Nej men tack ändå",
    ],
)  # fmt: skip
def test_a_sentence_is_no_word(body: str) -> None:
    assert meaning_of(body) is TextWord.OTHER
