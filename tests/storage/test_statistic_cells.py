"""Scores are counted a group at a time, and cells keep what is left of people who are gone."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from storage import statistic_cells
from storage.house import House, reading, transaction
from storage.situations import TOP
from storage.tables import (
    Answer,
    Campaign,
    Customer,
    Organisation,
    Response,
    Restriction,
    StatisticCell,
)
from tests.rows import NOON, add, make_campaign, make_customer, make_organisation
from tests.survey.answered import Given, answered

DAY = timedelta(days=1)


@pytest.fixture
def campaign(house: House) -> Campaign:
    return make_campaign(make_organisation())


@pytest.fixture
def customer(campaign: Campaign) -> Customer:
    with reading() as session:
        owner = session.get_one(Organisation, campaign.organisation_id)
    return make_customer(owner)


def count(campaign: Campaign, *, at: datetime = NOON, **more: Any) -> int:
    overdue = at - statistic_cells.PATIENCE
    return statistic_cells.count_new(campaign.organisation_id, overdue_before=overdue, **more)


def cells() -> dict[tuple[Any, ...], int]:
    """Rung, team, reason and score to the number counted; without the empty ones."""
    with reading() as session:
        found = session.scalars(select(StatisticCell)).all()
    return {(one.rung, one.team, one.reason, one.value): one.count for one in found if one.count}


def in_cells(column: str = "value") -> Counter[Any]:
    counted: Counter[Any] = Counter()
    with reading() as session:
        for cell in session.scalars(select(StatisticCell)):
            counted[getattr(cell, column)] += cell.count
    return +counted


def test_five_of_one_situation_are_counted_at_once(campaign: Campaign, customer: Customer) -> None:
    answered(campaign, [Given(9), Given(9), Given(10), Given(0), Given(7)])

    assert count(campaign) == 5
    assert cells() == {
        (0, "Nord", "invoice", 9): 2,
        (0, "Nord", "invoice", 10): 1,
        (0, "Nord", "invoice", 0): 1,
        (0, "Nord", "invoice", 7): 1,
    }
    assert count(campaign) == 0


def test_four_wait_for_a_fifth(campaign: Campaign, customer: Customer) -> None:
    answered(campaign, [Given(9)] * 4)
    assert count(campaign, at=NOON + 7 * DAY) == 0

    answered(campaign, [Given(1, at=NOON + 7 * DAY)])
    assert count(campaign, at=NOON + 7 * DAY) == 5


def test_one_person_who_answered_five_times_is_no_group(
    campaign: Campaign, customer: Customer
) -> None:
    answered(campaign, [Given(9, person=customer.id)] * 5)
    assert count(campaign, at=NOON + 7 * DAY) == 0

    # Nor with three others, nor where their own answers come together from several teams.
    answered(campaign, [Given(0, team=team) for team in ("Nord", "Syd", "Syd")])
    answered(campaign, [Given(5, team="Syd", person=customer.id)])
    assert count(campaign, at=NOON + 60 * DAY) == 0

    answered(campaign, [Given(1, team="Syd")])
    assert count(campaign, at=NOON + 60 * DAY) == 10


def test_after_a_week_a_score_gives_up_facts_to_be_counted(
    campaign: Campaign, customer: Customer
) -> None:
    answered(campaign, [Given(9, reason=f"reason {n}") for n in range(6)])
    assert count(campaign, at=NOON + 6 * DAY) == 0

    assert count(campaign, at=NOON + 8 * DAY) == 6
    assert cells() == {(3, "Nord", "", 9): 6}


def test_what_stayed_alone_is_counted_with_a_later_month(
    campaign: Campaign, customer: Customer
) -> None:
    answered(campaign, [Given(9, team="A"), Given(9, team="B"), Given(3, team="C")])
    assert count(campaign, at=NOON + 60 * DAY) == 0

    later = NOON + 31 * DAY
    answered(campaign, [Given(8, team="D", at=later), Given(8, team="E", at=later)])
    assert count(campaign, at=NOON + 60 * DAY) == 5
    assert cells() == {(TOP, "", "", 9): 2, (TOP, "", "", 3): 1, (TOP, "", "", 8): 2}
    assert in_cells("month") == {date(2026, 4, 1): 5}


def test_a_month_is_that_of_the_organisations_clock(campaign: Campaign, customer: Customer) -> None:
    midnight = datetime.fromisoformat("2026-03-31T22:30:00+00:00")
    answered(campaign, [Given(9, at=midnight)] * 5)

    count(campaign, at=midnight)

    assert in_cells("month") == {date(2026, 4, 1): 5}


def test_nothing_is_taken_from_the_figures_when_answers_go(
    campaign: Campaign, customer: Customer
) -> None:
    given = answered(campaign, [Given(score) for score in range(11)])
    count(campaign)
    before = cells()

    with transaction() as session:
        session.execute(delete(Answer).where(Answer.id.in_(given[:7])))
    assert count(campaign, at=NOON + 60 * DAY) == 0

    assert cells() == before
    assert in_cells() == dict.fromkeys(range(11), 1)


def test_an_answer_that_goes_before_it_found_company_is_in_no_figure(
    campaign: Campaign, customer: Customer
) -> None:
    given = answered(campaign, [Given(9)] * 4 + [Given(0)])
    with transaction() as session:
        session.execute(delete(Answer).where(Answer.id == given[0]))

    assert count(campaign, at=NOON + 60 * DAY) == 0
    assert cells() == {}


def handled(answers: list[UUID], *, at: datetime) -> None:
    with transaction() as session:
        for response in session.scalars(
            select(Response).join(Answer).where(Answer.id.in_(answers))
        ):
            response.handled_at = at


def test_whose_person_was_answered_gives_up_facts_at_once_for_company(
    campaign: Campaign, customer: Customer
) -> None:
    teams = [Given(number, team=f"team {number}") for number in range(6)]
    given = answered(campaign, teams)
    assert count(campaign) == 0
    handled(given[:5], at=NOON)

    assert count(campaign, handled_by=NOON - timedelta(microseconds=1)) == 0
    assert count(campaign, handled_by=NOON) == 5
    # The sixth is still there to wait for others of its team.
    assert in_cells() == dict.fromkeys(range(5), 1)
    assert in_cells("team") == {"": 5}


def test_four_whose_people_were_answered_are_still_too_few(
    campaign: Campaign, customer: Customer
) -> None:
    teams = [Given(number, team=f"team {number}") for number in range(9)]
    handled(answered(campaign, teams)[:4], at=NOON)

    assert count(campaign, handled_by=NOON) == 0


def test_a_score_corrected_after_it_was_counted_moves_no_figure(
    campaign: Campaign, customer: Customer
) -> None:
    given = answered(campaign, [Given(9)] * 5)
    count(campaign)

    correct(given[0], 2)
    correct(given[0], 3)
    correct(given[0], 3)

    assert cells() == {(0, "Nord", "invoice", 9): 5}
    assert count(campaign) == 0


def test_a_score_corrected_before_it_was_counted_counts_as_corrected(
    campaign: Campaign, customer: Customer
) -> None:
    given = answered(campaign, [Given(9)] * 5)

    correct(given[0], 2)
    count(campaign)

    assert in_cells() == {9: 4, 2: 1}


def correct(answer_id: UUID, number: int) -> None:
    with transaction() as session:
        answer = session.get_one(Answer, answer_id)
        statistic_cells.correct(session, answer, number=number)
    with reading() as session:
        assert session.get_one(Answer, answer_id).number == number


def test_whose_data_are_frozen_is_not_counted_until_that_is_lifted(
    campaign: Campaign, customer: Customer
) -> None:
    answered(campaign, [Given(9, person=customer.id), *[Given(9)] * 4])
    restriction = Restriction(
        organisation_id=campaign.organisation_id, customer_id=customer.id,
        cause="accuracy_disputed", made_at=NOON,
    )  # fmt: skip
    add(restriction)
    assert count(campaign) == 0

    with transaction() as session:
        session.get_one(Restriction, restriction.id).lifted_at = NOON
    assert count(campaign) == 5


def test_many_are_counted_in_short_transactions_and_none_is_lost_between(
    campaign: Campaign, customer: Customer
) -> None:
    scores = [
        Given(n % 11, team=f"team {n % 13}", reason=f"reason {n % 7}", at=NOON + n * DAY / 24)
        for n in range(300)
    ]
    answered(campaign, scores)

    assert count(campaign, at=NOON + 90 * DAY, batch=40) == 300
    assert in_cells() == Counter(n % 11 for n in range(300))


def test_two_who_count_at_once_count_everybody_once(campaign: Campaign, customer: Customer) -> None:
    answered(campaign, [Given(n % 11, team=f"team {n % 5}") for n in range(100)])

    with ThreadPoolExecutor(2) as both:
        counted = list(both.map(lambda _: count(campaign), range(2)))

    assert sum(counted) + count(campaign) == 100
    assert in_cells() == Counter(n % 11 for n in range(100))


def test_another_organisations_scores_are_no_company(
    campaign: Campaign, customer: Customer, house: House
) -> None:
    organisation = make_organisation()
    other = make_campaign(organisation)
    answered(campaign, [Given(9)] * 4)
    answered(other, [Given(9)])

    assert statistic_cells.count_all(now=NOON + 60 * DAY) == 0
