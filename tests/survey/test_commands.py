"""The commands as an operator types them: what they say, and how they end."""

import json
import re
import shutil
import stat
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from config.settings import PROJECT
from storage.house import House, reading, transaction, utc_now
from storage.states import CampaignState, InvitationState
from storage.tables import Campaign, Invitation, Organisation
from survey.commands import (
    campaigns_group,
    interactions_group,
    organisations_group,
    responses_group,
)

HEADER = "case_reference,phone,email,name,locale,channel,reason,team,happened_at"
PLACE = ("--organisation", "consumer-credit", "--campaign", "after-case")


def hide(text: str, *, language: str | None = None) -> str:
    return "hidden"


def run(group: click.Group, *arguments: str | Path) -> Result:
    return CliRunner().invoke(group, [str(one) for one in arguments], catch_exceptions=False)


def line(reference: str, phone: str = "0701740605") -> str:
    return f"{reference},{phone},,,,,,,{utc_now().isoformat()}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped files, to be spoilt."""
    place = tmp_path / "operator"
    for name in ("organisations", "surveys", "prompts"):
        shutil.copytree(PROJECT / "config" / name, place / name)
    return place


def test_apply_says_what_changed_and_then_that_nothing_does(house: House, folder: Path) -> None:
    first = run(organisations_group, "apply", "--config-dir", folder)
    second = run(organisations_group, "apply", "--config-dir", folder)

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "organisation consumer-credit: campaign after-case: new, running" in first.stdout
    assert second.stdout == "5 organisations: nothing to change\n"


def test_apply_without_a_folder_takes_the_one_of_the_settings(house: House) -> None:
    assert run(organisations_group, "apply", "--rings-at-any-hour").exit_code == 0

    with reading() as session:
        assert set(session.scalars(select(Campaign.rings_at_any_hour))) == {True}


def test_check_changes_nothing(house: House, folder: Path) -> None:
    result = run(organisations_group, "apply", "--check", "--config-dir", folder)

    assert (result.exit_code, result.stdout) == (0, "5 organisations: nothing wrong\n")
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Organisation)) == 0


@pytest.mark.parametrize("check", [(), ("--check",)])
def test_every_fault_of_every_file_is_told_at_once_and_nothing_is_applied(
    house: House, folder: Path, check: tuple[str, ...]
) -> None:
    (folder / "organisations" / "software.yaml").write_text("key: [unclosed\n", "utf-8")
    credit = folder / "organisations" / "consumer-credit.yaml"
    credit.write_text(credit.read_text("utf-8").replace("delay: 1 hour", "delay: soon"), "utf-8")

    result = run(organisations_group, "apply", "--config-dir", folder, *check)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "organisations/software.yaml:" in result.stderr
    assert "organisations/consumer-credit.yaml:" in result.stderr
    assert "'soon'" in result.stderr
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Organisation)) == 0


def test_an_import_says_how_many_lines_became_what(shipped: House, write: Any) -> None:
    path = write(HEADER, line("A-1"), line("A-2", "0701740606"), line("A-1"))

    result = run(interactions_group, "import", path, *PLACE)

    assert result.exit_code == 0
    assert result.stdout == (
        "3 lines, 2 invited, 1 known already, 0 objected, 0 too old, 0 left out\n"
    )


def test_an_import_that_left_lines_out_ends_with_one_and_names_the_list(
    shipped: House, write: Any
) -> None:
    path = write(HEADER, line("A-1"), line("A-2", "12"))

    result = run(interactions_group, "import", path, *PLACE)

    assert result.exit_code == 1
    assert "1 invited" in result.stdout
    assert f"{path}.errors.csv" in result.stderr.replace("\n", "")


def test_a_dry_run_says_so_and_invites_nobody(shipped: House, write: Any) -> None:
    result = run(interactions_group, "import", write(HEADER, line("A-1")), *PLACE, "--dry-run")

    assert result.stdout.startswith("1 lines, would be: 1 invited")
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Invitation)) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"--organisation": "acme"}, "no organisation called 'acme'; there are: answering-"),
        ({"--campaign": "before"}, "no campaign of consumer-credit called 'before'; there are: af"),
    ],
)
def test_an_unknown_place_is_one_clear_line_and_exit_code_two(
    shipped: House, write: Any, change: dict[str, str], words: str
) -> None:
    options = {"--organisation": "consumer-credit", "--campaign": "after-case"} | change
    flat = [part for option in options.items() for part in option]

    result = run(interactions_group, "import", write(HEADER, line("A-1")), *flat)

    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_a_file_that_is_none_is_one_clear_line_and_exit_code_two(
    shipped: House, write: Any
) -> None:
    result = run(interactions_group, "import", write("a,b,c"), *PLACE)

    assert result.exit_code == 2
    assert "Error: the file lacks the columns case_reference" in result.stderr


