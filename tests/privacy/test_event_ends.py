"""The three steps move the day of a response, nothing else does, and the ceiling caps them all."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.periods import parse_period
from config.retention_rules import DataClass
from privacy import retention
from privacy.kinds import ANSWERED, COMMENTS, UNANSWERED, UNINVITED, Kind
from privacy.log_kinds import COMPLAINTS, FOLLOW_UPS
from privacy.retention import Item
from privacy.schedules import Schedule, schedule_under
from storage.tables import Organisation, Response
from survey import handling
from survey.handling import Step
from tests.privacy.test_logs_by_age import schedule
from tests.rows import NOON

ZONE = ZoneInfo("Europe/Stockholm")
DAY = timedelta(days=1)
UNTIL = {"keep": "until handled", "ceiling": "6 months"}
OF_HANDLED = (ANSWERED, UNANSWERED, COMMENTS, COMPLAINTS, FOLLOW_UPS)


def by(**rule: str) -> Schedule:
    classes = {kind.data_class.value: rule for kind in OF_HANDLED}
    owner = Organisation(id=uuid4(), key="o", timezone=ZONE.key)
    return schedule_under(owner, schedule(**classes), version=1)


def ends_at(kept: Schedule, response: Response) -> datetime | None:
    """As the purge reads it: the last step counts where the class is kept until handled."""
    until = DataClass.ANSWERS in kept.until_handled
    item = Item(NOON, uuid4(), response.handled_at if until else None)
    return retention.end_of(kept, ANSWERED, item)


CEILING = parse_period("6 months").after(NOON, ZONE)


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        ([], CEILING),
        ([(Step.REVIEWED, 1)], CEILING),
        ([(Step.REVIEWED, 1), (Step.DECIDED, 2)], CEILING),
        ([(Step.REVIEWED, 1), (Step.DECIDED, 2), (Step.ANSWERED, 9)], NOON + 9 * DAY),
        # The last step takes those before it with it.
        ([(Step.ANSWERED, 9)], NOON + 9 * DAY),
        # Noted twice, the first time counts.
        ([(Step.ANSWERED, 9), (Step.ANSWERED, 20)], NOON + 9 * DAY),
        ([(Step.ANSWERED, 9), (None, 10)], CEILING),
        ([(Step.ANSWERED, 9), (None, 10), (Step.ANSWERED, 11)], NOON + 11 * DAY),
        ([(Step.DECIDED, 2), (None, 3)], CEILING),
        ([(Step.ANSWERED, 183)], NOON + 183 * DAY),
        ([(Step.ANSWERED, 185)], CEILING),
        ([(Step.ANSWERED, 2_000)], CEILING),
    ],
)
def test_each_step_moves_the_day_and_the_ceiling_caps_it(
    steps: list[tuple[Step | None, int]], end: datetime
) -> None:
    response = Response()
    for step, day in steps:
        if step is None:
            handling.take_back(response)
        else:
            handling.note(response, step, at=NOON + day * DAY)

    assert ends_at(by(**UNTIL), response) == end
    promised = parse_period("1 year").after(NOON, ZONE)
    assert ends_at(by(keep="1 year"), response) == promised


CAPPED = {one: by(keep="until handled", ceiling=one) for one in ("1 day", "6 months", "3 years")}


@given(
    kind=st.sampled_from(OF_HANDLED),
    ceiling=st.sampled_from(sorted(CAPPED)),
    begun=st.integers(0, 3_000),
    handled=st.none() | st.integers(0, 2_000),
)
def test_no_event_carries_anything_over_its_ceiling(
    kind: Kind, ceiling: str, begun: int, handled: int | None
) -> None:
    start = NOON + begun * DAY
    done = None if handled is None else start + handled * DAY
    last = parse_period(ceiling).after(start, ZONE)

    end = retention.end_of(CAPPED[ceiling], kind, Item(start, uuid4(), done))

    assert end == (last if done is None else min(done, last))


def test_nobody_can_handle_an_invitation_that_nobody_answered() -> None:
    assert UNINVITED.handled is None
    assert all(kind.handled is not None for kind in OF_HANDLED)
