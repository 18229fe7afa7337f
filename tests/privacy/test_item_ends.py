"""The day that a page names is the one on which the purge takes it, whatever step was noted."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from config.periods import parse_period
from config.retention_rules import DataClass
from privacy import item_ends, sensitivity
from privacy.item_ends import Ending, Why
from privacy.schedules import schedule_of
from storage.house import House, reading, transaction
from storage.matters import CaseKind
from storage.states import CommentState
from storage.tables import Answer, Case, Comment, Message, Response
from tests.privacy.test_holds import LEGAL, close, held_item, hold, open_case
from tests.privacy.test_logs_by_age import STOCKHOLM, schedule
from tests.privacy.traces import Person, leave_traces, make_message, run
from tests.rows import NOON, make_mailbox, make_organisation

MICROSECOND = timedelta(microseconds=1)
UNTIL = {"keep": "until handled", "ceiling": "12 months"}
BEFORE, AFTER = NOON + timedelta(days=30), NOON + timedelta(days=400)
STEPS = ("reviewed_at", "decided_at", "handled_at")


def after(period: str, start: datetime = NOON) -> datetime:
    return parse_period(period).after(start, STOCKHOLM)


def endings(person: Person, *, now: datetime = NOON) -> list[Ending]:
    with reading() as session:
        response = session.get_one(Response, person.response.id)
        return item_ends.of_response(session, schedule_of(person.organisation), response, now=now)


def ending_of_case(person: Person, case: Case, *, now: datetime = NOON) -> Ending:
    with reading() as session:
        found = session.get_one(Case, case.id)
        return item_ends.of_case(session, schedule_of(person.organisation), found, now=now)


def still_there() -> tuple[int, int]:
    """How many answers, and how many comments with something in them."""
    with reading() as session:
        comments = select(func.count()).where(Comment.state != CommentState.ERASED)
        return (
            session.scalar(select(func.count()).select_from(Answer)) or 0,
            session.scalar(comments) or 0,
        )


@pytest.mark.parametrize(
    ("rules", "steps", "answers", "comment"),
    [
        # Nothing noted: the periods, or the ceilings.
        ({}, {}, after("18 months"), after("12 months")),
        ({"answers": UNTIL, "free_comments": UNTIL}, {}, after("12 months"), after("12 months")),
        # The first two steps end nothing.
        ({"answers": UNTIL}, {"reviewed_at": BEFORE}, after("12 months"), after("12 months")),
        ({"answers": UNTIL}, {"decided_at": BEFORE}, after("12 months"), after("12 months")),
        # The last one ends what is kept until then, and the comment with its answers.
        ({"answers": UNTIL, "free_comments": UNTIL}, {"handled_at": BEFORE}, BEFORE, BEFORE),
        ({"answers": UNTIL}, {"handled_at": BEFORE}, BEFORE, BEFORE),
        ({"free_comments": UNTIL}, {"handled_at": BEFORE}, after("18 months"), BEFORE),
        # It moves no period that is a period.
        ({}, {"handled_at": BEFORE}, after("18 months"), after("12 months")),
        # What is handled too late is capped by the ceiling.
        ({"answers": UNTIL}, {"handled_at": AFTER}, after("12 months"), after("12 months")),
    ],
)  # fmt: skip
def test_each_step_moves_the_day_as_the_schedule_says_and_the_purge_keeps_to_it(
    house: House, rules: Any, steps: dict[str, datetime], answers: datetime, comment: datetime
) -> None:
    person = leave_traces(house, organisation=make_organisation(retention=schedule(**rules)))
    with transaction() as session:
        for column, moment in steps.items():
            setattr(session.get_one(Response, person.response.id), column, moment)

    told = endings(person)

    assert [one.at for one in told] == [answers, comment]
    for end in sorted({answers, comment}):
        run(house, end - MICROSECOND)
        assert still_there() == (int(answers >= end), int(comment >= end))
        run(house, end)
        assert still_there() == (int(answers > end), int(comment > end))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("rules", "steps", "why"),
    [
        ({}, {}, Why.PERIOD),
        ({"answers": UNTIL}, {}, Why.CEILING),
        ({"answers": UNTIL}, {"handled_at": BEFORE}, Why.HANDLED),
        ({"answers": UNTIL}, {"handled_at": AFTER}, Why.CEILING),
        ({"answers": {"keep": "until handled"}}, {}, Why.OPEN),
        ({"answers": {"keep": "until handled"}}, {"handled_at": BEFORE}, Why.HANDLED),
        ({"answers": {"keep": "never by age"}}, {"handled_at": BEFORE}, Why.NEVER),
    ],
)
def test_it_is_told_what_ends_it(
    house: House, rules: Any, steps: dict[str, datetime], why: Why
) -> None:
    person = leave_traces(house, organisation=make_organisation(retention=schedule(**rules)))
    with transaction() as session:
        for column, moment in steps.items():
            setattr(session.get_one(Response, person.response.id), column, moment)

    assert endings(person)[0].why is why


def test_what_an_open_case_keeps_is_told(house: House) -> None:
    needed = {"answers": UNTIL | {"extended_by": ["open_matter"]}}
    person = leave_traces(house, organisation=make_organisation(retention=schedule(**needed)))
    assert [one.kept for one in endings(person)] == [False, False]
    case = open_case(person)

    assert [one.kept for one in endings(person)] == [True, False]
    close(case, at=NOON)
    assert [one.kept for one in endings(person)] == [False, False]


def test_a_message_goes_by_its_receipt_alone(house: House) -> None:
    organisation = make_organisation()
    message = make_message(house, mailbox=make_mailbox(organisation))

    with reading() as session:
        found = session.get_one(Message, message.id)
        ending = item_ends.of_message(session, schedule_of(organisation), found, now=NOON)

    expected = (DataClass.TELEPHONE_MESSAGES, after("6 months"), Why.PERIOD)
    assert (ending.what, ending.at, ending.why) == expected


@pytest.mark.parametrize(
    ("days", "rules", "end", "why"),
    [
        (30, {}, NOON + timedelta(days=30), Why.SENSITIVE),
        (30, {"free_comments": UNTIL}, NOON + timedelta(days=30), Why.SENSITIVE),
        (30, {"free_comments": {"keep": "never by age"}}, NOON + timedelta(days=30), Why.SENSITIVE),
        # It never keeps anything longer.
        (500, {}, after("12 months"), Why.PERIOD),
    ],
)
def test_what_is_marked_as_sensitive_goes_sooner_and_the_purge_keeps_to_it(
    house: House, days: int, rules: Any, end: datetime, why: Why
) -> None:
    person = leave_traces(house, organisation=make_organisation(retention=schedule(**rules)))
    with transaction() as session:
        comment = session.query(Comment).one()
        comment.sensitive_at = NOON
        comment.sensitive_until = NOON + timedelta(days=days)

    comments = endings(person)[1]

    assert (comments.at, comments.why) == (end, why)
    run(house, end - MICROSECOND)
    assert still_there() == (1, 1)
    run(house, end)
    assert still_there() == (1, 0)
    with reading() as session:
        left = session.query(Comment).one()
    assert (left.sensitive_at, left.sensitive_until) == (None, None)


def test_a_message_that_is_marked_goes_sooner_unless_a_mark_is_taken_back(house: House) -> None:
    organisation = make_organisation()
    mailbox = make_mailbox(organisation)
    marked, other = (make_message(house, mailbox=mailbox) for _ in range(2))
    with transaction() as session:
        for one in (marked, other):
            row = session.get_one(Message, one.id)
            assert sensitivity.mark(row, organisation, at=NOON)
        sensitivity.unmark(session.get_one(Message, other.id))
    end = after("30 days")

    run(house, end - MICROSECOND)
    with reading() as session:
        assert session.query(Message).count() == 2
    run(house, end)

    with reading() as session:
        assert session.query(Message.id).one()[0] == other.id


def test_a_hold_keeps_what_is_marked_too(house: House) -> None:
    organisation = make_organisation(retention=schedule(free_comments=LEGAL))
    person = leave_traces(house, organisation=organisation)
    with transaction() as session:
        comment = session.query(Comment).one()
        comment.sensitive_at = comment.sensitive_until = NOON
    hold(house, organisation, held_item(organisation, comment.id))

    run(house, NOON + timedelta(days=1))

    assert still_there() == (1, 1)
    assert endings(person)[1].kept


LATE = NOON + timedelta(days=200)


@pytest.mark.parametrize(
    ("kind", "rule", "closed_at", "end"),
    [
        (CaseKind.FOLLOW_UP, {"keep": "6 months"}, None, after("6 months")),
        # Closing starts the period of its own.
        (CaseKind.FOLLOW_UP, {"keep": "6 months"}, BEFORE, after("6 months", BEFORE)),
        (CaseKind.COMPLAINT, {"keep": "6 months"}, BEFORE, after("6 months", BEFORE)),
        (CaseKind.COMPLAINT, UNTIL, BEFORE, BEFORE),
        (CaseKind.COMPLAINT, UNTIL, None, after("12 months")),
        # An open case is kept for itself only where the schedule says so.
        (CaseKind.FOLLOW_UP, {"keep": "6 months", "extended_by": ["open_matter"]}, LATE,
         after("6 months", LATE)),
    ],
)  # fmt: skip
def test_a_case_goes_when_its_page_says(
    house: House, kind: CaseKind, rule: Any, closed_at: datetime | None, end: datetime
) -> None:
    rules = schedule(complaints=rule, case_notes=rule)
    person = leave_traces(house, organisation=make_organisation(retention=rules))
    case = open_case(person, kind=kind)
    if closed_at is not None:
        run(house, closed_at)
        close(case, at=closed_at)

    assert ending_of_case(person, case).at == end
    run(house, end - MICROSECOND)
    assert cases() == 1
    run(house, end)
    assert cases() == 0


def cases() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Case)) or 0
