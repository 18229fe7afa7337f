"""Periods as they are said in five languages."""

import pytest

from config.periods import parse_period
from config.retention_rules import RetentionRule
from config.spoken_periods import keeping_in_words, minutes_in_words, period_in_words


@pytest.mark.parametrize(
    ("text", "sv", "nb", "da", "fi", "en"),
    [
        ("18 months", "18 månader", "18 måneder", "18 måneder", "18 kuukautta", "18 months"),
        ("1 month", "1 månad", "1 måned", "1 måned", "1 kuukauden", "1 month"),
        ("180 days", "180 dagar", "180 dager", "180 dage", "180 päivää", "180 days"),
        ("1 day", "1 dag", "1 dag", "1 dag", "1 päivän", "1 day"),
        ("3 years", "3 år", "3 år", "3 år", "3 vuotta", "3 years"),
        ("1 year", "1 år", "1 år", "1 år", "1 vuoden", "1 year"),
    ],
)
def test_a_period_has_its_plural(text: str, sv: str, nb: str, da: str, fi: str, en: str) -> None:
    for language, words in {"sv": sv, "nb": nb, "da": da, "fi": fi, "en": en}.items():
        assert period_in_words(parse_period(text), language) == words


def test_minutes_have_their_plural() -> None:
    assert [minutes_in_words(1, tag) for tag in ("sv", "nb", "da", "fi", "en")] == [
        "1 minut",
        "1 minutt",
        "1 minut",
        "1 minuutin",
        "1 minute",
    ]
    assert minutes_in_words(2, "fi") == "2 minuuttia"


def test_what_nobody_could_be_told_is_refused() -> None:
    rule = RetentionRule.model_validate(
        {"class": "answers", "keep": "never by age", "from": "answered"}
    )

    with pytest.raises(ValueError, match="answers has no last day"):
        keeping_in_words(rule, "sv")
