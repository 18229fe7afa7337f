"""What an operator sees of retention: what goes when, and that it went."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from click.testing import CliRunner
from sqlalchemy import func, select

from privacy.commands import retention_group
from storage.house import House, reading, utc_now
from storage.tables import Answer
from tests.rows import (
    make_campaign,
    make_comment,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
)


def call(*arguments: str) -> Any:
    return CliRunner().invoke(retention_group, list(arguments))


def answer(at: datetime, **organisation: Any) -> str:
    """Somebody who answered and commented; the key of the organisation."""
    made = make_organisation(**organisation)
    campaign = make_campaign(made)
    invitation = make_invitation(campaign, make_customer(made, at=at), at=at)
    make_comment(make_response(campaign, invitation, at=at), at=at)
    return made.key


def lines(result: Any) -> dict[str, int]:
    return {line.split()[1]: int(line.split()[0]) for line in result.output.splitlines()}


def test_the_preview_of_a_day_counts_until_its_end_where_the_organisation_is(
    house: House,
) -> None:
    # A quarter to midnight in Stockholm is the day before midnight UTC has its say.
    answer(datetime(2026, 3, 10, 22, 45, tzinfo=UTC))

    before, on_the_day = (
        call("preview", "--on", "2027-03-09"),
        call("preview", "--on", "2027-03-10"),
    )

    nothing = dict.fromkeys(
        ("free_comments", "telephone_messages", "answers", "throttle_tokens", "request_log",
         "complaints", "case_notes", "listening_log", "receipts"), 0,
    )  # fmt: skip
    assert lines(before) == nothing
    assert lines(on_the_day) == nothing | {"free_comments": 1}
    assert lines(call("preview", "--on", "2027-09-10"))["answers"] == 1


def test_running_deletes_what_the_preview_counted(house: House) -> None:
    key = answer(datetime(2020, 1, 1, 12, tzinfo=UTC))
    foreseen = lines(call("preview"))

    result = call("run")

    done = lines(result)
    assert (result.exit_code, key in result.output) == (0, True)
    assert done == {name: number for name, number in foreseen.items() if number}
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Answer)) == 0
    assert call("run").output == "Nothing was due.\n"


def test_each_of_the_coming_days_is_told_with_what_goes_on_it(house: House) -> None:
    key = answer(datetime(2020, 1, 1, 12, tzinfo=UTC))
    today = utc_now().astimezone(ZoneInfo("Europe/Stockholm")).date()

    result = call("preview", "--days", "3")

    names = ("free_comments", "answers", "interactions", "customers")
    told = [f"{today}         1  {name}  {key}" for name in names]
    assert result.output.splitlines() == told
    both = call("preview", "--days", "3", "--on", "2027-01-01")
    assert (both.exit_code, "give one of them" in both.output) == (2, True)


def test_a_schedule_that_cannot_be_read_is_said(house: House) -> None:
    answer(datetime(2020, 1, 1, 12, tzinfo=UTC), retention=[{"class": "answers", "keep": "long"}])

    result = call("preview")

    assert result.exit_code == 1
    assert "retention rules of" in result.output
