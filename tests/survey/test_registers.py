"""Outside registers: the numbers go out in a file of one's own, the answers come in with a date."""

import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from storage.house import House, reading, transaction, utc_now
from storage.tables import (
    Campaign,
    Customer,
    Invitation,
    Organisation,
    PermissionDecision,
    RegisterResult,
)
from survey import permission_words, preview, preview_words
from survey.permission import Rule
from survey.register_commands import registers_group
from survey.restrictions import Cause, restrict

PLACE = ("--organisation", "consumer-credit")
CAMPAIGN = (*PLACE, "--campaign", "after-case")
NIX = (*PLACE, "--register", "nix")
TODAY = utc_now().date()
ON = ("--checked-on", TODAY.isoformat())


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(
        registers_group, [str(one) for one in arguments], catch_exceptions=False
    )


def heeds(**changes: Any) -> None:
    """Have the lender's campaign heed registers as its file might say."""
    with transaction() as session:
        campaign = session.scalars(
            select(Campaign)
            .join(Organisation, Organisation.id == Campaign.organisation_id)
            .where(Organisation.key == "consumer-credit")
        ).one()
        campaign.rules = campaign.rules | changes


@pytest.fixture
def washed(shipped: House) -> House:
    heeds(registers=[{"key": "nix", "valid_for": "30 days"}])
    return shipped


def results() -> list[RegisterResult]:
    with reading() as session:
        return list(session.scalars(select(RegisterResult)))


def numbers(out: Path) -> set[str]:
    return set(out.read_text("ascii").split()[1:])


def test_numbers_of_open_invitations_go_out_into_a_file_that_only_its_owner_reads(
    washed: House, invite: Any, tmp_path: Path
) -> None:
    now = utc_now()
    for number, phone in enumerate(("+46701740605", "+46701740699", "+46701740605")):
        invite(f"case-{number}", phone=phone, happened_at=now - timedelta(hours=2), now=now)
    out = tmp_path / "wash.csv"

    result = run("export-numbers", *CAMPAIGN, "--out", out)

    assert result.stdout == f"{out}: 2 numbers\n"
    assert "delete the file" in result.stderr
    assert numbers(out) == {"+46701740605", "+46701740699"}
    assert out.read_text("ascii").startswith("phone\n") or out.read_bytes().startswith(b"phone\r")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_what_was_washed_and_still_counts_is_not_asked_about_again(
    washed: House, invite: Any, write: Any, tmp_path: Path
) -> None:
    now = utc_now()
    for number, phone in enumerate(("+46701740605", "+46701740699")):
        invite(f"case-{number}", phone=phone, happened_at=now - timedelta(hours=2), now=now)
    run("import", write("phone,listed", "0701740605,no"), *NIX, *ON)
    out = tmp_path / "wash.csv"

    run("export-numbers", *CAMPAIGN, "--out", out)
    assert numbers(out) == {"+46701740699"}

    with transaction() as session:
        session.scalars(select(RegisterResult)).one().expires_at = now
    run("export-numbers", *CAMPAIGN, "--out", out)
    assert numbers(out) == {"+46701740605", "+46701740699"}


def test_a_number_is_asked_about_again_when_the_answer_is_too_old_for_this_campaign(
    washed: House, invite: Any, write: Any, tmp_path: Path
) -> None:
    now = utc_now()
    invite(happened_at=now - timedelta(hours=2), now=now)
    out = tmp_path / "wash.csv"
    run(
        "import",
        write("phone,listed", "0701740605,no"),
        *NIX,
        "--checked-on",
        f"{now - timedelta(days=20):%Y-%m-%d}",
    )
    run("export-numbers", *CAMPAIGN, "--out", out)
    assert numbers(out) == set()

    # The row says 3 months still; the campaign's file says less since.
    heeds(registers=[{"key": "nix", "valid_for": "10 days"}])
    run("export-numbers", *CAMPAIGN, "--out", out)

    assert numbers(out) == {"+46701740605"}


def test_a_number_is_asked_about_as_long_as_one_of_several_registers_is_missing(
    washed: House, invite: Any, write: Any, tmp_path: Path
) -> None:
    heeds(company_numbers={"register": "companies", "window": {"monday": [["08:00", "17:00"]]}})
    now = utc_now()
    invite(happened_at=now - timedelta(hours=2), now=now)
    run("import", write("phone,listed", "0701740605,no"), *NIX, *ON)
    out = tmp_path / "wash.csv"

    assert run("export-numbers", *CAMPAIGN, "--out", out).stdout.endswith("1 numbers\n")


def test_nobody_whose_data_are_frozen_is_given_to_a_register(
    washed: House, invite: Any, tmp_path: Path
) -> None:
    now = utc_now()
    invite(happened_at=now - timedelta(hours=2), now=now)
    with transaction() as session:
        customer = session.scalars(select(Customer)).one()
        restrict(session, customer, cause=Cause.NEEDED_FOR_CLAIM, at=now, review_at=None)

    result = run("export-numbers", *CAMPAIGN, "--out", tmp_path / "wash.csv")

    assert result.stdout.endswith("0 numbers\n")
    assert result.stderr == ""


