"""Small things operators write: what is accepted, what is refused."""

from datetime import time

import pytest

from config.notations import (
    check_clock,
    check_key,
    check_mail,
    check_number,
    check_spoken,
    check_text,
    minutes_of,
    time_of,
)


@pytest.mark.parametrize("key", ["a", "after-case", "follow_up", "ces7", "a1-b2_c3"])
def test_a_key_is_a_short_name(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize("key", ["", "A", "1a", "-a", "a-", "a--b", "å", "a b", "a" * 61, "../x"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="is not a key"):
        check_key(key)


@pytest.mark.parametrize(
    "number", ["0846500400", "+46 8 465 004 00", "+4612", "46846500400", "+", "", "+46846500400x"]
)
def test_a_number_must_be_in_international_form(number: str) -> None:
    with pytest.raises(ValueError, match=r"\+46846500400 would be right"):
        check_number(number)


@pytest.mark.parametrize("mail", ["a@b", "a b@c.se", "@c.se", "a@c.se, b@c.se", "<a@c.se>"])
def test_a_mail_address_stands_alone(mail: str) -> None:
    with pytest.raises(ValueError, match="is not a mail address"):
        check_mail(mail)


def test_times_of_day_reach_to_the_end_of_the_day() -> None:
    assert check_clock("24:00") == "24:00"
    assert minutes_of("24:00") == 1440
    assert minutes_of("09:05") == 545
    assert time_of("09:05") == time(9, 5)
    assert time_of("24:00") == time.max


@pytest.mark.parametrize("value", ["9:00", "24:01", "25:00", "12:60", 900, None, ["09:00"]])
def test_what_is_no_time_of_day_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match='"09:00" would be right'):
        check_clock(value)


@pytest.mark.parametrize("text", ["", "  ", "a\nb", "a\x00b", "a\x85b", "x" * 1001])
def test_a_text_is_one_readable_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"is empty|control character|is the limit"):
        check_text(text)


def test_a_sentence_too_long_for_the_provider_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes when sent; 4500 is the limit"):
        check_spoken("ä€" * 400)


def test_half_a_character_has_no_sound() -> None:
    with pytest.raises(ValueError, match="half a character"):
        check_spoken("a\ud800")
