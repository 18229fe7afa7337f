"""A campaign that is paused rings nobody a moment later, and goes on where it was when started."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from config.settings import Settings
from storage.house import House, reading
from storage.states import AttemptState, CampaignState, Disposition
from storage.tables import Attempt
from survey.commands import campaigns_group
from tests.chaos.dialling_ground import campaign_is, diallers, invite, prepare
from tests.chaos.pretender import Pretender, pretending
from tests.chaos.service import CAMPAIGN, ORGANISATION
from tests.conftest import environment_of_tests

PEOPLE = 30


def command(verb: str) -> None:
    """What a supervisor types."""
    done = CliRunner().invoke(
        campaigns_group, [verb, "--organisation", ORGANISATION, "--campaign", CAMPAIGN]
    )
    assert done.exit_code == 0, done.output


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def counted(*states: AttemptState) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).where(Attempt.state.in_(states))) or 0


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.xdist_group("the pace of lines")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nobody_is_rung_any_more_and_everybody_once_in_the_end(
    house: House, settings: Settings, tmp_path: Path
) -> None:
    prepare(calls_per_second=5, simultaneous_calls=PEOPLE)
    campaign_is(CampaignState.PAUSED)
    invite(PEOPLE)
    environment = environment_of_tests(settings.database_url, settings.redis_url, tmp_path)
    with pretending(Pretender()) as pretender:
        environment |= {"TWILIO_API_BASE_URL": pretender.origin, "LOG_LEVEL": "info"}
        with diallers(2, environment, tmp_path):
            command("start")
            until(lambda: len(pretender.arrivals) >= 8)
            command("pause")
            # Orders that waited for their moment are given back within seconds.
            until(lambda: counted(AttemptState.PLACING) == 0)
            rung = len(pretender.arrivals)
            time.sleep(2)  # time for ten more, if anybody still dialled
            still = len(pretender.arrivals)
            command("start")
            until(lambda: len(pretender.arrivals) >= PEOPLE)
            until(lambda: counted(AttemptState.PLACING) == 0)

    assert rung == still < PEOPLE
    assert len({one.to for one in pretender.made}) == len(pretender.made) == PEOPLE
    with reading() as session:
        ended = set(
            session.scalars(select(Attempt.disposition).where(Attempt.state == AttemptState.ENDED))
        )
    assert ended <= {Disposition.GIVEN_BACK}
