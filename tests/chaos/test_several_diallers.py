"""Several dialler processes on one line: never above its limit together, and hardly below it."""

import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from config.settings import Settings
from storage.house import House, reading, transaction, utc_now
from storage.states import AttemptState, CampaignState, Disposition, InvitationState
from storage.tables import Attempt, Call, Invitation
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
    most, by_each = most_within_a_second(arrivals), sorted(pretender.asked_as.values())
    print(f"{count} diallers: {most} at most, {used:.2f} used, {by_each} by each")
    with reading() as session:
        calls = session.scalar(select(func.count()).where(Call.provider_sid.is_not(None)))
    assert len(arrivals) == calls == people
    assert len({one.to for one in pretender.made}) == people
    assert most <= PER_SECOND
    assert used >= 0.9
    # Not one of them alone: half of them at least have a good part in it.
    assert sum(asked >= people / count / 4 for asked in by_each) >= max(2, count // 2)


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


def on_the_line() -> int:
    """How many calls of any dialler are alive, as far as they are written down."""
    alive = Attempt.state != AttemptState.ENDED
    with reading() as session:
        return session.scalar(select(func.count()).where(alive)) or 0


def hang_up(count: int) -> None:
    """So many of the people who talk end their calls, and are not rung again."""
    with transaction() as session:
        over = session.scalars(
            select(Attempt).where(Attempt.state == AttemptState.PLACED).limit(count)
        ).all()
        assert len(over) == count
        for attempt in over:
            attempt.state, attempt.ended_at = AttemptState.ENDED, utc_now()
            attempt.disposition = Disposition.COMPLETED
        session.execute(
            update(Invitation)
            .where(Invitation.id.in_([one.invitation_id for one in over]))
            .values(state=InvitationState.COMPLETED, ended_at=utc_now())
        )


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.xdist_group("the pace of lines")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_diallers_share_the_room_of_a_line_and_have_no_more_calls_at_a_time(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    room, hung_up = 10, 4
    prepare(calls_per_second=100, simultaneous_calls=room)
    campaign_is(CampaignState.PAUSED)
    invite(4 * room)
    environment = environment_of_tests(settings.database_url, settings.redis_url, tmp_path)
    with pretending(Pretender()) as pretender:
        environment |= {"TWILIO_API_BASE_URL": pretender.origin, "LOG_LEVEL": "info"}
        most = 0
        with diallers(3, environment, tmp_path):
            campaign_is(CampaignState.RUNNING)
            deadline = time.monotonic() + 90
            for wanted in (room, room + hung_up, room + 2 * hung_up):
                while placed() < wanted and time.monotonic() < deadline:
                    most = max(most, on_the_line())
                    time.sleep(0.02)
                if wanted < room + 2 * hung_up:
                    hang_up(hung_up)
        # They ended in order: what they had begun is written down, and nobody begins any more.
        assert len(pretender.arrivals) == room + 2 * hung_up
        assert len({one.to for one in pretender.made}) == len(pretender.made)
    assert most <= room
    assert on_the_line() == room