def test_an_import_shows_on_a_terminal_how_far_it_is_and_nowhere_else(
    shipped: House, write: Any
) -> None:
    cases = [f"A-{n},+4670174{n:04d},,,,,,,2026-03-10T09:00" for n in range(600)]
    file = write(HEADER, *cases, name="many.csv")
    place = ("import", str(file), *PLACE)

    seen = CliRunner().invoke(interactions_group, place, env={"FORCE_COLOR": "1", "COLUMNS": "90"})
    piped = CliRunner().invoke(interactions_group, place, env={"FORCE_COLOR": None})

    frames = [one for one in seen.stderr.split("many.csv") if "━" in one]
    assert "0:00:00" in frames[-1]  # nothing is left
    assert "━" * 40 in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frames[-1])
    assert "600 lines" in seen.stdout
    assert "many.csv" not in piped.stdout + piped.stderr


def test_campaigns_are_paused_started_and_stopped_by_name(shipped: House) -> None:
    said = [run(campaigns_group, verb, *PLACE).stdout for verb in ("pause", "pause", "start")]
    stopped = run(campaigns_group, "stop", *PLACE)

    assert said == [
        "campaign after-case of consumer-credit: paused\n",
        "campaign after-case of consumer-credit: already paused\n",
        "campaign after-case of consumer-credit: running\n",
    ]
    assert stopped.exit_code == 0
    with reading() as session:
        state = session.scalars(select(Campaign.state).where(Campaign.key == "after-case")).one()
    assert state is CampaignState.STOPPED


def test_a_stopped_campaign_is_started_again_as_its_help_says(shipped: House) -> None:
    for verb in ("stop", "start"):
        assert run(campaigns_group, verb, *PLACE).exit_code == 0
    told = run(campaigns_group, "stop", "--help").stdout

    assert "until it is started again" in " ".join(told.split())
    with reading() as session:
        state = session.scalars(select(Campaign.state).where(Campaign.key == "after-case")).one()
    assert state is CampaignState.RUNNING


def test_an_unknown_campaign_cannot_be_paused(shipped: House) -> None:
    result = run(campaigns_group, "pause", "--organisation", "acme", "--campaign", "after-case")

    assert result.exit_code == 2
    assert "acme" in result.stderr


def ended(invitation_id: Any) -> None:
    with transaction() as session:
        session.get_one(Invitation, invitation_id).state = InvitationState.UNREACHED


def export(*arguments: str | Path) -> Result:
    return run(responses_group(hide), "export", "--organisation", "consumer-credit", *arguments)


def test_an_export_goes_to_standard_output_one_object_a_line(shipped: House, invite: Any) -> None:
    ended(invite("Å-1"))

    result = export("--format", "jsonl")

    assert result.exit_code == 0
    (told,) = [json.loads(one) for one in result.stdout.splitlines()]
    assert (told["case_reference"], told["status"]) == ("Å-1", "unreached")


@pytest.mark.parametrize("kind", ["jsonl", "csv", "xlsx"])
def test_an_exported_file_is_readable_by_its_owner_alone_and_complete_or_absent(
    shipped: House, invite: Any, tmp_path: Path, kind: str
) -> None:
    ended(invite())
    out = tmp_path / "out" / f"answers.{kind}"
    out.parent.mkdir()

    result = export("--format", kind, "--out", out)

    assert result.exit_code == 0
    assert "1 lines" in result.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert [one.name for one in out.parent.iterdir()] == [out.name]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--format", "xlsx"), "--out"),
        (("--format", "jsonl", "--out", "/nowhere/answers.jsonl"), "cannot be written"),
        (("--organisation", "acme"), "no organisation called 'acme'"),
    ],
)
def test_an_export_that_cannot_be_made_says_why(
    shipped: House, arguments: tuple[str, ...], words: str
) -> None:
    result = export(*arguments)

    assert result.exit_code == 2
    assert words in result.stderr
