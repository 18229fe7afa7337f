"""The funnel of a campaign: how far people came, by the hour on their clock and by attempt."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event

from storage.house import House, house, reading, transaction
from storage.states import Disposition
from storage.tables import Invitation
from survey import attempts, funnel, history, standing
from survey.funnel import Row

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)


def of_lender(desk: Any, since: datetime | None = None) -> funnel.Funnel:
    with reading() as session:
        return funnel.of_campaign(session, desk.campaign(session), since=since)


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


def test_a_part_of_the_time_may_be_asked_for(invite: Any, desk: Any) -> None:
    ring(desk, invite(), Disposition.BUSY, Disposition.COMPLETED)

    assert of_lender(desk, since=NOW + timedelta(minutes=1)).whole == Row(1, 1, 1, 1)


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
