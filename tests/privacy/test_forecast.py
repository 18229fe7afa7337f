"""What is foretold for a day is what the purge of that day takes: on any data and any clock."""

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from privacy import forecast
from privacy.commands import end_of_day
from privacy.forecast import Calendar
from privacy.schedules import schedule_of
from storage.house import House, reading, transaction
from storage.matters import CaseKind, HoldScope
from storage.states import CommentKind, CommentState
from storage.tables import (
    Answer,
    Case,
    Comment,
    Hold,
    Invitation,
    Listening,
    Organisation,
    Response,
    Restriction,
    ThrottleToken,
)
from tests.privacy.test_holds import LEGAL, OPEN, held_item, hold
from tests.privacy.test_logs_by_age import make_user, schedule
from tests.privacy.traces import leave_traces, make_message, run
from tests.rows import NOON, add, make_mailbox, make_organisation

CLASSES = frozenset(
    ("answers", "free_comments", "telephone_messages", "contact_log", "throttle_tokens",
     "complaints", "case_notes", "listening_log")
)  # fmt: skip


def foretold(organisation: Organisation, *, now: datetime, until: datetime) -> Calendar:
    with reading() as session:
        return forecast.foretell(session, schedule_of(organisation), now=now, until=until)


def taken(house: House, organisation: Organisation, moment: datetime) -> dict[str, int]:
    counts = run(house, moment).counts.get(organisation.key, {})
    return {name: number for name, number in counts.items() if name in CLASSES}


def some_schedule(chance: random.Random) -> list[dict[str, Any]]:
    """One that keeps comments for less, as long as, or longer than the answers they hang on."""
    until = {"keep": "until handled", "ceiling": chance.choice(["3 months", "90 days"])}
    answers = chance.choice([{"keep": "3 months"}, {"keep": "1 year"}, until])
    comments = chance.choice([{"keep": "3 months"}, {"keep": "75 days"}, until])
    by = chance.choice([{}, LEGAL, OPEN, {"extended_by": ["legal_hold", "open_matter"]}])
    return schedule(
        answers=answers | by,
        free_comments=comments | by,
        telephone_messages={"keep": "2 months"} | chance.choice([{}, LEGAL]),
        contact_log={"keep": chance.choice(["60 days", "2 years"])} | by,
        throttle_tokens={"keep": "30 days"},
        case_notes={"keep": "2 months"} | by,
        listening_log={"keep": "45 days"},
    )


def some_data(house: House, organisation: Organisation, chance: random.Random) -> None:
    """People, callers, cases and logs over some months, a part of it held, frozen or handled."""
    mailbox = make_mailbox(organisation)
    user = make_user(organisation.id)

    def moment() -> datetime:
        return NOON + timedelta(minutes=chance.randrange(120 * 24 * 60))

    people = [leave_traces(house, at=moment(), organisation=organisation) for _ in range(8)]
    for person in people:
        if chance.random() < 0.4:  # said later than the answer, so due later
            add(
                Comment(
                    organisation_id=organisation.id, response_id=person.response.id,
                    question_key="more", kind=CommentKind.TYPED, state=CommentState.WRITTEN,
                    made_at=person.response.started_at + timedelta(days=chance.randrange(4)),
                )
            )  # fmt: skip
        if chance.random() < 0.4:
            with transaction() as session:
                row = session.get_one(Response, person.response.id)
                row.handled_at = row.started_at + timedelta(days=chance.randrange(200))
        if chance.random() < 0.3:
            closed = None if chance.random() < 0.5 else moment()
            with reading() as session:
                about = session.get_one(Response, person.response.id)
            add(
                Case(
                    organisation_id=organisation.id, customer_id=person.customer.id,
                    interaction_id=_interaction_of(about), kind=chance.choice(list(CaseKind)),
                    opened_at=moment(), closed_at=closed,
                )
            )  # fmt: skip
    add(
        Restriction(
            organisation_id=organisation.id, customer_id=people[0].customer.id, cause="x",
            made_at=NOON,
        ),
        # As a command would set it where the schedule allows it; elsewhere it keeps nothing.
        Hold(
            id=uuid4(), organisation_id=organisation.id, scope=HoldScope.CUSTOMER,
            customer_id=people[1].customer.id, owner_id=user.id, review_at=NOON + 900 * DAY,
            ends_at=NOON + chance.randrange(60, 400) * DAY, made_at=NOON,
        ),
        *(
            ThrottleToken(
                organisation_id=organisation.id, subject_hash=bytes([n]) * 32,
                invitation_id=uuid4(), asked_at=moment(),
            )
            for n in range(4)
        ),
        *(
            Listening(
                organisation_id=organisation.id, user_id=user.id, recording_id=uuid4(),
                sitting_id=uuid4(), listened_at=moment(),
            )
            for _ in range(4)
        ),
    )  # fmt: skip
    for _ in range(3):
        make_message(house, at=moment(), mailbox=mailbox)


