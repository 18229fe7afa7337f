"""What is applied for trying out wakes nobody once a real provider is there."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from config.settings import Settings, load_settings
from storage.house import House, reading, transaction, utc_now
from storage.states import CallState
from storage.tables import Campaign, Line, LineProbe, Organisation, User
from survey import start_checks, throttling
from survey.commands import campaigns_group, organisations_group
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


def run(verb: str) -> Result:
    place = ("--organisation", "consumer-credit", "--campaign", "after-case")
    return CliRunner().invoke(campaigns_group, [verb, *place], catch_exceptions=False)


def test_whoever_starts_a_campaign_is_told_of_a_line_that_was_never_probed(shipped: House) -> None:
    with reading() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.key == "after-case")).first()
        assert campaign is not None
        number = session.get_one(Line, campaign.line_id).number
    refused = run("pause")
    never = run("start")
    with transaction() as session:
        user = User(password_hash="none", created_at=utc_now())
        session.add(user)
        session.flush()
        session.add(
            LineProbe(
                organisation_id=campaign.organisation_id, line_id=campaign.line_id,
                started_by=user.id, allowed=True, rule="allowed", facts={}, token="t",
                state=CallState.COMPLETED, cost_micros=0, asked_at=utc_now(),
            )
        )  # fmt: skip
    probed = run("start")

    assert never.stdout == "campaign after-case of consumer-credit: running\n"
    assert never.stderr.startswith(f"note: the line {number} was never probed: ")
    assert f"flask lines probe {number} --organisation consumer-credit" in never.stderr
    assert (refused.stderr, probed.stderr) == ("", "")


@pytest.mark.parametrize("settings", ["http://127.0.0.1:9"], indirect=True)
def test_a_line_that_rings_nobody_need_not_be_probed(shipped: House) -> None:
    assert run("start").stderr == ""
