"""Windows on the wall clock of a zone, also on the two days a year when the clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.calling_hours import CallingHours, Window, common_week

STOCKHOLM = ZoneInfo("Europe/Stockholm")
EVERY_DAY = 7 * ((Window(9 * 60, 20 * 60),),)
NIGHT = 7 * ((Window(2 * 60 + 30, 5 * 60),),)


# Both changes of the year where the five zones have theirs: at one in the world, or an hour apart.
CHANGES = [datetime(2026, 3, 29), datetime(2026, 10, 25)]  # noqa: DTZ001 - days
ZONES = [
    STOCKHOLM, ZoneInfo("Europe/Helsinki"), ZoneInfo("Atlantic/Azores"), ZoneInfo("Europe/London"),
    ZoneInfo("Europe/Lisbon"),
]  # fmt: skip


def at(*moment: int) -> datetime:
    """That wall time in Stockholm, in UTC."""
    return datetime(*moment, tzinfo=STOCKHOLM).astimezone(UTC)  # type: ignore[misc,arg-type]


def test_the_edges_of_a_window_are_inside_and_outside() -> None:
    hours = CallingHours(STOCKHOLM, EVERY_DAY)

    assert not hours.is_open(at(2026, 3, 10, 8, 59, 59))
    assert hours.is_open(at(2026, 3, 10, 9, 0, 0))
    assert hours.is_open(at(2026, 3, 10, 19, 59, 59))
    assert not hours.is_open(at(2026, 3, 10, 20, 0, 0))


def test_a_window_until_midnight_is_open_in_its_last_minute() -> None:
    hours = CallingHours(STOCKHOLM, 7 * ((Window(20 * 60, 24 * 60),),))

    assert hours.is_open(at(2026, 3, 10, 23, 59, 59))
    assert not hours.is_open(at(2026, 3, 11, 0, 0, 0))


def test_after_friday_evening_the_next_opening_is_monday_morning() -> None:
    office = CallingHours(STOCKHOLM, (*EVERY_DAY[:5], (), ()))

    opening = office.next_opening(at(2026, 3, 13, 20, 0))

    assert opening == at(2026, 3, 16, 9, 0)


def test_a_break_at_noon_opens_again_the_same_day() -> None:
    hours = CallingHours(STOCKHOLM, 7 * ((Window(9 * 60, 12 * 60), Window(13 * 60, 18 * 60)),))

    assert hours.next_opening(at(2026, 3, 10, 12, 30)) == at(2026, 3, 10, 13, 0)


def test_one_day_a_week_is_found_a_whole_week_ahead() -> None:
    mondays = CallingHours(STOCKHOLM, (EVERY_DAY[0], (), (), (), (), (), ()))

    assert mondays.next_opening(at(2026, 3, 9, 20, 0)) == at(2026, 3, 16, 9, 0)


def test_a_week_without_windows_never_opens() -> None:
    assert CallingHours(STOCKHOLM, 7 * ((),)).next_opening(at(2026, 3, 10, 12, 0)) is None


def test_within_a_window_the_next_opening_is_now() -> None:
    now = at(2026, 3, 10, 12, 34, 56)

    assert CallingHours(STOCKHOLM, EVERY_DAY).next_opening(now) == now


def test_nine_is_nine_on_the_wall_after_the_clock_was_put_forward() -> None:
    hours = CallingHours(STOCKHOLM, EVERY_DAY)

    opening = hours.next_opening(at(2026, 3, 28, 21, 0))

    assert opening == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)


def test_a_window_whose_beginning_the_clock_jumps_over_opens_with_the_jump() -> None:
    night = CallingHours(STOCKHOLM, NIGHT)

    opening = night.next_opening(at(2026, 3, 29, 1, 30))

    assert opening == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 03:00 on the wall
    assert night.is_open(opening)


def test_a_window_in_the_hour_that_comes_twice_opens_at_its_first_coming() -> None:
    night = CallingHours(STOCKHOLM, NIGHT)

    opening = night.next_opening(datetime(2026, 10, 24, 22, 0, tzinfo=UTC))

    assert opening == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(("opens", "closes"), [(600, 600), (700, 600), (-1, 5), (0, 1441)])
def test_a_window_that_ends_before_it_begins_is_refused(opens: int, closes: int) -> None:
    with pytest.raises(ValueError, match="is none"):
        Window(opens, closes)


def test_a_week_has_seven_days() -> None:
    with pytest.raises(ValueError, match="seven"):
        CallingHours(STOCKHOLM, EVERY_DAY[:6])


@given(
    st.lists(
        st.tuples(st.integers(0, 95), st.integers(1, 96)).filter(lambda w: w[0] < w[1]),
        min_size=7,
        max_size=7,
    ),
    st.integers(0, 7),
    st.sampled_from(CHANGES).flatmap(
        lambda day: st.datetimes(day - timedelta(days=9), day + timedelta(days=7)).map(
            lambda moment: moment.replace(tzinfo=UTC, second=0, microsecond=0)
        )
    ),
    st.sampled_from(ZONES),
)
def test_the_next_opening_is_the_first_open_minute(
    spans: list[tuple[int, int]], silent: int, now: datetime, zone: ZoneInfo
) -> None:
    week = tuple(
        () if day == silent else (Window(first * 15, last * 15),)
        for day, (first, last) in enumerate(spans)
    )
    hours = CallingHours(zone, week)

    opening = hours.next_opening(now)

    assert opening is not None
    assert hours.is_open(opening)
    moment = now
    while moment < opening:
        assert not hours.is_open(moment)
        moment += timedelta(minutes=15)


@given(
    st.sampled_from(CHANGES),
    st.sampled_from(ZONES),
    st.integers(-36 * 60, 36 * 60),
    st.integers(0, 95),
    st.integers(1, 96),
)
def test_on_the_days_of_the_change_a_telephone_rings_exactly_by_the_clock_on_the_wall(
    day: datetime, zone: ZoneInfo, minutes: int, first: int, last: int
) -> None:
    if first >= last:
        first, last = last - 1, first + 1
    hours = CallingHours(zone, 7 * ((Window(first * 15, last * 15),),))
    moment = day.replace(tzinfo=UTC) + timedelta(hours=1, minutes=minutes)

    wall = moment.astimezone(zone)
    assert hours.is_open(moment) is (first * 15 <= wall.hour * 60 + wall.minute < last * 15)


def test_a_public_holiday_is_silent_and_the_next_opening_lies_after_it() -> None:
    easter = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
    office = CallingHours(STOCKHOLM, (*EVERY_DAY[:5], (), ()), easter)

    assert not office.is_open(at(2026, 4, 3, 12, 0))
    assert office.is_holiday(at(2026, 4, 3, 0, 0))
    assert not office.is_holiday(at(2026, 4, 2, 23, 59))
    assert office.next_opening(at(2026, 4, 2, 21, 0)) == at(2026, 4, 7, 9, 0)


def test_a_month_of_blocked_days_opens_on_the_first_day_after_it() -> None:
    july = frozenset(date(2026, 7, day) for day in range(1, 32))
    office = CallingHours(STOCKHOLM, (*EVERY_DAY[:5], (), ()), blocked=july)

    assert not office.is_open(at(2026, 7, 1, 12, 0))
    assert office.is_blocked(at(2026, 7, 1, 12, 0))
    assert not office.is_holiday(at(2026, 7, 1, 12, 0))
    assert office.next_opening(at(2026, 6, 30, 20, 0)) == at(2026, 8, 3, 9, 0)


def test_the_same_opening_whatever_day_the_clock_is_put_back() -> None:
    hours = CallingHours(STOCKHOLM, EVERY_DAY)

    # Nine in the morning is seven o'clock UTC in summer and eight from 25 October on.
    assert hours.next_opening(at(2026, 10, 23, 20, 0)) == datetime(2026, 10, 24, 7, 0, tzinfo=UTC)
    assert hours.next_opening(at(2026, 10, 24, 20, 0)) == datetime(2026, 10, 25, 8, 0, tzinfo=UTC)


# In March Denver puts its clock forward and Phoenix does not; in October London and Lisbon go back.
TOGETHER = [
    (ZoneInfo("America/Denver"), ZoneInfo("America/Phoenix"), datetime(2026, 3, 8, tzinfo=UTC)),
    (ZoneInfo("Europe/Madrid"), ZoneInfo("Atlantic/Canary"), datetime(2026, 10, 25, tzinfo=UTC)),
    (ZoneInfo("Australia/Sydney"), ZoneInfo("Australia/Perth"), datetime(2026, 4, 5, tzinfo=UTC)),
]


@given(
    st.sampled_from(TOGETHER),
    st.integers(-4 * 24 * 4, 3 * 24 * 4),
    st.integers(0, 60),
    st.integers(24, 35),
    st.sampled_from([None, -1, 0, 1]),
)
def test_of_several_clocks_the_next_opening_is_the_first_minute_that_each_of_them_allows(
    zones: tuple[ZoneInfo, ZoneInfo, datetime],
    quarters: int,
    opens: int,
    length: int,
    silent: int | None,
) -> None:
    one, other, change = zones
    now = change + timedelta(minutes=15 * quarters)
    week = 7 * ((Window(opens * 15, (opens + length) * 15),),)
    days = frozenset() if silent is None else frozenset({(change + timedelta(silent)).date()})
    alone = [CallingHours(zone, week, days) for zone in (one, other)]
    hours = CallingHours(one, week, days, also=(other,))

    opening = hours.next_opening(now)

    moment = now
    while not all(clock.is_open(moment) for clock in alone):
        assert not hours.is_open(moment)
        moment += timedelta(minutes=15)
    assert opening == moment
    assert hours.is_open(moment)


def test_clocks_that_share_no_hour_of_a_window_never_open() -> None:
    office = (*EVERY_DAY[:5], (), ())
    hours = CallingHours(ZoneInfo("Europe/Kaliningrad"), office, also=(ZoneInfo("Asia/Kamchatka"),))
    narrow = CallingHours(STOCKHOLM, 7 * ((Window(540, 600),),), also=(ZoneInfo("Asia/Tokyo"),))

    # Eleven hours on clocks that are ten apart.
    assert hours.next_opening(at(2026, 3, 13, 12, 0)) == at(2026, 3, 16, 8, 0)
    assert narrow.next_opening(at(2026, 3, 13, 12, 0)) is None


def test_what_lies_within_two_weeks_is_their_common_week() -> None:
    home = (*EVERY_DAY[:6], ())
    work = (*(5 * ((Window(7 * 60, 12 * 60), Window(13 * 60, 21 * 60)),)), (), EVERY_DAY[0])

    both = common_week(home, work)

    assert both == (
        *(5 * ((Window(9 * 60, 12 * 60), Window(13 * 60, 20 * 60)),)),
        (),
        (),
    )
