"""Whatever way people write a number, it is one number; what is none is said clearly."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from survey.numbers import BadNumberError, is_valid, to_e164, zone_of


@pytest.mark.parametrize(
    "given",
    [
        "+46701740605",
        "0046701740605",
        "070-174 06 05",
        "0701740605",
        "(070) 174 06 05",
        "+46 (0)70 174 06 05",
        " 070 174 06 05 ",
        "070\u00a0174\u00a006\u00a005",
        "tel:+46-70-174-06-05",
    ],
)
def test_every_way_of_writing_a_number_gives_the_same_number(given: str) -> None:
    assert to_e164(given, country="SE") == "+46701740605"


def test_a_national_number_is_read_as_of_the_organisations_country() -> None:
    assert to_e164("40 61 23 45", country="NO") == "+4740612345"
    assert to_e164("040 5512345", country="FI") == "+358405512345"
    assert to_e164("32 12 34 56", country="DK") == "+4532123456"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("", "number_unreadable"),
        ("abc", "number_unreadable"),
        ("12", "number_not_valid"),
        ("07017406", "number_not_valid"),
        ("0701740605123", "number_not_valid"),
        ("+999123456789", "number_unreadable"),
        ("+46701740605 ext. 12", "number_extension"),
        ("112", "number_not_valid"),
        ("0" * 5000, "number_too_long"),
    ],
)
def test_what_is_no_number_is_refused_without_being_repeated(given: str, code: str) -> None:
    with pytest.raises(BadNumberError) as caught:
        to_e164(given, country="SE")

    assert caught.value.code == code
    assert len(given) < 2 or given not in str(caught.value)


def test_a_stored_number_is_valid_only_in_the_form_in_which_it_is_stored() -> None:
    assert is_valid("+46701740605")
    assert not is_valid("0701740605")
    assert not is_valid("+4670174")


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+46701740605", "Europe/Stockholm"),
        # Åland and Svalbard have zones of their own and the same clocks.
        ("+358401234567", "Europe/Mariehamn"),
        ("+4740612345", "Europe/Oslo"),
        ("+12025550123", "America/New_York"),
        # The Azores and Lisbon do not agree, and a toll-free number lies nowhere.
        ("+351912345678", "Europe/Stockholm"),
        ("+18005550123", "Europe/Stockholm"),
        ("+99955512345", "Europe/Stockholm"),
    ],
)
def test_the_clock_of_a_number_is_its_countrys_if_it_has_one(number: str, zone: str) -> None:
    at = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)

    found = zone_of(number, fallback=ZoneInfo("Europe/Stockholm"), at=at)

    assert found.key == zone


def test_the_fallback_is_the_number_s_clock_when_its_country_has_it() -> None:
    at = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)

    assert zone_of("+358401234567", fallback=ZoneInfo("Europe/Helsinki"), at=at).key == (
        "Europe/Helsinki"
    )
