"""Answers made anonymous cannot be led back to anybody: not by id, day, order, or subtraction."""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Uuid, func, select

from privacy import anonymous as making
from privacy import anonymous_rest, purge
from privacy.erasing import hands_of
from storage import statistic_cells
from storage.house import House, reading, transaction
from storage.situations import LEAST
from storage.tables import (
    AnonymousAnswer,
    AnonymousResponse,
    Answer,
    Campaign,
    Comment,
    Customer,
    Invitation,
    Organisation,
    Response,
    Row,
    StatisticCell,
)
from survey import anonymous
from tests.privacy.traces import leave_traces
from tests.rows import (
    NOON,
    RETENTION,
    add,
    make_campaign,
    make_comment,
    make_organisation,
)
from tests.survey.answered import Given, answered

DAY = timedelta(days=1)
ANONYMISE = [{**RETENTION[0], "then": "anonymise"}, *RETENTION[1:]]
AT_LAST = NOON + 700 * DAY


@pytest.fixture
def organisation(house: House) -> Organisation:
    return make_organisation(retention=ANONYMISE)


@pytest.fixture
def campaign(organisation: Organisation) -> Campaign:
    return make_campaign(organisation)


def march(n: int, *, hour: int = 0) -> datetime:
    return NOON + timedelta(days=n % 20, hours=hour)


def give(campaign: Campaign, organisation: Organisation, many: int = 30) -> list[UUID]:
    """Answers of March, one after the other, in ever so many situations."""
    given = [
        Given(n % 11, at=march(n), team=f"team {n % 4}", reason=f"own reason {n}")
        for n in range(many)
    ]
    answers = answered(campaign, given)
    statistic_cells.count_all(now=NOON + 60 * DAY)
    return answers


def purge_at(house: House, now: datetime) -> dict[str, dict[str, int]]:
    totals = purge.run(hands=hands_of(house), database=house.database, now=now)
    assert totals.left == 0
    return totals.counts


def everything(table: type[Row]) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table)))


def lines(organisation: Organisation) -> list[dict[str, Any]]:
    with reading() as session:
        return list(anonymous.lines(session, session.get_one(Organisation, organisation.id)))


