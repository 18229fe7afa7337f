"""The range in which a campaign will be done: never promised too early, never for ever."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.campaign_rules import Retry, RetryCause
from survey import outlook
from survey.calling_hours import CallingHours, Window
from survey.outlook import Assumed, LinePace

STOCKHOLM = ZoneInfo("Europe/Stockholm")
OFFICE = (Window(9 * 60, 20 * 60),)
WEEK = CallingHours(STOCKHOLM, (OFFICE,) * 5 + ((), ()))
SILENT = CallingHours(STOCKHOLM, ((),) * 7)
MONDAY_NINE = datetime(2026, 3, 9, 8, 0, tzinfo=UTC)
CALL = Assumed(timedelta(seconds=10), timedelta(seconds=25), timedelta(seconds=110))
BRISK = LinePace(calls_per_second=1, simultaneous_calls=1_000)
RETRY: dict[RetryCause, Retry | None] = {
    RetryCause.BUSY: Retry(after="15 minutes", times=2),
    RetryCause.NO_ANSWER: Retry(after="4 hours", times=1),
    RetryCause.MACHINE: None,
}


def span(people: int, **changed: object) -> outlook.Span:
    wanted = {
        "hours": WEEK, "at_any_hour": False, "pace": BRISK, "assumed": CALL, "retry": RETRY,
        "most_calls": None, "now": MONDAY_NINE,
    } | changed  # fmt: skip
    return outlook.span(people, **wanted)  # type: ignore[arg-type]


def test_a_line_of_one_call_a_second_needs_an_hour_for_3600_people() -> None:
    assert span(3_600).done_earliest == MONDAY_NINE + timedelta(hours=1)


def test_with_room_for_ten_calls_of_two_minutes_each_the_room_is_what_bites() -> None:
    found = span(300, pace=LinePace(calls_per_second=1, simultaneous_calls=10))

    assert found.done_earliest == MONDAY_NINE + timedelta(hours=1)


def test_what_is_not_done_by_evening_goes_on_next_morning_and_never_on_a_sunday() -> None:
    a_day = 11 * 3_600

    next_morning = span(a_day + 60).done_earliest
    after_the_week = span(5 * a_day + 60).done_earliest

    assert next_morning == MONDAY_NINE + timedelta(days=1, minutes=1)
    assert after_the_week == MONDAY_NINE + timedelta(days=7, minutes=1)


def test_over_the_change_to_summer_time_a_morning_is_still_nine_on_the_wall() -> None:
    friday_evening = datetime(2026, 3, 27, 18, 59, tzinfo=UTC)

    done = span(120, now=friday_evening).done_earliest

    assert done == datetime(2026, 3, 30, 9, 1, tzinfo=STOCKHOLM)


def test_the_long_end_counts_every_attempt_and_every_wait() -> None:
    found = span(60)

    assert (found.calls_least, found.calls_most) == (60, 240)
    assert found.done_earliest == MONDAY_NINE + timedelta(minutes=1)
    assert found.done_latest == MONDAY_NINE + timedelta(minutes=4) + timedelta(hours=4, minutes=30)


def test_without_any_calling_hours_there_is_no_end() -> None:
    found = span(1, hours=SILENT)

    assert (found.done_earliest, found.done_latest) == (None, None)


def test_nobody_to_call_is_done_at_once() -> None:
    assert span(0).done_earliest == MONDAY_NINE
    assert span(0).done_latest == MONDAY_NINE


def test_a_campaign_that_rings_at_any_hour_does_not_wait_for_morning() -> None:
    night = datetime(2026, 3, 9, 1, 0, tzinfo=UTC)

    assert span(60, now=night, at_any_hour=True).done_earliest == night + timedelta(minutes=1)


def test_more_than_a_year_is_said_as_unknown() -> None:
    assert span(20_000_000).done_earliest is None


def test_a_ceiling_of_money_lets_so_many_be_called_on_a_day() -> None:
    """Three thousand people at a call a second are an hour's work, and three days' money."""
    found = span(3_000, calls_a_day=1_200)

    wednesday_nine = MONDAY_NINE + timedelta(days=2)
    assert found.done_earliest == wednesday_nine + timedelta(seconds=600)


@pytest.mark.parametrize("at_any_hour", [False, True])
def test_money_for_no_call_at_all_is_no_end(at_any_hour: bool) -> None:
    assert span(10, calls_a_day=0, at_any_hour=at_any_hour).done_earliest is None


def test_a_campaign_that_rings_at_any_hour_waits_for_midnight_with_its_money() -> None:
    found = span(3_000, calls_a_day=1_200, at_any_hour=True)

    midnight_after_next = datetime(2026, 3, 11, tzinfo=STOCKHOLM)
    assert found.done_earliest == midnight_after_next + timedelta(seconds=600)


@pytest.mark.parametrize("minute", [0, 1, 59])
def test_a_window_closes_on_its_minute(minute: int) -> None:
    opening = MONDAY_NINE + timedelta(minutes=minute, seconds=17)

    assert outlook._closing(WEEK, opening) == MONDAY_NINE + timedelta(hours=11)


@settings(deadline=None, max_examples=40)
@given(
    people=st.integers(0, 200_000),
    pace=st.floats(0.05, 50),
    room=st.integers(1, 500),
    start=st.integers(0, 14 * 24 * 60),
)
def test_the_range_is_in_order_and_its_ends_lie_in_calling_hours_or_on_their_edge(
    people: int, pace: float, room: int, start: int
) -> None:
    now = MONDAY_NINE + timedelta(minutes=start)
    found = span(people, pace=LinePace(pace, room), now=now)

    if found.done_earliest is not None and found.done_latest is not None:
        assert now <= found.done_earliest <= found.done_latest
    if people and found.done_earliest is not None:
        just_before = found.done_earliest - timedelta(microseconds=1)
        assert WEEK.is_open(just_before)


def test_the_worst_course_knows_how_often_a_telephone_may_ring() -> None:
    again: dict[RetryCause, Retry | None] = {
        RetryCause.BUSY: Retry(after="15 minutes", times=2),
        RetryCause.NO_ANSWER: Retry(after="4 hours", times=2),
        RetryCause.CUT: Retry(after="10 minutes", times=1),
    }

    assert outlook.most_attempts(again, most_calls=None) == 6
    # Twice busy, which rings nobody, and two calls that ring.
    assert outlook.most_attempts(again, most_calls=2) == 4
