"""Guesses are counted one by one, however many come at once, and nobody's place is kept."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from messaging import guess_limits
from messaging.guess_limits import Allowance, Allowed
from privacy import receipt_codes
from storage import alarms
from storage.house import House, reading

SECRET = "a secret of the tests, long enough"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY, YEAR = 86_400, 365.25


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """What is counted lies in Redis: one database is enough."""
    path = tmp_path / "genklang.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite:///{path}"


def test_many_guesses_at_once_get_no_more_than_one_place_has(house: House) -> None:
    with ThreadPoolExecutor(32) as crowd:
        told = list(
            crowd.map(
                lambda _: guess_limits.take(house.bell.redis, "203.0.113.7", secret=SECRET),
                range(200),
            )
        )

    assert told.count(Allowed.YES) == guess_limits.OF_ONE_PLACE.at_once
    assert told.count(Allowed.NOT_FROM_THERE) == 200 - guess_limits.OF_ONE_PLACE.at_once


def test_many_places_together_get_no_more_than_everybody_has(house: House) -> None:
    everybody = Allowance(at_once=50, seconds_each=3600)

    with ThreadPoolExecutor(32) as crowd:
        told = list(
            crowd.map(
                lambda number: guess_limits.take(
                    house.bell.redis, f"2001:db8:{number}::/64", secret=SECRET, of_all=everybody
                ),
                range(200),
            )
        )

    assert told.count(Allowed.YES) == 50
    assert told.count(Allowed.NOT_BY_ANYBODY) == 150


def test_an_interval_later_one_more_is_taken_and_what_is_over_leaves_redis(house: House) -> None:
    brief = Allowance(at_once=2, seconds_each=0.05)
    take = lambda: guess_limits.take(house.bell.redis, "here", secret=SECRET, of_one=brief)  # noqa: E731
    assert [take(), take()] == [Allowed.YES, Allowed.YES]

    (name,) = house.bell.redis.keys(f"{guess_limits.PLACE}*")

    assert 0 < house.bell.redis.pttl(name) <= 100
    assert b"here" not in name


def test_whose_place_it_is_cannot_be_told_without_the_secret(house: House) -> None:
    guess_limits.take(house.bell.redis, "203.0.113.7", secret=SECRET)
    first = set(house.bell.redis.keys(f"{guess_limits.PLACE}*"))
    guess_limits.take(house.bell.redis, "203.0.113.7", secret=SECRET + "!")

    assert len(set(house.bell.redis.keys(f"{guess_limits.PLACE}*")) - first) == 1


def test_guessing_is_hopeless_by_the_figures_of_the_decision() -> None:
    """A million codes that count, and somebody who uses up everybody's allowance for ever."""
    of_all, of_one = guess_limits.OF_EVERYBODY, guess_limits.OF_ONE_PLACE
    a_day = DAY / of_all.seconds_each
    chance_each = 1_000_000 / 10**receipt_codes.DIGITS

    years = 1 / (a_day * chance_each) / YEAR

    assert years > 150
    assert a_day / (DAY / of_one.seconds_each) >= 70  # places that it takes


def test_the_operator_is_told_and_it_is_over_when_everybody_may_guess_again(house: House) -> None:
    guess_limits.take(house.bell.redis, "here", secret=SECRET)
    guess_limits.alarm(now=NOON)
    guess_limits.calm_down(house, now=NOON)
    with reading() as session:
        assert alarms.is_open(session, guess_limits.ALARM)

    house.bell.redis.delete(guess_limits.EVERYBODY)
    guess_limits.calm_down(house, now=NOON)

    with reading() as session:
        assert not alarms.is_open(session, guess_limits.ALARM)
