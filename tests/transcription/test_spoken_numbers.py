"""The number words of five languages."""

import pytest

from transcription.spoken_numbers import ALL_LANGUAGES, FILLERS, JOINERS, spoken_in


@pytest.mark.parametrize(
    ("language", "word", "digits"),
    [
        ("sv", "noll", "0"), ("sv", "sju", "7"), ("sv", "arton", "18"), ("sv", "tjugoett", "21"),
        ("sv", "tjugoen", "21"), ("sv", "åttiofem", "85"), ("sv", "fyrti", "40"),
        ("sv", "nittonhundraåttiofem", "1985"), ("sv", "nittonhundra", "1900"),
        ("sv", "tvåhundrafem", "205"),
        ("nb", "syv", "7"), ("nb", "sju", "7"), ("nb", "tjueto", "22"), ("nb", "toogtyve", "22"),
        ("nb", "førtifem", "45"), ("nb", "nittenhundreogåttifem", "1985"),
        ("da", "nul", "0"), ("da", "halvtreds", "50"), ("da", "femogfirs", "85"),
        ("da", "enogtyve", "21"), ("da", "treoghalvfems", "93"),
        ("fi", "nolla", "0"), ("fi", "seitsemän", "7"), ("fi", "yksitoista", "11"),
        ("fi", "kahdeksankymmentäviisi", "85"), ("fi", "kaks", "2"), ("fi", "seiska", "7"),
        ("en", "zero", "0"), ("en", "thirteen", "13"), ("en", "twenty-one", "21"),
        ("en", "ninety", "90"),
    ],
)  # fmt: skip
def test_a_number_word_stands_for_its_digits(language: str, word: str, digits: str) -> None:
    assert spoken_in(language)[word].digits == digits


@pytest.mark.parametrize("language", ALL_LANGUAGES)
def test_every_language_counts_from_nought_to_ninety_nine(language: str) -> None:
    values = {spoken.digits for spoken in spoken_in(language).values()}

    assert {str(number) for number in range(100)} <= values


def test_a_word_means_a_number_only_in_its_own_language() -> None:
    assert "ni" not in spoken_in("sv")
    assert spoken_in("nb")["ni"].digits == "9"
    assert "to" not in spoken_in("en")
    assert spoken_in(None)["ni"].digits == "9"


def test_articles_are_weak_and_digits_are_not() -> None:
    assert spoken_in("sv")["en"].weak
    assert not spoken_in("sv")["ett"].weak
    assert spoken_in("en")["oh"].weak


def test_an_unknown_language_is_read_as_all_of_them() -> None:
    assert spoken_in("de") == spoken_in(None)


def test_no_word_is_a_digit_and_a_filler_at_once() -> None:
    for language in ALL_LANGUAGES:
        assert not FILLERS & set(spoken_in(language))
    assert not JOINERS & set(spoken_in("en"))
