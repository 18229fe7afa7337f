"""The order of two periods is claimed only where no day can turn it round."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.period_order import can_cross, surely_within
from config.periods import Period, Unit, parse_period

ZONE = ZoneInfo("Europe/Stockholm")
FIRST = datetime(2023, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shorter", "longer"),
    [
        ("180 days", "6 months"),
        ("181 days", "6 months"),
        ("6 months", "184 days"),
        ("28 days", "1 month"),
        ("1 month", "31 days"),
        ("365 days", "1 year"),
        ("1 year", "366 days"),
        ("12 months", "1 year"),
        ("1 year", "12 months"),
        ("2 years", "25 months"),
        ("90 days", "91 days"),
        ("9130 days", "25 years"),
    ],
)
def test_a_sure_order_is_known(shorter: str, longer: str) -> None:
    assert surely_within(parse_period(shorter), parse_period(longer))
    assert not can_cross(parse_period(shorter), parse_period(longer))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("182 days", "6 months"),
        ("183 days", "6 months"),
        ("29 days", "1 month"),
        ("30 days", "1 month"),
        ("90 days", "3 months"),
    ],
)
def test_days_and_months_that_change_places_over_the_year_have_no_order(
    one: str, other: str
) -> None:
    assert can_cross(parse_period(one), parse_period(other))
    assert can_cross(parse_period(other), parse_period(one))


@given(
    days=st.integers(1, 800), months=st.integers(1, 26), begun=st.integers(0, 4_000)
)  # fmt: skip
def test_no_day_ever_contradicts_a_sure_order(days: int, months: int, begun: int) -> None:
    one, other = Period(days, Unit.DAY), Period(months, Unit.MONTH)
    start = FIRST + timedelta(days=begun)

    if surely_within(one, other):
        assert one.after(start, ZONE) <= other.after(start, ZONE)
    if surely_within(other, one):
        assert other.after(start, ZONE) <= one.after(start, ZONE)


@pytest.mark.parametrize("months", [1, 2, 6, 11, 12, 18])
def test_where_no_order_is_claimed_two_days_disagree(months: int) -> None:
    other = Period(months, Unit.MONTH)
    starts = [FIRST + timedelta(days=one) for one in range(4 * 366)]
    lengths = {(other.after(one, ZoneInfo("UTC")) - one).days for one in starts}

    crossing = [n for n in range(1, 800) if can_cross(Period(n, Unit.DAY), other)]

    assert crossing == list(range(min(lengths) + 1, max(lengths)))
