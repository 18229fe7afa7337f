"""Something polite is always said."""

from pathlib import Path

import pytest

from config.phrases import Phrase
from config.settings import PROJECT
from ivr.events import country_code
from ivr.last_words import last_words
from ivr.steps import Hangup, Say


@pytest.mark.parametrize(
    ("country", "language"),
    [("467", "sv"), ("479", "nb"), ("452", "da"), ("358", "fi"), ("441", "en"), ("", "en")],
)
@pytest.mark.parametrize("phrase", [Phrase.TECHNICAL_ERROR, Phrase.ALREADY_OVER])
def test_the_number_tells_the_language(country: str, language: str, phrase: Phrase) -> None:
    said, end = last_words(phrase, language=None, config_dir=PROJECT / "config", country=country)

    assert isinstance(said, Say)
    assert said.language == language
    assert said.text
    assert "{" not in said.text
    assert end == Hangup()


def test_even_without_the_operators_files_something_is_said(tmp_path: Path) -> None:
    said, end = last_words(Phrase.TECHNICAL_ERROR, language="sv", config_dir=tmp_path)

    assert isinstance(said, Say)
    assert (said.language, end) == ("en", Hangup())
    assert said.text


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"Direction": "outbound-api", "To": "+46701740605", "From": "+4520"}, "467"),
        ({"Direction": "inbound", "To": "+46701740605", "From": "+4520304050"}, "452"),
        ({"Direction": "inbound", "From": "anonymous"}, ""),
        ({}, ""),
    ],
)
def test_the_person_is_at_the_other_end_of_our_number(form: dict[str, str], code: str) -> None:
    assert country_code(form) == code
