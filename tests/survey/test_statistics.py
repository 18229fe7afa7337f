"""Reports tell how it went by situation, team, channel and period, and nothing about a few."""

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from storage import statistic_cells
from storage.house import House, house, reading, transaction
from storage.situations import Fact
from storage.tables import Campaign, Customer, Organisation, StatisticCell
from survey import scores, statistics
from survey.places import find_organisation
from survey.statistics import By, Measured, Wanted
from tests.rows import NOON, make_customer
from tests.survey.answered import Given, answered

DAY = timedelta(days=1)
APRIL = NOON + 25 * DAY


@pytest.fixture
def lender(shipped: House) -> Organisation:
    with reading() as session:
        return find_organisation(session, "consumer-credit")


@pytest.fixture
def campaign(lender: Organisation, desk: Any) -> Campaign:
    with reading() as session:
        found: Campaign = desk.campaign(session)
        return found


@pytest.fixture
def customer(lender: Organisation) -> Customer:
    return make_customer(lender)


def count(campaign: Campaign, *, at: datetime) -> None:
    statistic_cells.count_new(
        campaign.organisation_id, overdue_before=at - statistic_cells.PATIENCE
    )


def give(campaign: Campaign, customer: Customer, given: Sequence[Given]) -> None:
    answered(campaign, given)
    count(campaign, at=max(one.at for one in given) + 10 * DAY)


def report(lender: Organisation, by: By = By.MONTH, **wanted: Any) -> tuple[Measured, ...]:
    with reading() as session:
        owner = session.get_one(Organisation, lender.id)
        return statistics.report(session, owner, Wanted(by=by, **wanted))


def lines(measured: Measured) -> dict[str | None, int]:
    return {line.name: line.figure.n for line in measured.lines}


def test_no_answers_make_no_report(lender: Organisation, campaign: Campaign) -> None:
    assert report(lender) == ()


def test_each_question_is_measured_on_its_own_scale_with_n_and_interval(
    lender: Organisation, campaign: Campaign, customer: Customer
) -> None:
    give(campaign, customer, [Given(score) for score in (9, 10, 10, 7, 0, 3)])
    give(
        campaign,
        customer,
        [Given(score, question="satisfaction", kind="csat") for score in (5, 4, 4, 1, 3)],
    )

    recommend, satisfaction = report(lender)

    assert (recommend.question, recommend.lowest, recommend.highest) == ("recommend", 0, 10)
    assert recommend.whole == scores.nps({9: 1, 10: 2, 7: 1, 0: 1, 3: 1})
    assert satisfaction.whole.value == 60
    assert satisfaction.whole.low < 60 < satisfaction.whole.high


def test_lines_are_told_apart_by_what_is_asked_for_and_add_up_to_the_whole(
    lender: Organisation, campaign: Campaign, customer: Customer
) -> None:
    given = [
        *[Given(9, team="Nord")] * 6,
        *[Given(2, team="Syd", channel="chat")] * 7,
        *[Given(5, team="Syd", reason="delivery", language="fi", at=APRIL)] * 5,
    ]
    give(campaign, customer, given)

    assert lines(report(lender, By.TEAM)[0]) == {"Nord": 6, "Syd": 12}
    assert lines(report(lender, By.REASON)[0]) == {"delivery": 5, "invoice": 13}
    assert lines(report(lender, By.CHANNEL)[0]) == {"chat": 7, "phone": 11}
    assert lines(report(lender, By.LANGUAGE)[0]) == {"fi": 5, "sv": 13}
    assert lines(report(lender, By.MONTH)[0]) == {"2026-03": 13, "2026-04": 5}


def test_months_campaign_and_situation_can_be_chosen(
    lender: Organisation, campaign: Campaign, customer: Customer
) -> None:
    give(campaign, customer, [Given(9)] * 5 + [Given(2, team="Syd", at=APRIL)] * 6)

    assert report(lender, since=date(2026, 4, 30))[0].whole.n == 6
    assert report(lender, until=date(2026, 3, 1))[0].whole.n == 5
    assert report(lender, only={Fact.TEAM: "Syd"})[0].whole.n == 6
    assert report(lender, campaign="after-case")[0].whole.n == 11
    assert report(lender, campaign="another") == ()


def test_who_never_told_a_fact_has_a_line_and_so_have_those_too_few_for_one(
    lender: Organisation, campaign: Campaign, customer: Customer
) -> None:
    given = [
        *[Given(9, reason=None)] * 5,
        *[Given(9, reason=f"only once {n}") for n in range(6)],
    ]
    give(campaign, customer, given)

    assert lines(report(lender, By.REASON)[0]) == {"": 5, None: 6}
    assert lines(report(lender, By.TEAM)[0]) == {"Nord": 11}