def test_when_their_time_is_over_answers_stay_of_nobody(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    give(campaign, organisation)

    counts = purge_at(house, AT_LAST)

    assert counts[organisation.key]["answers"] == 30
    assert everything(Answer) == everything(Response) == everything(Invitation) == []
    told = lines(organisation)
    assert len(told) == 30 - LEAST
    assert {(one["campaign"], one["month"]) for one in told} == {(campaign.key, "2026-03")}
    assert set().union(*(one["answers"] for one in told)) == {"recommend"}


def test_an_organisation_that_deletes_keeps_nothing(house: House) -> None:
    organisation = make_organisation()
    give(make_campaign(organisation), organisation)

    purge_at(house, AT_LAST)

    assert everything(AnonymousResponse) == everything(AnonymousAnswer) == []


def test_a_persons_answers_stay_together_and_their_words_go(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    answers = give(campaign, organisation)
    with reading() as session:
        responses = list(
            session.scalars(
                select(Response).join(Answer).where(Answer.id.in_(answers)).order_by(Answer.id)
            )
        )
    for response in responses:
        make_comment(response, at=response.started_at)
        add(
            Answer(
                organisation_id=organisation.id, response_id=response.id, question_key="product",
                kind="choice", choice="loan", answered_at=response.started_at,
            )
        )  # fmt: skip

    purge_at(house, AT_LAST)

    assert everything(Comment) == []
    assert all(one["answers"]["product"] == "loan" for one in lines(organisation))
    assert all(isinstance(one["answers"]["recommend"], int) for one in lines(organisation))


def keep(campaign: Campaign, choices: list[str | None]) -> None:
    """Responses of nobody, of March, each with a score and perhaps a choice."""
    mine = {"organisation_id": campaign.organisation_id}
    kept = [
        AnonymousResponse(
            id=uuid4(), **mine, campaign_id=campaign.id, month=date(2026, 3, 1),
            survey_version_id=campaign.survey_version_id,
        )
        for _ in choices
    ]  # fmt: skip
    add(*kept)
    for response, choice in zip(kept, choices, strict=True):
        of = {**mine, "response_id": response.id}
        add(AnonymousAnswer(**of, question_key="recommend", number=9))
        if choice is not None:
            add(AnonymousAnswer(**of, question_key="product", choice=choice))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("choices", "told"),
    [
        # A rare choice is told as none, where enough others are told as none too.
        (["loan"] * 9 + ["card"] * 4 + [None] * 3, {"loan": 9, None: 7}),
        (["loan"] * 8 + ["card"] * 6 + ["fund"] * 3 + ["gold"] * 2,
         {"loan": 8, "card": 6, None: 5}),
        # Those told as none would be the two of the rare choice: the next rarest goes with them.
        (["loan"] * 9 + ["card"] * 6 + ["fund"] * 2, {"loan": 9, None: 8}),
        (["loan"] * 9 + ["card"] * 4, {None: 13}),
        # Nobody chose rarely, so nobody is told by being left out.
        (["loan"] * 9 + ["card"] * 5, {"loan": 9, "card": 5}),
        (["loan"] * 9 + [None] * 1, {"loan": 9, None: 1}),
    ],
)  # fmt: skip
def test_a_choice_is_told_where_enough_made_it_and_enough_others_are_told_as_none(
    organisation: Organisation,
    campaign: Campaign,
    choices: list[str | None],
    told: dict[str | None, int],
) -> None:
    keep(campaign, choices)

    shown = lines(organisation)

    assert Counter(one["answers"].get("product") for one in shown) == told
    assert all(one["answers"]["recommend"] == 9 for one in shown)


def test_a_score_that_never_found_company_is_not_kept_in_any_form(
    house: House, organisation: Organisation
) -> None:
    person = leave_traces(house, organisation=organisation)
    statistic_cells.count_all(now=NOON + 60 * DAY)

    with transaction() as session:
        kept = making.keep(session, organisation.id, [person.response.id])

    assert kept == 0


# The attack: everything that is kept, against everything that the attacker knew of everybody.


def test_no_id_and_no_day_leads_back_to_anybody(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    give(campaign, organisation)
    known = {
        value
        for table in (Answer, Response, Invitation)
        for row in everything(table)
        for value in row.__dict__.values()
        if isinstance(value, UUID | datetime)
    } - {organisation.id, campaign.id, campaign.survey_version_id}

    purge_at(house, AT_LAST)

    kept = everything(AnonymousResponse)
    assert kept
    assert all(one.id.version == 4 for one in kept)
    for table in (AnonymousResponse, AnonymousAnswer):
        for row in everything(table):
            values = {value for value in row.__dict__.values() if isinstance(value, UUID | date)}
            assert not values & known
            assert not any(isinstance(value, datetime) for value in values)
    assert {one.month for one in kept} == {date(2026, 3, 1)}
    keyed = {
        key.column.table.name
        for table in (AnonymousResponse, AnonymousAnswer)
        for key in table.__table__.foreign_keys  # type: ignore[attr-defined]
    }
    assert keyed == {"organisations", "campaigns", "survey_versions", "anonymous_responses"}


def test_the_order_of_the_rows_tells_nothing_of_the_order_of_the_answers(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    # The score tells the hour, so that an order would be seen.
    answered(campaign, [Given(n // 4, at=march(0, hour=n // 4)) for n in range(44)])
    statistic_cells.count_all(now=NOON + 60 * DAY)

    purge_at(house, AT_LAST)

    with reading() as session:
        scores = list(session.scalars(select(AnonymousAnswer.number)))
    assert len(scores) == 44 - LEAST
    assert scores != sorted(scores)


@pytest.mark.parametrize("seed", range(2))
def test_published_figures_less_the_rows_are_never_about_a_few(
    house: House, organisation: Organisation, campaign: Campaign, seed: int
) -> None:
    chance = random.Random(seed)
    given = [
        Given(chance.randrange(11), at=NOON + chance.randrange(60) * DAY,
              team=chance.choice("AAB"), question=chance.choice(["recommend", "again"]))
        for _ in range(90)
    ]  # fmt: skip
    answered(campaign, given)
    statistic_cells.count_all(now=NOON + 90 * DAY)

    for day in range(545, 640, 19):
        purge_at(house, NOON + day * DAY)
        left = counted() - kept()
        assert all(number >= 0 for number in left.values())
        together: Counter[tuple[str, date]] = Counter()
        for (question, month, _), number in left.items():
            together[question, month] += number
        assert all(number >= LEAST for number in together.values())
    assert kept()


def somebody(organisation: Organisation) -> UUID:
    customer = Customer(
        id=uuid4(), organisation_id=organisation.id, created_at=NOON, last_interaction_at=NOON
    )
    add(customer)
    return customer.id


@pytest.mark.parametrize(
    ("database_url", "by_and_by"),
    [("sqlite", False), ("sqlite", True), ("postgresql", False)],
    indirect=["database_url"],
)
def test_who_answered_many_times_a_month_is_in_one_line_and_in_one_place_of_those_in_none(
    house: House, organisation: Organisation, campaign: Campaign, *, by_and_by: bool
) -> None:
    # Ten people once each, and then somebody six times, with another score.
    often = somebody(organisation)
    given = [Given(0, at=NOON + n * DAY) for n in range(10)]
    given += [Given(10, at=NOON + (10 + n) * DAY, person=often) for n in range(6)]
    answered(campaign, given)
    statistic_cells.count_all(now=NOON + 60 * DAY)

    for day in range(548, 570, 3) if by_and_by else [700]:
        purge_at(house, NOON + day * DAY)

    assert everything(Answer) == []
    told = Counter(one["answers"]["recommend"] for one in lines(organisation))
    assert told[10] <= 1
    # Eleven people, of whom a whole group is in no line.
    assert told.total() == 11 - LEAST


def test_nobody_alone_fills_a_month_of_lines(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    often = somebody(organisation)
    given = [Given(10, at=NOON + n * DAY, person=often) for n in range(12)]
    given += [Given(0, at=NOON + (12 + n) * DAY) for n in range(LEAST)]
    answered(campaign, given)
    statistic_cells.count_all(now=NOON + 60 * DAY)
    assert counted() == {
        ("recommend", date(2026, 3, 1), 10): 12, ("recommend", date(2026, 3, 1), 0): LEAST,
    }  # fmt: skip

    # First the one who answered often.
    purge_at(house, datetime.fromisoformat("2027-09-22T12:00:00+00:00"))
    assert len(everything(AnonymousResponse)) <= 1
    purge_at(house, AT_LAST)

    assert everything(AnonymousResponse) == everything(AnonymousAnswer) == []


def test_an_answer_that_waits_to_be_counted_may_still_become_its_persons_line(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    often = somebody(organisation)
    first = answered(campaign, [Given(10, person=often), *(Given(0) for _ in range(20))])
    statistic_cells.count_all(now=NOON + DAY)
    answered(campaign, [Given(10, at=NOON + 2 * DAY, person=often)])  # and nobody with it

    with reading() as session:
        response = session.scalars(select(Answer.response_id).where(Answer.id == first[0])).one()
    with transaction() as session:
        kept = making.keep(session, organisation.id, [response])

    assert kept == 0


def counted() -> Counter[tuple[str, date, int]]:
    """Question, month and score to how many, as the statistics publish it."""
    found: Counter[tuple[str, date, int]] = Counter()
    for cell in everything(StatisticCell):
        found[cell.question_key, cell.month, cell.value] += cell.count
    return found


def kept() -> Counter[tuple[str, date, int]]:
    with reading() as session:
        rows = session.execute(
            select(
                AnonymousAnswer.question_key, AnonymousResponse.month, AnonymousAnswer.number,
                func.count(),
            )
            .join(AnonymousResponse, AnonymousResponse.id == AnonymousAnswer.response_id)
            .group_by(
                AnonymousAnswer.question_key, AnonymousResponse.month, AnonymousAnswer.number
            )
        )  # fmt: skip
        return Counter({(question, month, number): n for question, month, number, n in rows})


def test_no_line_of_a_month_is_told_while_somebodys_own_answer_of_it_is_left(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    give(campaign, organisation)

    # Most of March is over, the twenty-ninth not yet.
    purge_at(house, datetime.fromisoformat("2027-09-28T12:00:00+00:00"))
    assert everything(AnonymousResponse)
    assert lines(organisation) == []

    purge_at(house, AT_LAST)
    assert len(lines(organisation)) == 30 - LEAST


def test_a_month_of_too_few_is_not_told(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    give(campaign, organisation, many=LEAST + 4)

    # Most of March is over, the last days not yet: the rows lie beside the answers that are left.
    purge_at(house, datetime.fromisoformat("2027-09-15T12:00:00+00:00"))
    assert everything(AnonymousResponse)
    purge_at(house, AT_LAST)

    assert everything(AnonymousResponse) == everything(AnonymousAnswer) == []
    assert lines(organisation) == []


def chosen(answers: list[UUID], choices: list[str | None]) -> None:
    """Have the people behind these scores choose as well."""
    with reading() as session:
        responses = list(
            session.scalars(
                select(Response).join(Answer).where(Answer.id.in_(answers)).order_by(Answer.id)
            )
        )
    for response, choice in zip(responses, choices, strict=True):
        if choice is not None:
            add(
                Answer(
                    organisation_id=response.organisation_id, response_id=response.id,
                    question_key="product", kind="choice", choice=choice,
                    answered_at=response.started_at,
                )
            )  # fmt: skip


def test_who_has_the_whole_database_finds_no_choice_that_few_made(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    answers = give(campaign, organisation, many=40)
    chosen(answers, (["loan"] * 4 + ["gold"] + ["loan"] * 3 + [None] * 2) * 4)

    purge_at(house, AT_LAST)

    rows = everything(AnonymousAnswer)
    made = Counter(one.choice for one in rows if one.choice is not None)
    people = len({one.response_id for one in rows})
    assert set(made) == {"loan"}
    assert made["loan"] >= LEAST
    # Who made the rare choice is one of enough who made none.
    assert people - made["loan"] >= LEAST
    told = lines(organisation)
    assert sorted(one["answers"].get("product", "") for one in told) == sorted(
        ["loan"] * made["loan"] + [""] * (people - made["loan"])
    )


def test_dropping_what_is_rare_again_drops_nothing_more(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    keep(campaign, ["loan"] * 9 + ["card"] * 6 + ["fund"] * 2)

    assert anonymous_rest.drop(organisation.id) == 8
    assert anonymous_rest.drop(organisation.id) == 0

    assert Counter(one["answers"].get("product") for one in lines(organisation)) == {
        "loan": 9, None: 8,
    }  # fmt: skip
    assert len(everything(AnonymousResponse)) == 17


def test_nothing_is_dropped_while_somebodys_own_answer_of_the_month_is_left(
    house: House, organisation: Organisation, campaign: Campaign
) -> None:
    give(campaign, organisation)
    keep(campaign, ["loan"] * 9 + ["card"])

    assert anonymous_rest.drop(organisation.id) == 0


def test_there_is_no_column_in_which_a_way_back_could_lie() -> None:
    assert {column.name for column in AnonymousResponse.__table__.columns} == {
        "id", "organisation_id", "campaign_id", "survey_version_id", "month",
    }  # fmt: skip
    assert {column.name for column in AnonymousAnswer.__table__.columns} == {
        "response_id", "organisation_id", "question_key", "number", "choice",
    }  # fmt: skip
    assert isinstance(AnonymousResponse.__table__.c.id.type, Uuid)
