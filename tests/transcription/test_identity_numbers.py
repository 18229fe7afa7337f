"""Checksums and calendars, on numbers published as examples and on their neighbours.

None of them belongs to anybody: they are the authorities' own test numbers or computed.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transcription.identity_numbers import (
    NumberKind,
    is_danish_identity,
    is_finnish_identity,
    is_norwegian_identity,
    is_swedish_identity,
    kind_of,
    passes_luhn,
)


def with_luhn(digits: str) -> str:
    return next(digits + last for last in "0123456789" if passes_luhn(digits + last))


def with_norwegian_checks(nine: str) -> str | None:
    """The eleven digits, or None where no check digit exists."""
    found = [nine + f"{last:02d}" for last in range(100)]
    return next((each for each in found if is_norwegian_identity(each)), None)


@pytest.mark.parametrize("number", ["8112289874", "198112289874", "7010632391", "197010632391"])
def test_swedish_numbers_and_coordination_numbers_are_known(number: str) -> None:
    assert is_swedish_identity(number)


@pytest.mark.parametrize(
    "number",
    ["8112289873", "8113289870", "8112329878", "811228987", "178112289874", "0701234567", ""],
)
def test_what_breaks_the_checksum_or_the_calendar_is_no_swedish_number(number: str) -> None:
    assert not is_swedish_identity(number)


@pytest.mark.parametrize("number", ["01010750160", "41010750171"])
def test_norwegian_numbers_are_known_by_both_check_digits(number: str) -> None:
    made = with_norwegian_checks(number[:9])

    assert made is not None
    assert is_norwegian_identity(made)
    assert not is_norwegian_identity(made[:-1] + str((int(made[-1]) + 1) % 10))
    assert not is_norwegian_identity("32" + made[2:])


def test_a_danish_number_is_a_day_and_four_digits() -> None:
    assert is_danish_identity("1112851234")
    assert not is_danish_identity("3202851234")
    assert not is_danish_identity("1113851234")
    assert not is_danish_identity("111285123")


@pytest.mark.parametrize("number", ["131052-308T", "131052+308T", "131052a308t", "131052Y308T"])
def test_finnish_numbers_are_known_in_every_century(number: str) -> None:
    assert is_finnish_identity(number)


@pytest.mark.parametrize("number", ["131052-308U", "311352-308T", "131052G308T", "131052308T"])
def test_what_breaks_the_control_character_is_no_finnish_number(number: str) -> None:
    assert not is_finnish_identity(number)


@given(st.text("0123456789", min_size=3, max_size=18))
def test_one_misheard_digit_breaks_the_luhn_checksum(digits: str) -> None:
    whole = with_luhn(digits)

    for place in range(len(whole)):
        wrong = whole[:place] + str((int(whole[place]) + 1) % 10) + whole[place + 1 :]
        assert not passes_luhn(wrong)


@given(st.text("0123456789", min_size=1, max_size=30), st.sampled_from(["sv", "da", None]))
def test_any_string_of_digits_has_some_kind(digits: str, language: str | None) -> None:
    assert kind_of(digits, language=language) in NumberKind


@pytest.mark.parametrize(
    ("digits", "language", "kind"),
    [
        ("8112289874", "sv", NumberKind.IDENTITY),
        ("8112289874", "en", NumberKind.IDENTITY),
        ("0701234567", "sv", NumberKind.PHONE),
        ("0741952", "en", NumberKind.PHONE),
        ("22225555", "nb", NumberKind.PHONE),
        ("1112851234", "da", NumberKind.IDENTITY),
        ("4539148803436467", "en", NumberKind.CARD),
        ("4539148803436468", "en", NumberKind.NUMBER),
        ("999999", "sv", NumberKind.NUMBER),
    ],
)
def test_the_likeliest_kind_is_named(digits: str, language: str, kind: NumberKind) -> None:
    assert kind_of(digits, language=language) is kind


def test_a_plus_makes_a_telephone_number_of_any_digits() -> None:
    assert kind_of("8112289874", language="sv", international=True) is NumberKind.PHONE
