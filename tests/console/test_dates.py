"""Moments and lengths as people write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from console import dates

STOCKHOLM = ZoneInfo("Europe/Stockholm")
AT = datetime(2026, 8, 5, 22, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "written"),
    [("en_GB", "6 Aug, 00:30"), ("sv_SE", "6 aug., 00:30"), ("fi_FI", "6.8., 00.30")],
)
def test_a_moment_is_told_in_the_organisations_zone(locale: str, written: str) -> None:
    assert dates.moment(AT, STOCKHOLM, now=AT, locale=locale) == written


def test_the_zone_is_named_where_several_meet() -> None:
    zones = (STOCKHOLM, ZoneInfo("Europe/Helsinki"), UTC)

    assert [dates.moment(AT, z, now=AT, locale="en_GB", names_zone=True) for z in zones] == [
        "6 Aug, 00:30 CEST", "6 Aug, 01:30 EEST", "5 Aug, 22:30 UTC",
    ]  # fmt: skip


def test_another_year_is_named() -> None:
    later = AT + timedelta(days=200)

    assert "2026" in dates.moment(AT, STOCKHOLM, now=later, locale="en_GB")


@pytest.mark.parametrize(
    ("asked", "locale"),
    [("sv-SE,sv;q=0.9", "sv_SE"), ("no", "nb_NO"), ("nn,nb;q=0.5", "nb_NO"), ("fr", "en_GB"),
     ("", "en_GB"), ("en-US", "en_GB")],
)  # fmt: skip
def test_dates_follow_the_readers_language(asked: str, locale: str) -> None:
    with Flask("console").test_request_context(headers={"Accept-Language": asked}):
        assert dates.reader_locale() == locale


def test_lengths_are_told_to_eyes_and_ears() -> None:
    assert [dates.length(s) for s in (0, 7.4, 750)] == ["0:00", "0:07", "12:30"]
    assert dates.spoken_length(1) == "1 second"
    assert dates.spoken_length(62) == "1 minute 2 seconds"
    assert dates.spoken_length(120) == "2 minutes"


def test_a_language_has_a_name_and_an_unknown_one_keeps_its_tag() -> None:
    assert [dates.language_name(tag) for tag in ("fi", "sv-SE", "zz!")] == [
        "Finnish", "Swedish", "zz!",
    ]  # fmt: skip
