"""A stored decision follows from its own facts, and one can see what today's rules would say."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import TZPATH

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from config.settings import PROJECT, Settings
from storage.house import House, reading, transaction
from storage.tables import Campaign, Invitation, PermissionDecision
from survey.permission_commands import permissions_group
from survey.permission_record import UnreadableRecordError
from survey.permission_replay import replay
from tests.conftest import environment_of_tests

PLACE = "consumer-credit"
NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 10, 21, 0, tzinfo=UTC)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(permissions_group, ["replay", *arguments], catch_exceptions=False)


@pytest.fixture
def decided(shipped: House, invite: Any, desk: Any) -> None:
    """Three decisions: one by day, one at night, one after an objection list was heeded."""
    first, second = invite("case-1"), invite("case-2", phone="+46701740606")
    with transaction() as session:
        desk.ask(session, session.get_one(Invitation, first), now=NOW)
        other = session.get_one(Invitation, second)
        desk.ask(session, other, now=NIGHT)
        desk.ask(session, other, now=NOW + timedelta(minutes=1), allowed_numbers=("+46701740699",))


def rows() -> list[PermissionDecision]:
    with reading() as session:
        return list(session.scalars(select(PermissionDecision).order_by(PermissionDecision.id)))


def change(of_rule: str, **values: Any) -> None:
    with transaction() as session:
        row = session.scalars(
            select(PermissionDecision).where(PermissionDecision.rule == of_rule)
        ).one()
        for name, value in values.items():
            setattr(row, name, value)


def test_every_stored_decision_is_made_again_from_its_row_alone(decided: None) -> None:
    for row in rows():
        again = replay(row)
        assert (again.allowed, again.rule, again.next_allowed_at) == (
            row.allowed, row.rule, row.next_allowed_at,
        )  # fmt: skip


def test_while_nothing_changes_everything_is_decided_the_same(decided: None) -> None:
    result = run("--organisation", "consumer-credit")

    assert result.exit_code == 0
    assert result.stdout == (
        "organisation consumer-credit: 3 decisions, 3 decided the same today, "
        "0 would be decided otherwise, 0 do not follow from their own facts\n"
    )


def test_a_file_that_changed_shows_what_it_would_have_changed(decided: None) -> None:
    with transaction() as session:
        campaign = session.scalars(select(Campaign).where(Campaign.key == "after-case")).one()
        campaign.rules = campaign.rules | {"window": {"tuesday": [["21:00", "23:00"]]}}

    result = run("--organisation", "consumer-credit")

    assert result.exit_code == 0
    assert "1 decided the same today, 2 would be decided otherwise, 0 do not" in result.stdout
    assert "2026-03-10 11:00 was allowed; today: refused by outside_calling_hours" in result.stdout
    assert "2026-03-10 22:00 was refused by outside_calling_hours; today: allowed" in result.stdout


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"allowed": True, "rule": "allowed", "next_allowed_at": None}, "its own facts give"),
        ({"next_allowed_at": NOW}, "its own facts give: refused by outside_calling_hours"),
        ({"decided_at": NOW}, "its own facts give: allowed"),
        ({"facts": {"v": 1, "anything": "else"}}, "its facts cannot be read"),
        ({"method": "sms"}, "its facts cannot be read"),
    ],
)
def test_a_row_that_somebody_changed_does_not_follow_from_its_facts(
    decided: None, values: dict[str, Any], words: str
) -> None:
    change("outside_calling_hours", **values)

    result = run()

    assert result.exit_code == 1
    assert "1 do not follow from their own facts" in result.stdout
    assert words in result.stdout
    assert "organisation software: 0 decisions" in result.stdout


def test_what_older_rules_decided_otherwise_is_no_fault_of_the_row(decided: None) -> None:
    (at_night,) = [row for row in rows() if row.rule == "outside_calling_hours"]
    change(
        "outside_calling_hours",
        facts=at_night.facts | {"rules": 0},
        rule="allowed",
        allowed=True,
        next_allowed_at=None,
    )

    result = run("--organisation", "consumer-credit")

    assert result.exit_code == 0
    assert "was allowed; today: refused by outside_calling_hours (newer rules)" in result.stdout


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_other_time_zone_data_decide_otherwise_is_no_fault_of_the_row(
    decided: None, settings: Settings, tmp_path: Path
) -> None:
    # What an upgrade of the system may bring: Stockholm has the time of Moscow.
    there = next(at for one in TZPATH if (at := Path(one) / "Europe/Moscow").exists())
    (tmp_path / "newer/Europe").mkdir(parents=True)
    shutil.copy(there, tmp_path / "newer/Europe/Stockholm")
    environment = environment_of_tests(settings.database_url, settings.redis_url, tmp_path)
    environment["PYTHONTZPATH"] = os.pathsep.join([str(tmp_path / "newer"), *TZPATH])

    result = subprocess.run(
        [sys.executable, "-m", "flask", "permissions", "replay", "--organisation", PLACE],
        cwd=PROJECT, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    # Nine in the evening in the world is midnight there: looked at again by another nine o'clock.
    assert (result.returncode, result.stderr) == (0, "")
    assert "1 would be decided otherwise, 0 do not follow" in result.stdout
    assert "today: refused by outside_calling_hours (other time zone data)" in result.stdout


def test_only_decisions_since_a_day_are_looked_at(decided: None) -> None:
    result = run("--organisation", "consumer-credit", "--since", "2026-03-11")

    assert "organisation consumer-credit: 0 decisions" in result.stdout


def test_a_long_list_is_cut_and_says_how_much_is_left(decided: None) -> None:
    change("outside_calling_hours", decided_at=NOW)

    result = run("--organisation", "consumer-credit", "--show", "0")

    assert result.stdout.endswith("  and 1 more\n")


def test_an_organisation_that_is_not_there_is_an_operators_mistake(shipped: House) -> None:
    result = run("--organisation", "nobody")

    assert result.exit_code == 2
    assert "there is no organisation called 'nobody'" in result.stderr


def test_a_record_without_facts_is_not_read(decided: None) -> None:
    change("outside_calling_hours", facts={})

    (row,) = [row for row in rows() if not row.facts]
    with pytest.raises(UnreadableRecordError):
        replay(row)
