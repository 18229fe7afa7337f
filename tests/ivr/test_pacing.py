"""The pace of a line, shared by all diallers through the database and reckoned by its clock."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from ivr import pacing
from ivr.pacing import SLACK, LineLimit, Moment, Pace
from storage.house import House, reading, transaction
from storage.tables import LinePace
from tests.rows import make_line, make_organisation

Lines = Callable[[float], LineLimit]


@pytest.fixture
def line(house: House) -> Lines:
    """One line with that many calls a second."""
    made = make_line(make_organisation())

    def of(calls_per_second: float) -> LineLimit:
        return LineLimit(made.id, made.organisation_id, calls_per_second)

    return of


@pytest.fixture
def far_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moments may be taken however long they lie ahead, so that nobody has to wait for them."""
    monkeypatch.setattr(pacing, "AHEAD", 10_000.0)


def take(line: LineLimit) -> Moment | float:
    with transaction() as session:
        taken = pacing.take(session, line)
    return taken.moments[0] if taken.moments else taken.wait


def taken(line: LineLimit, count: int) -> list[datetime]:
    """So many moments in the order in which they were taken."""
    moments: list[datetime] = []
    while len(moments) < count:
        one = take(line)
        if isinstance(one, Moment):
            moments.append(one.at)
            with transaction() as session:  # asked and answered in no time
                pacing.used(session, [(one, 0.0)])
    return moments


def most_within(moments: Sequence[datetime], seconds: float) -> int:
    """The most of them in any half-open span of so many seconds, wherever it begins."""
    ordered = sorted(moments)
    span = timedelta(seconds=seconds)
    return max(sum(first <= one < first + span for one in ordered) for first in ordered)


@pytest.mark.parametrize(
    ("calls_per_second", "seconds", "most"), [(1.0, 1, 1), (5.0, 1, 5), (20.0, 1, 20), (0.5, 2, 1)]
)
def test_no_second_has_more_moments_than_the_line_allows_and_hardly_fewer(
    line: Lines, far_ahead: None, calls_per_second: float, seconds: float, most: int
) -> None:
    moments = taken(line(calls_per_second), 5 * most)

    assert most_within(moments, seconds) == most
    used = (len(moments) - most) / (moments[-1] - moments[most - 1]).total_seconds()
    assert used >= 0.9 * calls_per_second


