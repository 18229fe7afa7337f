"""Deleting people changes no figure of what was done before: reports before and after are equal."""

import random
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from privacy import purge
from privacy.erasing import hands_of
from storage import funnel_cells, statistic_cells
from storage.funnel_cells import STEPS
from storage.house import House, reading, transaction
from storage.situations import LEAST
from storage.tables import (
    Answer,
    Attempt,
    Call,
    Campaign,
    Customer,
    FunnelCell,
    Invitation,
    InvitationEvent,
    Organisation,
    Row,
)
from survey import funnel, statistics
from survey.statistics import By, Measured, Wanted
from tests.console.worlds import make_world
from tests.rows import (
    NOON,
    add,
    make_campaign,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
    make_survey_call,
)
from tests.survey.answered import Given, answered


def of_campaign(campaign: Campaign, *, since: date | None = None) -> funnel.Funnel:
    with reading() as session:
        return funnel.of_campaign(session, campaign, since=since)


def count(table: type[Row]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def purge_at(house: House, now: datetime) -> None:
    totals = purge.run(hands=hands_of(house), database=house.database, now=now)
    assert totals.left == 0


def anybody(chance: random.Random, campaign: Campaign, *, at: datetime) -> Invitation:
    """Somebody with a history of any steps, over up to seven attempts or in none."""
    with reading() as session:
        owner = session.get_one(Organisation, campaign.organisation_id)
    customer = make_customer(owner, phone=f"+46{chance.randrange(10**9)}", at=at)
    invitation = make_invitation(campaign, customer, at=at)
    calls = [
        make_survey_call(campaign, invitation, at=at, number=number)
        for number in range(1, chance.randrange(1, 8))
    ]
    if chance.random() < 0.5:
        make_response(campaign, invitation, at=at)
    for _ in range(chance.randrange(6)):
        call = chance.choice([*calls, None])
        add(
            InvitationEvent(
                organisation_id=owner.id,
                invitation_id=invitation.id,
                attempt_id=None if call is None else call.attempt_id,
                kind=chance.choice(STEPS),
                facts={},
                happened_at=at + timedelta(minutes=chance.randrange(60 * 24 * 60)),
            )
        )
    return invitation


def test_the_funnel_is_the_same_when_its_people_are_purged_step_by_step(house: House) -> None:
    chance = random.Random(11)
    campaign = make_campaign(make_organisation())
    for day in range(0, 90, 9):
        anybody(chance, campaign, at=NOON + timedelta(days=day))
    before = of_campaign(campaign)
    parts = [of_campaign(campaign, since=date(2026, month, 1)) for month in range(3, 8)]
    assert before.whole.tried
    assert before.by_attempt
    assert before.by_hour

    left = []
    for day in (550, 580, 610, 640, 900):
        purge_at(house, NOON + timedelta(days=day))
        left.append(count(Invitation))
        assert of_campaign(campaign) == before
        assert [of_campaign(campaign, since=date(2026, m, 1)) for m in range(3, 8)] == parts

    assert left[0] > left[1] > left[-1] == 0
    assert count(InvitationEvent) == count(Customer) == count(Attempt) == count(Call) == 0


def test_what_is_kept_of_the_gone_names_a_month_and_an_hour_and_nobody(house: House) -> None:
    campaign = make_campaign(make_organisation())
    invitation = anybody(random.Random(5), campaign, at=NOON)

    with transaction() as session:
        funnel_cells.keep(session, campaign.organisation_id, [invitation.id])

    with reading() as session:
        cells = session.scalars(select(FunnelCell)).all()
    assert cells
    assert all(cell.month.day == 1 for cell in cells)
    assert set(FunnelCell.__table__.columns.keys()) == {
        "campaign_id", "organisation_id", "month", "hour", "attempt", "kind", "count",
    }  # fmt: skip
    assert not {
        key.column.table.name
        for key in FunnelCell.__table__.foreign_keys  # type: ignore[attr-defined]
    } & {"customers", "interactions", "invitations", "attempts"}


@pytest.mark.parametrize("seed", range(2))
def test_every_report_is_the_same_before_and_after_any_purge(house: House, seed: int) -> None:
    chance = random.Random(seed)
    world = make_world()
    given = [
        Given(
            chance.randrange(11),
            at=NOON + timedelta(minutes=chance.randrange(100 * 24 * 60)),
            team=chance.choice(["A", "A", "A", "B", None]),
            reason=chance.choice(["x", "y", f"a reason of its own {chance.random()}"]),
            channel=chance.choice(["phone", "chat"]),
            language=chance.choice(["sv", "fi"]),
        )
        for _ in range(chance.randrange(60, 120))
    ]
    answers = answered(world.campaign, given)
    statistic_cells.count_all(now=NOON + timedelta(days=chance.randrange(40, 120)))

    for day in (560, 600, 900):
        at = NOON + timedelta(days=day)
        statistic_cells.count_all(now=at)
        before = reports(world.organisation)
        purge_at(house, at)
        assert reports(world.organisation) == before

    assert count(Answer) == 0
    counted = sum(one.whole.n for one in before[By.MONTH])
    assert len(answers) - counted < LEAST


def reports(organisation: Organisation) -> dict[By, tuple[Measured, ...]]:
    with reading() as session:
        owner = session.get_one(Organisation, organisation.id)
        return {by: statistics.report(session, owner, Wanted(by=by)) for by in By}
