"""Asking whether anything is marked costs the same however many rows are not."""

from uuid import uuid4

import pytest
from sqlalchemy import insert

from privacy import retention
from privacy.kinds import COMMENTS
from privacy.schedules import Schedule, schedule_of
from storage.house import House, reading, transaction
from storage.states import CommentKind, CommentState
from storage.tables import Comment, Response
from tests.rows import (
    NOON,
    make_campaign,
    make_customer,
    make_invitation,
    make_organisation,
    make_response,
)


def say(response: Response, times: int) -> None:
    rows = [
        {
            "id": uuid4(), "organisation_id": response.organisation_id, "made_at": NOON,
            "response_id": response.id, "question_key": f"q{uuid4()}", "kind": CommentKind.TYPED,
            "state": CommentState.WRITTEN,
        }
        for _ in range(times)
    ]  # fmt: skip
    with transaction() as session:
        session.execute(insert(Comment), rows)


def steps(schedule: Schedule) -> int:
    """How many steps SQLite's machine takes, in tens."""
    counted = list[int]()
    with reading() as session:
        driver = session.connection().connection.driver_connection
        driver.set_progress_handler(lambda: counted.append(1), 10)  # type: ignore[union-attr]
        assert retention.early_ends(session, schedule, COMMENTS) == []
        driver.set_progress_handler(None, 0)  # type: ignore[union-attr]
    return len(counted)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_thousand_comments_that_nobody_marked_are_not_gone_through(house: House) -> None:
    organisation = make_organisation()
    campaign = make_campaign(organisation)
    response = make_response(campaign, make_invitation(campaign, make_customer(organisation)))
    schedule = schedule_of(organisation)
    say(response, 1_000)

    taken = steps(schedule)

    assert taken < 10
