"""By when money reaches for one more call, from what calls under way hold."""

from datetime import UTC, datetime, timedelta

import pytest

from survey.money_held import Hold, reaches, with_holds
from survey.permission_terms import Money

NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)
YESTERDAY = NOW.date() - timedelta(days=1)


def money(today: int, in_all: int, per_day: int | None = 100, whole: int | None = None) -> Money:
    return Money("SEK", 7, NOW.date(), today, in_all, per_day, whole)


def hold(micros: int, minutes: int) -> Hold:
    return Hold(micros, NOW + timedelta(minutes=minutes), NOW.date())


@pytest.mark.parametrize(
    ("spent", "holds", "minutes"),
    [
        (93, [hold(6, 10)], None),  # there is enough
        (94, [hold(1, 10)], 10),
        (98, [hold(6, 10)], 10),
        (98, [hold(4, 10), hold(6, 12)], 12),  # the first alone brings too little
        (98, [hold(4, 10)], None),
        (98, [], None),
        (98, [hold(6, -3)], 5),  # should be over, and nobody told us yet
        (98, [hold(0, 2), hold(5, 3)], 3),
    ],
)
def test_the_calls_that_are_over_first_bring_their_money_first(
    spent: int, holds: list[Hold], minutes: int | None
) -> None:
    expected = None if minutes is None else NOW + timedelta(minutes=minutes)

    found = with_holds(money(spent, spent, 100, 100), holds, now=NOW)

    assert (found.free_by, found.whole_free_by) == (expected, expected)
    assert reaches(found) is (spent == 93)


def test_without_a_ceiling_there_is_nothing_to_wait_for() -> None:
    none = with_holds(money(98, 98, None, None), [hold(6, 10)], now=NOW)
    of_day = with_holds(money(98, 98, 100, None), [hold(6, 10)], now=NOW)
    of_all = with_holds(money(98, 98, None, 100), [hold(6, 10)], now=NOW)

    later = NOW + timedelta(minutes=10)
    assert [(one.free_by, one.whole_free_by) for one in (none, of_day, of_all)] == [
        (None, None),
        (later, None),
        (None, later),
    ]


def test_a_call_that_began_yesterday_brings_back_the_campaigns_money_and_not_the_days() -> None:
    last_night = Hold(9, NOW + timedelta(minutes=3), YESTERDAY)

    found = with_holds(money(98, 198, 100, 200), [last_night], now=NOW)

    assert (found.free_by, found.whole_free_by) == (None, last_night.frees_by)
