"""Several dialler processes on one line: never above its limit together, and hardly below it."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select

from config.settings import Settings
from storage.house import House, reading
from storage.states import AttemptState, CampaignState
from storage.tables import Attempt, Call
from tests.chaos.dialling_ground import campaign_is, diallers, invite, prepare
from tests.chaos.pretender import Pretender, pretending
from tests.conftest import environment_of_tests

PER_SECOND = 20


def most_within_a_second(arrivals: Sequence[float]) -> int:
    """The most requests in any second, wherever it begins."""
    return max(sum(first <= one < first + 1 for one in arrivals) for first in arrivals)


def placed() -> int:
    with reading() as session:
        return (
            session.scalar(select(func.count()).where(Attempt.state != AttemptState.PLACING)) or 0
        )


def run(
    count: int, people: int, *, settings: Settings, folder: Path, pretender: Pretender
) -> list[float]:
    """Let so many diallers ring so many people; when each request came."""
    prepare(calls_per_second=PER_SECOND, simultaneous_calls=people)
    campaign_is(CampaignState.PAUSED)
    invite(people)
    environment = environment_of_tests(settings.database_url, settings.redis_url, folder)
    environment |= {"TWILIO_API_BASE_URL": pretender.origin, "LOG_LEVEL": "info"}
    with diallers(count, environment, folder):
        campaign_is(CampaignState.RUNNING)
        deadline = time.monotonic() + 90
        while len(pretender.arrivals) < people and time.monotonic() < deadline:
            time.sleep(0.1)
        while placed() < people and time.monotonic() < deadline:
            time.sleep(0.1)
    return list(pretender.arrivals)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.xdist_group("the pace of lines")
@pytest.mark.parametrize("count", [2, 4, 8])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_diallers_share_one_line_never_above_its_limit_and_use_nine_tenths_of_it(
    house: House, settings: Settings, tmp_path: Path, count: int
) -> None:
    people = 8 * PER_SECOND
    with pretending(Pretender()) as pretender:
        arrivals = run(count, people, settings=settings, folder=tmp_path, pretender=pretender)

    # From the second second on: the first begins with diallers that were asleep.
    steady = [one for one in arrivals if one >= arrivals[0] + 1]
    used = (len(steady) - 1) / (steady[-1] - steady[0]) / PER_SECOND
    print(f"{count} diallers: {most_within_a_second(arrivals)} at most, {used:.2f} used")
    with reading() as session:
        calls = session.scalar(select(func.count()).where(Call.provider_sid.is_not(None)))
    assert len(arrivals) == calls == people
    assert len({one.to for one in pretender.made}) == people
    assert most_within_a_second(arrivals) <= PER_SECOND
    assert used >= 0.9


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.xdist_group("the pace of lines")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_diallers_on_sqlite_are_as_safe(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    people = 3 * PER_SECOND
    with pretending(Pretender()) as pretender:
        arrivals = run(2, people, settings=settings, folder=tmp_path, pretender=pretender)

    assert len(arrivals) == len({one.to for one in pretender.made}) == people
    assert most_within_a_second(arrivals) <= PER_SECOND
