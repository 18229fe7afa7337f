"""The funnel of a campaign: how far people came, by the hour on their clock and by attempt."""

import random
from collections import Counter
from dataclasses import asdict, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from storage.house import House, house, reading, transaction
from storage.states import Disposition
from storage.states import InvitationEventKind as Kind
from storage.tables import Customer, Invitation, InvitationEvent
from survey import attempts, funnel, history, restrictions, standing
from survey.funnel import Row
from survey.restrictions import Cause
from tests.rows import add

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
MARCH_ENDS = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)


def of_lender(desk: Any, since: date | None = None) -> funnel.Funnel:
    with reading() as session:
        return funnel.of_campaign(session, desk.campaign(session), since=since)


def organisation_of(invitation_id: Any) -> Any:
    with reading() as session:
        return session.get_one(Invitation, invitation_id).organisation_id


def ring(desk: Any, invitation_id: Any, *dispositions: Disposition, at: datetime = NOW) -> None:
    """One attempt after the other, an hour apart."""
    for number, disposition in enumerate(dispositions):
        now = at + timedelta(hours=number)
        with transaction() as session:
            invitation = session.get_one(Invitation, invitation_id)
            invitation.due_at = now
            attempt = desk.ring(session, invitation, now=now)
            attempts.made(session, attempt)
            if disposition in (Disposition.COMPLETED, Disposition.PARTIAL):
                stands = standing.of_invitation(session, invitation)
                history.started(session, stands, attempt.id, at=now)
            attempt.ended_at = now
            history.ended(session, attempt, disposition, answered_at=now)
            desk.end(session, attempt, disposition, now=now)


def test_a_campaign_that_rang_nobody_has_an_empty_funnel(shipped: House, desk: Any) -> None:
    assert of_lender(desk) == funnel.Funnel(Row(), {}, {})


def test_people_are_counted_by_how_far_they_came_by_hour_and_by_attempt(
    invite: Any, desk: Any
) -> None:
    ring(desk, invite("case-1"), Disposition.BUSY, Disposition.COMPLETED)
    ring(desk, invite("case-2", phone="+46701740606"), Disposition.PARTIAL)
    ring(desk, invite("case-3", phone="+46701740607"), Disposition.REFUSED)

    found = of_lender(desk)

    assert found.whole == Row(tried=4, reached=3, started=2, completed=1, refused=1)
    assert found.by_attempt == {
        1: Row(tried=3, reached=2, started=1, refused=1),
        2: Row(tried=1, reached=1, started=1, completed=1),
    }
    # Ten by the clock of the world is eleven in Stockholm in March.
    assert found.by_hour == {
        11: Row(tried=3, reached=2, started=1, refused=1),
        12: Row(tried=1, reached=1, started=1, completed=1),
    }


def test_an_hour_is_the_same_on_the_wall_before_and_after_the_clock_changes(
    invite: Any, desk: Any
) -> None:
    winter, summer = (
        datetime(2026, 3, 27, 10, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 9, 0, tzinfo=UTC),
    )
    for number, at in enumerate((winter, summer)):
        item = invite(f"case-{number}", phone=f"+4670174060{number}",
                      happened_at=at - timedelta(hours=2), now=at)  # fmt: skip
        ring(desk, item, Disposition.BUSY, at=at)

    assert of_lender(desk).by_hour == {11: Row(tried=2)}


def test_the_months_from_one_on_may_be_asked_for(invite: Any, desk: Any) -> None:
    # Half an hour before April on the clock of Stockholm, and half an hour into it.
    for number, at in enumerate((MARCH_ENDS - HALF_AN_HOUR, MARCH_ENDS + HALF_AN_HOUR)):
        one = invite(f"case-{number}", phone=f"+4670174060{number}",
                     happened_at=at - timedelta(hours=2), now=at)  # fmt: skip
        add(
            InvitationEvent(
                organisation_id=organisation_of(one), invitation_id=one, kind=Kind.TRIED,
                facts={}, happened_at=at,
            )
        )  # fmt: skip

    assert of_lender(desk, since=date(2026, 3, 1)).whole == Row(tried=2)
    assert of_lender(desk, since=date(2026, 4, 20)).whole == Row(tried=1)


def test_another_campaigns_people_are_not_counted(invite: Any, desk: Any) -> None:
    other = invite(organisation="answering-service", campaign="after-message")
    ring(desk, other, Disposition.COMPLETED)

    assert of_lender(desk).whole == Row()


def test_the_database_counts_in_one_question(invite: Any, desk: Any) -> None:
    ring(desk, invite(), Disposition.COMPLETED)
    asked: list[str] = []
    listen = lambda *arguments: asked.append(arguments[2])  # noqa: E731

    event.listen(house().database.engine, "before_cursor_execute", listen)
    try:
        of_lender(desk)
    finally:
        event.remove(house().database.engine, "before_cursor_execute", listen)

    assert sum("invitation_events" in statement for statement in asked) == 1


def test_whose_data_are_frozen_is_not_counted_until_that_is_lifted(invite: Any, desk: Any) -> None:
    one = invite()
    ring(desk, one, Disposition.COMPLETED)
    with transaction() as session:
        customer = session.get_one(Customer, session.get_one(Invitation, one).customer_id)
        restrictions.restrict(
            session, customer, cause=Cause.ACCURACY_DISPUTED, at=NOW, review_at=None
        )

    assert of_lender(desk).whole == Row()

    with transaction() as session:
        restrictions.lift(session, session.get_one(Customer, customer.id), at=NOW)
    assert of_lender(desk).whole == Row(tried=1, reached=1, started=1, completed=1)


@pytest.mark.parametrize("seed", range(20))
def test_no_line_and_no_difference_of_a_line_between_two_reports_is_about_fewer_than_five(
    seed: int,
) -> None:
    chance = random.Random(seed)
    names = [one.name for one in fields(Row)]
    hours: dict[int, Counter[str]] = {}
    reports: list[dict[tuple[int, str], int]] = [{}]
    for _ in range(120):  # one step of somebody, and whoever looks after each of them
        hour = chance.choice((9, 9, 9, 10, 17))
        hours.setdefault(hour, Counter())[chance.choice(names)] += 1
        rows = {one: Row(**counts) for one, counts in hours.items()}
        shown = funnel.Funnel(Row(), rows, rows).in_groups(5)
        assert shown.by_hour == shown.by_attempt
        lines = {
            (one, name): number
            for one, row in shown.by_hour.items()
            for name, number in asdict(row).items()
            if number
        }
        for before in reports:
            more = [lines[place] - before.get(place, 0) for place in lines]
            assert all(one == 0 or one >= 5 for one in more)
            assert set(before) <= set(lines)
        reports.append(lines)
    assert reports[-1]


def test_in_all_stays_exact_and_an_hour_of_a_few_is_not_there() -> None:
    few, many = Row(tried=4, reached=4), Row(tried=11, reached=6, objected=1)

    shown = funnel.Funnel(Row(tried=15), {9: few, 10: many}, {1: many, 2: few}).in_groups(5)

    assert shown == funnel.Funnel(
        Row(tried=15), {10: Row(tried=10, reached=5)}, {1: Row(tried=10, reached=5)}
    )
