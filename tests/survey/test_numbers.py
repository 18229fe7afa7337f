"""Whatever way people write a number, it is one number; what is none is said clearly."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from phonenumbers import timezone

from survey.numbers import BadNumberError, is_valid, to_e164, told_by, zones_of


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
    ("number", "zones"),
    [
        ("+46701740605", ["Europe/Stockholm"]),
        # Åland and Svalbard have zones of their own and the same clocks.
        ("+358401234567", ["Europe/Helsinki"]),
        ("+4740612345", ["Arctic/Longyearbyen"]),
        # A number that lies somewhere has the clock of that place.
        ("+12025550123", ["America/New_York"]),
        ("+34928123456", ["Atlantic/Canary"]),
        ("+351296123456", ["Atlantic/Azores"]),
        # A mobile telephone may be on any clock of its country.
        ("+34612345678", ["Atlantic/Canary", "Europe/Madrid"]),
        ("+351912345678", ["Atlantic/Azores", "Europe/Lisbon"]),
        ("+99955512345", ["Europe/Stockholm"]),
    ],
)
def test_a_number_has_every_clock_that_its_holder_may_live_by(
    number: str, zones: list[str]
) -> None:
    at = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)

    found = zones_of(number, fallback=ZoneInfo("Europe/Stockholm"), at=at)

    assert sorted(zone.key for zone in found) == zones


@pytest.mark.parametrize("number", ["+79161234567", "+61412345678", "+18005550123"])
def test_a_number_of_a_wide_country_has_one_zone_of_each_of_its_clocks(number: str) -> None:
    at = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)

    found = zones_of(number, fallback=ZoneInfo("Europe/Stockholm"), at=at)

    winter, summer = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 7))
    clocks = [(winter.astimezone(z).utcoffset(), summer.astimezone(z).utcoffset()) for z in found]
    assert len(found) > 5
    assert len(set(clocks)) == len(clocks)


def test_the_fallback_is_the_number_s_clock_when_its_country_has_it() -> None:
    at = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)

    found = zones_of("+358401234567", fallback=ZoneInfo("Europe/Mariehamn"), at=at)

    assert [zone.key for zone in found] == ["Europe/Mariehamn"]
    both = zones_of("+34612345678", fallback=ZoneInfo("Europe/Madrid"), at=at)
    assert [zone.key for zone in both] == ["Europe/Madrid", "Atlantic/Canary"]


def test_a_number_tells_what_the_library_says_of_it_whatever_country_and_kind_it_is() -> None:
    """Asked once of what kind a number is, where the library would ask each time."""
    kinds = phonenumbers.PhoneNumberType.values()
    examples = [
        phonenumbers.example_number_for_type(region, kind)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in kinds
    ]
    examples += [
        phonenumbers.PhoneNumber(one.country_code, (one.national_number or 0) // 10)
        for one in examples
        if one is not None
    ]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    nowhere = ZoneInfo("Etc/GMT-14")

    for number in (one for one in examples if one is not None):
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        parsed = phonenumbers.parse(e164)
        region = phonenumbers.region_code_for_number(parsed)
        names = timezone.time_zones_for_number(parsed)
        unknown = timezone.UNKNOWN_TIMEZONE in names

        told = told_by(e164)

        assert told is not None
        valid = region is not None and phonenumbers.is_valid_number_for_region(parsed, region)
        as_given = e164 == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        assert told.valid is (valid and as_given)
        zones = {zone.key for zone in told.zones(fallback=nowhere, at=at)}
        assert zones == {nowhere.key} if unknown else zones <= {*names} and names[0] in zones
