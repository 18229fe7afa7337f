"""Days in the words of five languages."""

from datetime import date, timedelta

import pytest

from survey.spoken_days import day_in_words


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("sv", "1 mars 2026"),
        ("nb", "1. mars 2026"),
        ("da", "1. marts 2026"),
        ("fi", "1. maaliskuuta 2026"),
        ("en", "1 March 2026"),
    ],
)
def test_a_day_is_said_as_people_say_it(language: str, words: str) -> None:
    assert day_in_words(date(2026, 3, 1), language) == words


@pytest.mark.parametrize("language", ["sv", "nb", "da", "fi", "en"])
def test_no_two_days_of_a_year_sound_alike(language: str) -> None:
    days = [date(2028, 1, 1) + timedelta(days=n) for n in range(366)]

    assert len({day_in_words(day, language) for day in days}) == 366
