"""`flask statistics show` as an operator types it."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from storage import statistic_cells
from storage.house import House, reading
from storage.tables import AnonymousAnswer, AnonymousResponse
from survey.statistics_commands import show_anonymous, show_statistics
from tests.rows import NOON, add
from tests.survey.answered import Given, answered

PLACE = ("--organisation", "consumer-credit")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(show_statistics, arguments, catch_exceptions=False)


@pytest.fixture
def some_answered(shipped: House, desk: Any) -> None:
    with reading() as session:
        campaign = desk.campaign(session)
    given = [Given(9)] * 6 + [Given(0, team="Syd")] * 5 + [Given(5, team="Väst")]
    answered(campaign, given)
    statistic_cells.count_all(now=NOON + timedelta(days=1))


def test_figures_are_a_table_with_n_and_interval(some_answered: None) -> None:
    said = run(*PLACE, "--by", "team").stdout.splitlines()

    assert said[0] == "after-case, recommend: NPS (0 to 10)"
    assert said[1].split() == ["n", "value", "from", "to"]
    assert said[2].split() == ["in", "all", "11", "9", "-42", "56"]
    assert [line.split()[:3] for line in said[3:5]] == [["Nord", "6", "100"], ["Syd", "5", "-100"]]


def test_other_programs_get_the_same_as_json(some_answered: None) -> None:
    said = json.loads(run(*PLACE, "--by", "team", "--team", "Nord", "--format", "json").stdout)

    (question,) = said["questions"]
    assert question["whole"] == {
        "n": 6,
        "value": 100,
        "low": pytest.approx(44, abs=20),
        "high": 100,
    }
    assert [line["name"] for line in question["lines"]] == ["Nord"]
    assert said["smallest_group"] == 5


def test_a_part_that_nobody_answered_in_is_said_plainly(some_answered: None) -> None:
    said = run(*PLACE, "--since", "2026-04").stdout

    assert said == "nothing to show: no situation has the answers of 5 people yet\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--organisation", "nobody"), "there is no organisation called 'nobody'"),
        ((*PLACE, "--campaign", "none"), "there is no campaign of consumer-credit called 'none'"),
    ],
)
def test_a_place_that_is_none_is_named_with_those_there_are(
    shipped: House, arguments: tuple[str, ...], told: str
) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert told in result.stderr


def test_anonymous_responses_are_lines_with_a_month_and_the_answers(
    shipped: House, desk: Any
) -> None:
    with reading() as session:
        campaign = desk.campaign(session)
    owner = {"organisation_id": campaign.organisation_id}
    for _ in range(5):
        response = AnonymousResponse(
            id=uuid4(), campaign_id=campaign.id, survey_version_id=campaign.survey_version_id,
            month=date(2026, 3, 1), **owner,
        )  # fmt: skip
        add(response)
        for question, number in (("recommend", 9), ("satisfaction", 5)):
            add(
                AnonymousAnswer(
                    response_id=response.id, question_key=question, number=number, **owner
                )
            )

    said = CliRunner().invoke(show_anonymous, PLACE, catch_exceptions=False).stdout.splitlines()

    line = {
        "campaign": "after-case",
        "month": "2026-03",
        "answers": {"recommend": 9, "satisfaction": 5},
    }
    assert [json.loads(one) for one in said] == [line] * 5
