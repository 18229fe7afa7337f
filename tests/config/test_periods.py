"""Calendar arithmetic as a table: month ends, leap years, both clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.periods import Period, Unit, parse_duration, parse_period, write_duration

STOCKHOLM = ZoneInfo("Europe/Stockholm")
HELSINKI = ZoneInfo("Europe/Helsinki")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # moves the clock by half an hour
ZONES = (STOCKHOLM, HELSINKI, LORD_HOWE, ZoneInfo("UTC"))


def local(text: str, zone: ZoneInfo, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("18 months", "2025-01-15 12:00", "2026-07-15 12:00"),
        ("12 months", "2023-12-31 23:59", "2024-12-31 23:59"),
        ("6 months", "2026-08-31 12:00", "2027-02-28 12:00"),
        ("6 months", "2027-08-31 12:00", "2028-02-29 12:00"),
        ("6 months", "2026-08-29 12:00", "2027-02-28 12:00"),
        ("1 month", "2026-01-31 12:00", "2026-02-28 12:00"),
        ("1 month", "2026-02-28 12:00", "2026-03-28 12:00"),
        ("1 month", "2026-03-31 12:00", "2026-04-30 12:00"),
        ("3 years", "2024-02-29 12:00", "2027-02-28 12:00"),
        ("4 years", "2024-02-29 12:00", "2028-02-29 12:00"),
        ("1 year", "2023-02-28 12:00", "2024-02-28 12:00"),
        ("180 days", "2026-01-01 12:00", "2026-06-30 12:00"),
        ("180 days", "2024-01-01 12:00", "2024-06-29 12:00"),
        ("1 day", "2024-02-28 12:00", "2024-02-29 12:00"),
        # Over the change to summer time, 29 March 2026, and back, 25 October 2026.
        ("1 day", "2026-03-28 12:00", "2026-03-29 12:00"),
        ("1 day", "2026-10-24 12:00", "2026-10-25 12:00"),
        ("180 days", "2026-03-01 00:30", "2026-08-28 00:30"),
        ("6 months", "2026-04-25 23:30", "2026-10-25 23:30"),
    ],
)
def test_a_period_ends_on_the_same_wall_time(period: str, start: str, end: str) -> None:
    for zone in (STOCKHOLM, HELSINKI):
        over = parse_period(period).after(local(start, zone), zone)

        assert over == local(end, zone)
        assert over.tzinfo is UTC


def test_a_wall_time_that_the_clock_jumps_over_moves_on_with_the_jump() -> None:
    over = Period(1, Unit.DAY).after(local("2026-03-28 02:30", STOCKHOLM), STOCKHOLM)

    assert over == local("2026-03-29 03:30", STOCKHOLM)


def test_a_wall_time_that_comes_twice_means_the_first() -> None:
    over = Period(1, Unit.DAY).after(local("2026-10-24 02:30", STOCKHOLM), STOCKHOLM)

    assert over == local("2026-10-25 02:30", STOCKHOLM, fold=0).astimezone(UTC)
    assert over != local("2026-10-25 02:30", STOCKHOLM, fold=1).astimezone(UTC)


def test_a_start_in_the_second_round_of_an_hour_is_reckoned_by_its_wall_time() -> None:
    start = local("2026-10-25 02:30", STOCKHOLM, fold=1)

    assert Period(1, Unit.DAY).after(start, STOCKHOLM) == local("2026-10-26 02:30", STOCKHOLM)


def test_days_and_months_are_reckoned_where_the_organisation_is() -> None:
    # Half past eleven at night in London is already the next day, and month, in Helsinki.
    start = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)

    assert Period(1, Unit.MONTH).after(start, HELSINKI) == local("2026-03-01 00:30", HELSINKI)
    assert Period(1, Unit.MONTH).after(start, ZoneInfo("UTC")) == datetime(
        2026, 2, 28, 22, 30, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("period", "end", "bound"),
    [
        ("18 months", "2026-07-15 12:00", "2025-01-15 12:00"),
        ("180 days", "2026-06-30 12:00", "2026-01-01 12:00"),
        # All of 28 to 31 January at that hour end together on the last of February.
        ("1 month", "2026-02-28 12:00", "2026-01-31 12:00"),
        # By 31 March the whole of 28 February is over, and no day of March is.
        ("1 month", "2026-03-31 12:00", "2026-02-28 23:59:59.999999"),
        ("1 year", "2025-02-28 12:00", "2024-02-29 12:00"),
    ],
)
def test_before_is_the_latest_start_that_can_be_over(period: str, end: str, bound: str) -> None:
    assert parse_period(period).before(local(end, STOCKHOLM), STOCKHOLM) == local(bound, STOCKHOLM)


def test_the_bound_holds_in_the_second_round_of_an_hour() -> None:
    day, end = Period(1, Unit.DAY), local("2026-10-25 02:10", STOCKHOLM, fold=1)
    start = local("2026-10-24 02:50", STOCKHOLM)

    assert day.is_over(start, at=end, zone=STOCKHOLM)
    assert start <= day.before(end, STOCKHOLM)


def test_the_bound_holds_when_it_falls_where_the_clock_jumps() -> None:
    day, end = Period(1, Unit.DAY), local("2026-03-30 02:30", STOCKHOLM)
    start = local("2026-03-29 01:50", STOCKHOLM)

    assert day.is_over(start, at=end, zone=STOCKHOLM)
    assert start <= day.before(end, STOCKHOLM)


moments = st.datetimes(
    min_value=datetime(2023, 1, 1),  # noqa: DTZ001 - Hypothesis adds the zone
    max_value=datetime(2031, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
periods = st.builds(Period, st.integers(1, 400), st.just(Unit.DAY)) | st.builds(
    Period, st.integers(1, 40), st.sampled_from([Unit.MONTH, Unit.YEAR])
)
# Right at month ends and clock changes, where mistakes live.
edges = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes),
    st.sampled_from(
        [
            datetime(year, month, day, tzinfo=UTC)
            for year in (2024, 2026)
            for month, day in [(1, 28), (2, 28), (3, 29), (3, 31), (10, 25), (10, 27), (12, 31)]
        ]
    ),
    st.integers(-4320, 4320),
)


@given(period=periods, start=moments | edges, end=moments | edges, zone=st.sampled_from(ZONES))
def test_no_start_after_the_bound_is_over(
    period: Period, start: datetime, end: datetime, zone: ZoneInfo
) -> None:
    if period.is_over(start, at=end, zone=zone):
        assert start <= period.before(end, zone)


@given(period=periods, start=moments | edges, zone=st.sampled_from(ZONES))
def test_the_bound_holds_exactly_when_a_start_becomes_over(
    period: Period, start: datetime, zone: ZoneInfo
) -> None:
    assert start <= period.before(period.after(start, zone), zone)


@given(period=periods, end=moments | edges, zone=st.sampled_from(ZONES))
def test_every_start_well_before_the_bound_is_over(
    period: Period, end: datetime, zone: ZoneInfo
) -> None:
    start = period.before(end, zone) - timedelta(days=4)

    assert period.is_over(start, at=end, zone=zone)


@given(period=periods, start=moments, later=st.timedeltas(timedelta(0), timedelta(days=90)))
def test_a_later_start_never_ends_days_earlier(
    period: Period, start: datetime, later: timedelta
) -> None:
    first = period.after(start, STOCKHOLM)

    assert period.after(start + later, STOCKHOLM) >= first - timedelta(days=1)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware moment"):
        Period(1, Unit.DAY).after(datetime(2026, 1, 1), STOCKHOLM)  # noqa: DTZ001


@pytest.mark.parametrize("text", ["1 day", "180 days", "1 month", "18 months", "3 years"])
def test_a_period_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_period(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "18",
        "0 months",
        "-1 days",
        "18  months",
        "18 månader",
        "1.5 years",
        "99999 days",
        18,
        None,
    ],
)
def test_what_is_no_period_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match='is not a period; "18 months" or "180 days" is right'):
        parse_period(text)


def test_a_period_beyond_a_century_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than 100 years"):
        parse_period("1201 months")


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("15 minutes", timedelta(minutes=15)),
        ("1 hour", timedelta(hours=1)),
        ("90 minutes", timedelta(minutes=90)),
        ("7 days", timedelta(days=7)),
    ],
)
def test_a_time_span_is_written_as_it_is_read(text: str, span: timedelta) -> None:
    assert parse_duration(text) == span
    assert write_duration(span) == text


def test_no_time_at_all_is_a_time_span() -> None:
    assert parse_duration(write_duration(timedelta(0))) == timedelta(0)


@pytest.mark.parametrize("text", ["15", "15 min", "1 week", 15, None, "-1 hours"])
def test_what_is_no_time_span_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match='"15 minutes", "2 hours" or "7 days" is right'):
        parse_duration(text)
