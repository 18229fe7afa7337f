"""By when the day's money reaches for one more call, from what calls under way hold."""

from datetime import UTC, datetime, timedelta

import pytest

from survey.money_held import Hold, free_by
from survey.permission_terms import Money

NOW = datetime(2026, 3, 10, 11, 0, tzinfo=UTC)


def money(spent: int, per_day: int | None = 100) -> Money:
    return Money("SEK", 7, NOW.date(), spent_today=spent, per_day=per_day)


def hold(micros: int, minutes: int) -> Hold:
    return Hold(micros, NOW + timedelta(minutes=minutes))


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

    assert free_by(money(spent), holds, now=NOW) == expected


def test_without_a_ceiling_of_the_day_there_is_nothing_to_wait_for() -> None:
    assert free_by(money(98, None), [hold(6, 10)], now=NOW) is None