def test_answers_count_from_their_day_for_as_long_as_the_campaign_says(
    washed: House, write: Any
) -> None:
    path = write("phone,listed", "0701740605,yes", "+46701740699,No", "0701740688,")

    first = run("import", path, *NIX, *ON)
    again = run("import", path, *NIX, *ON)

    until = TODAY + timedelta(days=30)
    assert first.stdout == (
        f"3 lines: 3 new answers, 0 known already, 0 left out; they count until {until}\n"
    )
    assert again.stdout.startswith("3 lines: 0 new answers, 3 known already")
    assert sorted(one.listed for one in results()) == [False, False, True]
    assert {one.register_key for one in results()} == {"nix"}


def test_a_newer_answer_takes_the_place_of_an_older_one_and_never_the_other_way_round(
    washed: House, write: Any
) -> None:
    yesterday = ("--checked-on", (TODAY - timedelta(days=1)).isoformat())
    run("import", write("phone,listed", "0701740605,no"), *NIX, *yesterday)

    run("import", write("phone,listed", "0701740605,yes"), *NIX, *ON)
    run("import", write("phone,listed", "0701740605,no"), *NIX, *yesterday)

    (result,) = results()
    assert result.listed
    assert result.checked_at.astimezone(UTC) > datetime.now(UTC) - timedelta(days=2)


def test_lines_that_cannot_be_used_are_listed_and_the_others_stored(
    washed: House, write: Any
) -> None:
    path = write("phone,listed", "12,no", "0701740605,perhaps", ",yes", "0701740605,yes")

    result = run("import", path, *NIX, *ON)

    assert result.exit_code == 1
    listed = path.with_name(path.name + ".errors.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[:2] for line in listed[1:]] == [
        ["2", "phone"], ["3", "listed"], ["4", ""],
    ]  # fmt: skip
    assert len(results()) == 1


def test_a_register_of_companies_needs_a_word_on_how_long_it_counts(
    shipped: House, write: Any
) -> None:
    heeds(company_numbers={"register": "companies", "window": {"monday": [["08:00", "17:00"]]}})
    path = write("phone,listed", "0701740605,yes")
    companies = (*PLACE, "--register", "companies", *ON)

    refused = run("import", path, *companies)
    stored = run("import", path, *companies, "--valid-for", "1 year")

    assert (refused.exit_code, "--valid-for" in refused.stderr) == (2, True)
    assert stored.exit_code == 0
    assert len(results()) == 1


@pytest.mark.parametrize(
    ("arguments", "clue"),
    [
        ((*PLACE, "--register", "robinson", *ON), "there are: nix"),
        ((*NIX, "--checked-on", "2999-01-31"), "lies in the future"),
        ((*NIX, "--checked-on", "2020-01-31"), "stopped counting on 2020-03-01"),
        ((*NIX, *ON, "--valid-for", "long"), "--valid-for: 'long' is not a period"),
    ],
)
def test_what_an_operator_got_wrong_is_said_and_nothing_is_stored(
    washed: House, write: Any, arguments: tuple[str, ...], clue: str
) -> None:
    result = run("import", write("phone,listed", "0701740605,yes"), *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    assert clue in result.stderr
    assert results() == []


def test_a_campaign_that_heeds_no_register_has_nothing_to_wash(
    shipped: House, tmp_path: Path
) -> None:
    out = tmp_path / "wash.csv"

    result = run("export-numbers", *CAMPAIGN, "--out", out)

    assert result.exit_code == 2
    assert "heeds no register" in result.stderr
    assert not out.exists()


def test_an_answer_that_comes_in_stops_whoever_is_a_customer_already_and_is_told_with_its_days(
    washed: House, invite: Any, desk: Any, write: Any
) -> None:
    """Customers, invitation and all were there before the register was asked."""
    now = utc_now()
    stopped, other = (
        invite(f"case-{phone}", phone=phone, happened_at=now - timedelta(hours=2), now=now)
        for phone in ("+46701740605", "+46701740606")
    )
    run("import", write("phone,listed", "0701740605,yes", "0701740606,no"), *NIX, *ON)

    with transaction() as session:
        rules = {
            item: getattr(desk.ask(session, session.get_one(Invitation, item), now=now), "rule", "")
            for item in (stopped, other)
        }
        decision = session.scalars(
            select(PermissionDecision).where(PermissionDecision.invitation_id == stopped)
        ).one()
    found = preview.preview(washed, organisation="consumer-credit", campaign="after-case", at=now)

    assert rules[stopped] is Rule.BLOCKED_BY_REGISTER
    assert rules[other] is not Rule.BLOCKED_BY_REGISTER
    ends = f"{said(TODAY + timedelta(days=30))} at 00:00"
    assert permission_words.in_words(decision) == (
        "Not called: the register nix lists the number "
        f"(asked on {said(TODAY)}, counts until {ends})."
    )
    assert (
        f"           1  a register forbids it (blocked_by_register); nix last asked on {TODAY}, "
        f"the first answer counts until {ends}"
    ) in list(preview_words.lines(found))
    (told,) = [one for one in preview_words.document(found)["rules"] if "registers" in one]
    assert set(told["registers"]["nix"]) == {"asked", "ends"}


def said(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
