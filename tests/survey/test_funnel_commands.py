"""`flask campaigns funnel` as an operator types it."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from storage.house import House, transaction
from storage.states import Disposition
from storage.tables import Invitation
from survey import attempts, history, spending
from survey.funnel_commands import show_funnel
from survey.permission_facts import rules_of
from tests.survey.conftest import NOW, Desk, Invite

PLACE = ("--organisation", "consumer-credit", "--campaign", "after-case")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(show_funnel, arguments, catch_exceptions=False)


@pytest.fixture
def one_was_busy(invite: Invite, desk: Desk) -> None:
    """One call was placed, and the line was engaged."""
    invitation_id = invite()
    with transaction() as session:
        attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
        campaign = desk.campaign(session)
        spending.reserve(session, attempt, campaign, rules_of(campaign))
        attempts.made(session, attempt)
        attempt.ended_at = NOW
        history.ended(session, attempt, Disposition.BUSY, answered_at=None)
        desk.end(session, attempt, Disposition.BUSY, now=NOW)
        spending.settle(session, attempt, talk=timedelta())


def test_the_funnel_is_a_table_with_what_was_spent(one_was_busy: None) -> None:
    said = run(*PLACE).stdout.splitlines()

    assert said[0] == "campaign after-case of consumer-credit: running"
    assert said[1].split() == [
        "tried", "texted", "reached", "started", "completed", "refused", "objected", "mistaken",
    ]  # fmt: skip
    assert said[2].split() == ["in", "all", "1", *"0000000"]
    # One person is no group: neither the attempt nor the hour is told.
    assert said[3] == "hours and attempts in whole groups of 5, rounded down"
    assert said[-1].endswith("in all 0.10 SEK")


def test_other_programs_get_the_same_as_json(one_was_busy: None) -> None:
    document = json.loads(run(*PLACE, "--format", "json").stdout)

    assert document["funnel"]["tried"] == 1
    assert document["by_hour"] == document["by_attempt"] == {}
    assert document["smallest_group"] == 5
    assert (document["state"], document["currency"], document["spent_whole"]) == (
        "running",
        "SEK",
        0.1,
    )


def test_hours_and_attempts_are_told_of_whole_groups(invite: Invite, desk: Desk) -> None:
    for number in range(7):
        invitation_id = invite(f"case-{number}", phone=f"+467017406{number:02d}")
        with transaction() as session:
            attempt = desk.ring(session, session.get_one(Invitation, invitation_id))
            attempts.made(session, attempt)
            desk.end(session, attempt, Disposition.BUSY, now=NOW)

    said = run(*PLACE).stdout.splitlines()
    document = json.loads(run(*PLACE, "--format", "json").stdout)

    assert said[2].split() == ["in", "all", "7", *"0000000"]
    assert said[3].split() == ["attempt", "1", "5", *"0000000"]
    assert said[4].split() == ["11", "to", "12", "5", *"0000000"]
    assert document["by_hour"]["11"]["tried"] == document["by_attempt"]["1"]["tried"] == 5


def test_a_campaign_that_is_not_there_is_one_clear_line(shipped: House) -> None:
    said = run("--organisation", "consumer-credit", "--campaign", "nothing")

    assert said.exit_code == 2
    assert said.stderr.count("\n") == 1
    assert "after-case" in said.stderr