def test_many_who_take_at_once_never_take_the_same(line: Lines, far_ahead: None) -> None:
    ours, moments, guard = line(10.0), [], threading.Lock()

    def dial() -> None:
        for one in taken(ours, 10):
            with guard:
                moments.append(one)

    threads = [threading.Thread(target=dial) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(moments) == 40
    assert most_within(moments, 1) == 10


def test_several_moments_taken_together_are_those_of_as_many_slots(
    line: Lines, far_ahead: None
) -> None:
    ours = line(5.0)
    taken(ours, 1)

    with transaction() as session:
        first = pacing.take(session, ours, most=3).moments
    with transaction() as session:
        then = pacing.take(session, ours, most=3).moments

    assert len({one.slot for one in first}) == 3
    assert {one.slot for one in first}.isdisjoint({one.slot for one in then[:2]})
    assert most_within([one.at for one in (*first, *then)], 1) <= 5


def test_of_those_taken_together_none_lies_far_ahead(line: Lines) -> None:
    ours = line(2.0)
    take(ours)  # makes the slots, spread over a second

    with transaction() as session:
        found = pacing.take(session, ours, most=10)

    assert len(found.moments) <= 1
    assert 0 < found.wait <= 1 + SLACK


def test_a_moment_that_lies_far_ahead_is_not_taken_yet(line: Lines) -> None:
    ours = line(1.0)
    assert taken(ours, 1)

    wait = take(ours)

    assert isinstance(wait, float)
    assert 0 < wait <= 1 + SLACK - pacing.AHEAD


def one_moment(line: LineLimit) -> Moment:
    moment = take(line)
    while not isinstance(moment, Moment):
        moment = take(line)
    return moment


def test_a_slot_is_free_a_second_after_its_request_can_have_reached_the_provider(
    line: Lines, far_ahead: None
) -> None:
    ours = line(1.0)
    moment = one_moment(ours)

    with transaction() as session:
        pacing.used(session, [(moment, 0.5)])

    assert one_moment(ours).at == moment.at + timedelta(seconds=1.5)


def test_while_a_request_is_not_answered_its_slot_begins_no_other(
    line: Lines, far_ahead: None
) -> None:
    """Nobody knows yet when the provider got it; only a process that died never gives it back."""
    ours = line(1.0)
    moment = one_moment(ours)

    assert one_moment(ours).at == moment.at + pacing.lost_after()


def test_whoever_waits_for_a_slot_that_is_taken_looks_again_when_its_second_is_over(
    line: Lines,
) -> None:
    ours = line(1.0)
    one_moment(ours)

    wait = take(ours)

    assert isinstance(wait, float)
    assert 0 < wait <= 1 + SLACK - pacing.AHEAD


def test_a_slot_whose_moment_was_not_used_is_free_at_once(line: Lines, far_ahead: None) -> None:
    ours = line(1.0)
    moment = one_moment(ours)

    with transaction() as session:
        pacing.unused(session, [moment])

    assert one_moment(ours).at < moment.at + timedelta(seconds=1)


def test_giving_back_a_slot_that_was_lost_and_taken_anew_changes_nothing(
    line: Lines, far_ahead: None
) -> None:
    ours = line(1.0)
    lost, anew = one_moment(ours), one_moment(ours)

    with transaction() as session:
        pacing.unused(session, [lost])

    assert one_moment(ours).at == anew.at + pacing.lost_after()


def test_a_provider_that_always_takes_long_to_answer_is_not_late(line: Lines) -> None:
    """It thinks for 200 ms after it had the request; one that took 300 ms was held up."""
    pace, moment = Pace(threading.Event()), Moment(line(1.0), 0, datetime.now().astimezone(), 10, 0)

    first = [pace.lateness(moment, asked=10.0, answered=10.2) for _ in range(20)]
    usual = pace.lateness(moment, asked=10.0, answered=10.2)
    slow = pace.lateness(moment, asked=10.0, answered=10.3)

    # Too little is known yet: each may have been held up, so the worst is taken.
    assert first == [pytest.approx(0.2)] * 20
    assert usual == pytest.approx(SLACK)
    assert slow == pytest.approx(0.1 + SLACK)
    assert pace.lateness(moment, asked=10.0, answered=None) > slow
    # Twenty in a row that were held up are no measure of how long one takes.
    held_up = [pace.lateness(moment, asked=10.0, answered=10.9) for _ in range(21)]
    assert held_up[-1] == pytest.approx(0.7 + SLACK)


def test_a_line_whose_limit_is_raised_or_lowered_begins_as_many_calls_as_the_new_one(
    line: Lines, far_ahead: None
) -> None:
    assert most_within(taken(line(2.0), 6), 1) == 2

    assert most_within(taken(line(5.0), 30)[20:], 1) == 5
    assert most_within(taken(line(1.0), 6)[1:], 1) == 1


def test_a_held_line_gives_no_moment_before_its_time_to_anybody(
    line: Lines, far_ahead: None
) -> None:
    ours = line(5.0)
    taken(ours, 1)

    with transaction() as session:
        seconds = pacing.hold(session, ours, after_seconds=30)
        until = session.scalars(select(LinePace.held_until)).one()

    assert 30 <= seconds <= 30 * 1.3
    assert until is not None
    assert min(taken(ours, 5)) >= until


def test_holding_grows_each_time_the_provider_asks_again_and_not_with_those_under_way(
    line: Lines, house: House
) -> None:
    ours, held = line(1.0), []
    for _ in range(3):
        with transaction() as session:
            held.append(pacing.hold(session, ours))
        with transaction() as session:  # asked at the same time as the one before
            assert pacing.hold(session, ours) >= held[-1] - 1
        with transaction() as session:
            session.execute(update(LinePace).values(held_until=None))

    assert 1 <= held[0] <= 1.3
    assert 2 <= held[1] <= 2.6
    assert 4 <= held[2] <= 5.2


def test_a_call_that_went_through_ends_the_patience_and_one_from_before_does_not(
    line: Lines, far_ahead: None
) -> None:
    ours = line(1.0)
    before = one_moment(ours)
    with transaction() as session:
        pacing.hold(session, ours)
    after = take(ours)
    assert isinstance(after, Moment)

    with transaction() as session:
        pacing.bears_again(session, before)
    assert refusals() == 1
    with transaction() as session:
        pacing.bears_again(session, after)
    assert refusals() == 0


def refusals() -> int:
    with reading() as session:
        return session.scalars(select(LinePace.refusals)).one()
