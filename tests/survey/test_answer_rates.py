"""A line whose number people no longer answer is told, and one with an ordinary bad day is not."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from storage.house import House, reading, transaction
from storage.identity import new_token
from storage.states import AttemptState, CallState
from storage.tables import Alarm, Attempt, Call, PermissionDecision
from survey import answer_rates
from survey.answer_rates import Rate, has_collapsed
from tests.rows import add, make_campaign, make_customer, make_invitation, make_organisation

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lately", "before", "collapsed"),
    [
        (Rate(40, 100), Rate(400, 1_000), False),
        (Rate(21, 100), Rate(400, 1_000), False),  # bad, and more than half of what is usual
        (Rate(19, 100), Rate(400, 1_000), True),
        (Rate(0, 40), Rate(400, 1_000), True),
        (Rate(0, 39), Rate(400, 1_000), None),  # too few today
        (Rate(0, 100), Rate(80, 199), None),  # too short a past
        (Rate(2, 40), Rate(150, 1_000), False),  # six are usual: two may be chance
        (Rate(0, 100), Rate(1, 1_000), False),  # hardly anybody ever answered
        (Rate(0, 100), Rate(0, 1_000), False),
        (Rate(100, 100), Rate(1_000, 1_000), False),
        (Rate(49, 100), Rate(1_000, 1_000), True),
    ],
)
def test_a_line_has_collapsed_when_far_fewer_answer_than_chance_explains(
    lately: Rate, before: Rate, collapsed: bool | None
) -> None:
    assert has_collapsed(lately, before) is collapsed


class Line:
    """One line and the calls that were placed on it."""

    def __init__(self) -> None:
        self.owner = make_organisation()
        self.campaign = make_campaign(self.owner)
        self.invitation = make_invitation(self.campaign, make_customer(self.owner))
        self.made = 0
        self.rows: list[Any] = []

    def rang(self, count: int, *, answered: int, at: datetime, sid: str | None = "CA") -> None:
        for number in range(count):
            self.made += 1
            decision = PermissionDecision(
                id=uuid4(), organisation_id=self.owner.id, invitation_id=self.invitation.id,
                method="calls", allowed=True, rule="allowed", facts={}, decided_at=at,
            )  # fmt: skip
            attempt = Attempt(
                id=uuid4(), organisation_id=self.owner.id, invitation_id=self.invitation.id,
                decision_id=decision.id, line_id=self.campaign.line_id, number=self.made,
                state=AttemptState.ENDED, placing_at=at, ended_at=at,
            )  # fmt: skip
            call = Call(
                id=uuid4(), organisation_id=self.owner.id, attempt_id=attempt.id,
                line_id=self.campaign.line_id, token=new_token(), state=CallState.COMPLETED,
                provider_sid=None if sid is None else f"{sid}{self.made:032x}", started_at=at,
                answered_at=at if number < answered else None,
            )  # fmt: skip
            self.rows += [decision, attempt, call]

    def write(self) -> None:
        """Store what rang, in one go."""
        for table in (PermissionDecision, Attempt, Call):
            add(*(one for one in self.rows if isinstance(one, table)))
        self.rows = []


@pytest.fixture
def line(house: House) -> Line:
    """A line on which four of ten answered in the weeks before."""
    made = Line()
    made.rang(200, answered=80, at=NOW - timedelta(days=3))
    return made


def looked(now: datetime = NOW) -> int:
    with transaction() as session:
        return answer_rates.look(session, now=now)


def alarm() -> Alarm:
    with reading() as session:
        return session.scalars(select(Alarm)).one()


def test_a_collapse_raises_one_alarm_which_ends_when_people_answer_again(line: Line) -> None:
    line.rang(40, answered=2, at=NOW - timedelta(hours=2))
    line.write()

    assert (looked(), looked()) == (1, 0)
    assert (alarm().kind, alarm().subject) == (answer_rates.ALARM, str(line.campaign.line_id))
    assert alarm().organisation_id == line.owner.id

    line.rang(80, answered=50, at=NOW + timedelta(minutes=5))
    line.write()
    assert looked(NOW + timedelta(hours=1)) == 0
    assert alarm().cleared_at == NOW + timedelta(hours=1)


def test_calls_that_the_provider_never_took_and_those_of_long_ago_do_not_count(line: Line) -> None:
    line.rang(60, answered=0, at=NOW - timedelta(hours=2), sid=None)
    line.rang(39, answered=0, at=NOW - timedelta(hours=2))
    line.write()

    assert looked() == 0


def test_a_line_without_a_past_raises_none(house: House) -> None:
    made = Line()
    made.rang(50, answered=0, at=NOW - timedelta(hours=2))
    made.rang(200, answered=150, at=NOW - timedelta(days=40))
    made.write()

    assert looked() == 0