def _interaction_of(response: Response) -> Any:
    with reading() as session:
        return session.get_one(Invitation, response.invitation_id).interaction_id


DAY = timedelta(days=1)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_foretold_for_a_moment_is_what_a_purge_then_takes(house: House, seed: int) -> None:
    chance = random.Random(seed)
    zone = chance.choice(["Europe/Helsinki", "Europe/Oslo", "Europe/Stockholm"])
    organisation = make_organisation(retention=some_schedule(chance), timezone=zone)
    some_data(house, organisation, chance)
    now = NOON + 30 * DAY
    moments = sorted(now + timedelta(minutes=chance.randrange(500 * 24 * 60)) for _ in range(3))

    for moment in moments:
        calendar = foretold(organisation, now=now, until=moment)

        assert {k: n for k, n in calendar.totals.items() if n} == taken(
            house, organisation, moment
        ), (seed, moment)
        now = moment


def test_each_day_of_the_calendar_is_what_the_purge_at_its_end_takes(house: House) -> None:
    chance = random.Random(7)
    organisation = make_organisation(retention=some_schedule(chance))
    some_data(house, organisation, chance)
    zone = ZoneInfo("Europe/Stockholm")
    now = NOON + 75 * DAY
    last = (now + 14 * DAY).astimezone(zone).date()

    calendar = foretold(organisation, now=now, until=end_of_day(last, zone) - MICROSECOND)

    days = forecast.by_class(calendar)
    assert len(days) > 3
    day = now.astimezone(zone).date()
    while day <= last:
        told = days.get(day, {})
        assert told == taken(house, organisation, end_of_day(day, zone) - MICROSECOND), day
        day += DAY


MICROSECOND = timedelta(microseconds=1)


def test_what_is_overdue_goes_today_and_what_is_kept_back_is_counted(house: House) -> None:
    organisation = make_organisation(retention=schedule(answers=LEGAL))
    people = [leave_traces(house, organisation=organisation) for _ in range(3)]
    now = NOON + 3_000 * DAY
    ends = now + 10 * DAY
    hold(house, organisation, held_item(organisation, people[0].response.id))
    hold(house, organisation, held_item(organisation, people[1].response.id), ends_at=ends)

    calendar = foretold(organisation, now=now, until=now + 30 * DAY)

    today, later = now.date(), ends.date()
    assert calendar.goes["answers"] == Counter({today: 1, later: 1})
    assert calendar.goes["free_comments"] == Counter({today: 3})
    assert +calendar.kept_back == Counter({"answers": 1})


def test_answers_of_one_moment_are_one_response(house: House) -> None:
    organisation = make_organisation()
    person = leave_traces(house, organisation=organisation)
    with transaction() as session:
        session.add(
            Answer(
                organisation_id=organisation.id, response_id=person.response.id,
                question_key="second", kind="nps", number=3, answered_at=NOON,
            )
        )  # fmt: skip
    until = NOON + 3_000 * DAY

    calendar = foretold(organisation, now=NOON, until=until)

    assert calendar.totals["answers"] == 1 == taken(house, organisation, until)["answers"]
    assert isinstance(calendar.days[0], date)


def test_a_comment_that_goes_with_its_answers_before_its_time_is_told_and_counted(
    house: House,
) -> None:
    organisation = make_organisation(retention=schedule(free_comments={"keep": "2 years"}))
    leave_traces(house, organisation=organisation)
    until = NOON + 600 * DAY

    calendar = foretold(organisation, now=NOON, until=until)

    both = {"answers": 1, "free_comments": 1}
    assert {name: n for name, n in calendar.totals.items() if n} == both
    assert taken(house, organisation, until) == both
