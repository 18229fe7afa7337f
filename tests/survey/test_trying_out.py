"""What is applied for trying out wakes nobody once a real provider is there."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from config.settings import Settings, load_settings
from storage.house import House, reading, transaction
from storage.tables import Campaign, Organisation
from survey import start_checks, throttling
from survey.commands import organisations_group
from survey.start_checks import CannotStartError
from survey.trying_out import disregards_hours, rings_nobody
from tests.conftest import environment_of_tests
from tests.survey.conftest import NOW

REAL = "https://api.dublin.ie1.twilio.com"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def settings(
    database_url: str, redis_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Settings:
    """At the provider that the test names, or at a real one."""
    provider = getattr(request, "param", REAL)
    told = environment_of_tests(database_url, redis_url, tmp_path)
    return load_settings(told | {"TWILIO_API_BASE_URL": provider})


def tried_out() -> tuple[Organisation, Campaign]:
    with transaction() as session:
        session.execute(update(Campaign).values(rings_at_any_hour=True))
    with reading() as session:
        wanted = select(Organisation, Campaign).join(
            Campaign, Campaign.organisation_id == Organisation.id
        )
        organisation, campaign = session.execute(wanted.limit(1)).one()
        return organisation, campaign


def test_hours_and_throttle_hold_again_with_a_real_provider(shipped: House) -> None:
    organisation, campaign = tried_out()

    assert not rings_nobody(shipped.settings)
    assert not disregards_hours(campaign)
    period = throttling.heeded_period(organisation, campaign)
    assert period == throttling.period_of(organisation)


@pytest.mark.parametrize("settings", ["http://127.0.0.1:9", "http://localhost:9"], indirect=True)
def test_on_this_machine_anybody_may_be_rung_at_night(shipped: House) -> None:
    organisation, campaign = tried_out()

    assert disregards_hours(campaign)
    assert throttling.heeded_period(organisation, campaign) is None


def test_such_a_campaign_does_not_start(shipped: House) -> None:
    organisation, campaign = tried_out()

    with reading() as session, pytest.raises(CannotStartError, match="--calling-hours"):
        start_checks.check(session, organisation, campaign, now=NOW)


def test_nobody_can_ask_for_it_at_a_real_provider(shipped: House) -> None:
    said = CliRunner().invoke(organisations_group, ["apply", "--rings-at-any-hour"])

    assert said.exit_code == 2
    assert REAL in said.output