def test_a_larger_smallest_group_hides_what_was_counted_before_in_smaller_ones(
    lender: Organisation, campaign: Campaign, customer: Customer
) -> None:
    give(campaign, customer, [Given(9)] * 6 + [Given(9, team="Syd")] * 12)
    with transaction() as session:
        owner = session.get_one(Organisation, lender.id)
        owner.document = owner.document | {"smallest_group": 10}

    (measured,) = report(lender, By.TEAM)

    assert lines(measured) == {"Syd": 12}
    assert measured.whole.n == 12


def test_a_report_reads_cells_and_no_answer(
    lender: Organisation, campaign: Campaign, customer: Customer
) -> None:
    give(campaign, customer, [Given(9)] * 5)
    asked: list[str] = []
    listen = lambda *arguments: asked.append(arguments[2])  # noqa: E731

    event.listen(house().database.engine, "before_cursor_execute", listen)
    try:
        report(lender)
    finally:
        event.remove(house().database.engine, "before_cursor_execute", listen)

    assert sum("statistic_cells" in statement for statement in asked) == 1
    assert not any("answers" in statement for statement in asked)


def test_another_organisations_scores_are_in_no_line(
    lender: Organisation, campaign: Campaign, customer: Customer
) -> None:
    give(campaign, customer, [Given(9)] * 5)

    with reading() as session:
        other = find_organisation(session, "software")
        assert statistics.report(session, other, Wanted()) == ()


# The attack: a reader who sees every report, every day, and subtracts any from any.

Vector = Counter[int]


def groups() -> dict[object, Vector]:
    """What lies in the database: how many there are of each situation."""
    found: dict[object, Vector] = {}
    with reading() as session:
        for cell in session.scalars(select(StatisticCell)):
            place = (cell.month, cell.rung, cell.team, cell.reason, cell.channel, cell.language)
            found.setdefault(place, Counter())[0] += cell.count
    return found


def everything_shown(lender: Organisation) -> list[int]:
    """The number of people in each figure of each report that can be asked for."""
    chosen: list[dict[Fact, str]] = [
        {},
        *({Fact.TEAM: team} for team in ("A", "B", "C")),
        *({Fact.REASON: reason} for reason in ("x", "y", "z")),
        {Fact.TEAM: "A", Fact.REASON: "x"},
    ]
    months: list[dict[str, date]] = [{}, {"until": NOON.date()}, {"since": APRIL.date()}]
    shown: list[int] = []
    for by, only, span in itertools.product(By, chosen, months):
        for measured in report(lender, by, only=only, **span):
            assert measured.whole.n == sum(line.figure.n for line in measured.lines)
            shown += [measured.whole.n, *(line.figure.n for line in measured.lines)]
    return shown


@pytest.mark.parametrize("seed", range(3))
def test_no_report_of_any_day_and_no_nested_difference_is_about_fewer_than_five(
    lender: Organisation, campaign: Campaign, customer: Customer, seed: int
) -> None:
    chance = random.Random(seed)
    yesterday: dict[object, Vector] = {}
    for day in range(0, 60, 4):
        at = NOON + day * DAY
        # The teams are unequal, and team C does little but z: its absence is told by subtraction.
        given = [
            Given(
                chance.randrange(11),
                at=at,
                team=(team := chance.choice("AAAAAABBC")),
                reason="z" if team == "C" else chance.choice("xxxyz"),
            )
            for _ in range(chance.randrange(7))
        ]
        if given:
            answered(campaign, given)
        count(campaign, at=at)

        today: dict[object, Vector] = groups()
        for by in By:
            for measured in report(lender, by):
                for line in measured.lines:
                    today[by, line.name] = Counter({0: line.figure.n})
        for place, now in today.items():
            more = now[0] - yesterday.get(place, Counter())[0]
            assert more == 0 or more >= 5, (day, place, more)
        assert all(place in today for place in yesterday)
        yesterday = today
    assert min(everything_shown(lender)) >= 5


def test_a_team_taken_from_all_teams_never_leaves_a_few(
    lender: Organisation, campaign: Campaign, customer: Customer
) -> None:
    # All of reason x is team A's but for one contact of team B: x minus A would be one person.
    given = [Given(9, team="A", reason="x")] * 20
    given += [Given(0, team="B", reason="x"), *[Given(8, team="B", reason="y")] * 9]
    give(campaign, customer, given)

    by_reason = lines(report(lender, By.REASON)[0])
    by_team = lines(report(lender, By.TEAM)[0])
    whole = report(lender)[0].whole.n

    assert by_reason == {"x": 20, "y": 9}
    assert by_team == {"A": 20, "B": 9}
    assert whole - by_team["A"] == 9
    assert by_reason["x"] - by_team["A"] == 0
