"""What a week must keep to: what the people in it remember is held against the rows."""

import itertools
import math
from collections import Counter
from datetime import timedelta
from typing import Final

from storage.house import reading
from storage.states import Disposition, InvitationState
from survey import funnel
from survey.permission import Rule
from survey.permission_replay import Replayed, replay_all
from survey.places import find_campaign
from tests.load import week_ground as ground
from tests.load.week_network import Answered
from tests.load.week_told import Told, Tried

MINUTES, HOURS = timedelta(minutes=1), timedelta(hours=1)
# The file's words once more: after which end, how long at least, how many times at most.
AGAIN: Final = {
    Disposition.BUSY: (15 * MINUTES, 2),
    Disposition.NO_ANSWER: (4 * HOURS, 1),
    Disposition.MACHINE: (6 * HOURS, 1),
    Disposition.FAILED: (1 * HOURS, 1),
    Disposition.PARTIAL: (10 * MINUTES, 1),
    Disposition.UNANSWERED: (10 * MINUTES, 1),
    # Where the file says nothing.
    Disposition.PROVIDER_ERROR: (5 * MINUTES, 10),
}
CUT: Final = {Disposition.PARTIAL, Disposition.UNANSWERED}
RANG: Final = CUT | {Disposition.NO_ANSWER, Disposition.MACHINE}
MOST_CALLS: Final = 5
MEANT: Final = {
    Answered.TO_THE_END: Disposition.COMPLETED,
    Answered.CUT: Disposition.PARTIAL,
    Answered.AT_ONCE: Disposition.UNANSWERED,
    Answered.OBJECTED: Disposition.REFUSED,
    Answered.MACHINE: Disposition.MACHINE,
    Answered.NO_ANSWER: Disposition.NO_ANSWER,
    Answered.BUSY: Disposition.BUSY,
    Answered.FAILED: Disposition.FAILED,
}


def check(told: Told) -> None:
    """Everything that a week must keep to."""
    each_attempt_ended_as_the_person_remembers(told)
    nobody_is_rung_outside_their_hours(told)
    nobody_waits_for_a_day_on_which_nobody_is_rung(told)
    the_sample_is_asked_and_nobody_else(told)
    nobody_is_rung_again_too_soon_or_too_often(told)
    nobody_is_rung_after_a_no(told)
    nobody_is_asked_about_two_cases(told)
    the_line_carries_no_more_than_it_may(told)
    no_day_costs_more_than_its_ceiling(told)
    everybody_comes_to_an_end(told)
    the_funnel_is_what_people_remember(told)
    every_decision_is_made_again_the_same(told)


def each_attempt_ended_as_the_person_remembers(told: Told) -> None:
    for tried in told.all():
        if tried.rung is None:
            assert tried.disposition in (Disposition.PROVIDER_ERROR, Disposition.GIVEN_BACK), tried
        elif tried.rung.answered is Answered.CUT and tried.disposition is Disposition.COMPLETED:
            # The second call had only the second question left.
            assert tried.rung.given == 1, tried
        else:
            assert tried.disposition is MEANT[tried.rung.answered], tried


def nobody_is_rung_outside_their_hours(told: Told) -> None:
    for tried in told.all():
        country = told.person_of[tried.case].country
        assert country.may_ring(tried.placing_at), tried
        if tried.rung is not None:
            assert country.may_ring(tried.rung.asked_at), tried
            assert tried.rung.number == told.person_of[tried.case].number


def nobody_waits_for_a_day_on_which_nobody_is_rung(told: Told) -> None:
    """Whoever could be rung through a whole hour of a day was not forgotten by everybody."""
    days = told.days()
    for case, theirs in told.attempts.items():
        person = told.person_of[case]
        if len(person.cases) > 1:
            continue  # they wait for what becomes of the other one
        waits_from = person.told_at
        for tried in theirs:
            hour = waits_from
            while hour + HOURS < tried.placing_at:
                day = hour.astimezone(ground.STOCKHOLM).date()
                if person.country.may_ring(hour) and person.country.may_ring(hour + HOURS):
                    assert days[day] > 0, (day, tried)
                hour += HOURS
            if tried.ended_at is not None:
                waits_from = tried.ended_at + AGAIN.get(tried.disposition, (HOURS, 0))[0]


def the_sample_is_asked_and_nobody_else(told: Told) -> None:
    share = told.week.share / 100
    cases = len(told.person_of)
    spread = math.sqrt(cases * share * (1 - share))
    assert abs(cases - len(told.left_out) - cases * share) <= 4 * spread, len(told.left_out)
    for case, times in told.left_out.items():
        # Settled by one stored decision, for good.
        assert times == 1, case
        assert told.states[case] is InvitationState.WITHDRAWN, case
        assert case not in told.attempts, case
    # Nobody is forgotten: who was never decided about had said no, or was asked about otherwise.
    for case in told.person_of.keys() - told.decided:
        assert told.states[case] in (InvitationState.WITHDRAWN, InvitationState.EXPIRED), case


def nobody_is_rung_again_too_soon_or_too_often(told: Told) -> None:
    for theirs in told.attempts.values():
        real = [one for one in theirs if one.disposition is not Disposition.GIVEN_BACK]
        for before, then in itertools.pairwise(real):
            assert before.ended_at is not None
            assert before.disposition in AGAIN, (before, then)
            assert then.placing_at >= before.ended_at + AGAIN[before.disposition][0], (before, then)
        counted = Counter(one.disposition for one in real)
        for how, times in counted.items():
            assert times <= AGAIN.get(how, (None, 0))[1] + 1, theirs
        assert sum(counted[how] for how in RANG) <= MOST_CALLS, theirs


def nobody_is_rung_after_a_no(told: Told) -> None:
    for tried in told.all():
        said_no = told.week.objected.get(told.person_of[tried.case].number)
        if said_no is not None and tried.rung is not None:
            assert tried.rung.asked_at <= said_no, tried
    objected_in_a_call = {
        one.number: one.ended_at for one in told.week.network.made
        if one.answered is Answered.OBJECTED
    }  # fmt: skip
    for rung in told.week.network.made:
        ended_at = objected_in_a_call.get(rung.number)
        assert ended_at is None or rung.asked_at < ended_at, rung


def nobody_is_asked_about_two_cases(told: Told) -> None:
    both = 0
    for person in told.week.everybody:
        reached = [
            case
            for case in person.cases
            if any(
                one.rung is not None and one.disposition is not Disposition.FAILED
                for one in told.attempts[case]
            )
        ]
        assert len(reached) <= 1, person
        both += len(person.cases) - 1
    assert both > 0


def the_line_carries_no_more_than_it_may(told: Told) -> None:
    asked = told.week.network.requests
    second = timedelta(seconds=1)
    for first, one_more in zip(asked, asked[told.week.line.per_second :], strict=False):
        assert one_more - first >= second, (first, one_more)
    assert told.week.network.most_alive <= told.week.line.at_a_time


def no_day_costs_more_than_its_ceiling(told: Told) -> None:
    costs: Counter[object] = Counter()
    for tried in told.all():
        if tried.rung is None:
            continue
        day = tried.placing_at.astimezone(ground.STOCKHOLM).date()
        costs[day] += ground.PRICE_OF_CALL + ground.PRICE_OF_MINUTE * -(-tried.rung.seconds // 60)
    assert {day: micros for day, micros in told.spent.items() if micros} == costs
    assert all(micros <= told.week.ceiling_of_day * 1_000_000 for micros in costs.values())
    assert told.decisions[Rule.CEILING_OF_DAY.value] > 0


def everybody_comes_to_an_end(told: Told) -> None:
    over = {
        InvitationState.COMPLETED,
        InvitationState.PARTIAL,
        InvitationState.REFUSED,
        InvitationState.WITHDRAWN,
        InvitationState.EXPIRED,
        InvitationState.UNREACHED,
    }
    assert told.states.keys() == told.person_of.keys()
    assert set(told.states.values()) <= over, Counter(told.states.values())
    for case, state in told.states.items():
        ends = [one.disposition for one in told.attempts[case]]
        assert (state is InvitationState.COMPLETED) is (Disposition.COMPLETED in ends), case


def the_funnel_is_what_people_remember(told: Told) -> None:
    with reading() as session:
        _, campaign = find_campaign(
            session, organisation=ground.ORGANISATION, campaign=ground.CAMPAIGN
        )
        counted = funnel.of_campaign(session, campaign)
    calls = [one for one in told.all() if one.rung is not None]
    whole = _counted(calls)
    whole["objected"] += len([number for number in told.week.objected if _was_open(told, number)])
    assert _of(counted.whole) == whole
    for number, row in counted.by_attempt.items():
        theirs = [one for one in calls if min(one.number, funnel.MOST_ATTEMPTS) == number]
        found, wanted = _of(row), _counted(theirs)
        # Who objects on a page while their telephone rings does so in that attempt.
        assert found["objected"] >= wanted.pop("objected")
        assert {key: found[key] for key in wanted} == wanted, number
    tries = Counter(one.placing_at.astimezone(ground.STOCKHOLM).hour for one in calls)
    assert {hour: row.tried for hour, row in counted.by_hour.items() if row.tried} == tries
    ends = Counter(
        one.rung.ended_at.astimezone(ground.STOCKHOLM).hour
        for one in calls
        if one.disposition is Disposition.COMPLETED and one.rung and one.rung.ended_at
    )
    assert {hour: row.completed for hour, row in counted.by_hour.items() if row.completed} == ends


def _counted(calls: list[Tried]) -> Counter[str]:
    how = Counter(one.disposition for one in calls)
    spoke = (Disposition.COMPLETED, Disposition.REFUSED, *CUT)
    return Counter(
        tried=len(calls),
        reached=sum(how[one] for one in spoke),
        started=sum(one.rung is not None and one.rung.began for one in calls),
        completed=how[Disposition.COMPLETED],
        refused=how[Disposition.REFUSED],
        objected=how[Disposition.REFUSED],
    )


def _was_open(told: Told, number: str) -> bool:
    return number in told.week.withdrawn


def _of(row: funnel.Row) -> Counter[str]:
    return Counter({kind.value: getattr(row, kind.value) for kind in funnel.STEPS})


def every_decision_is_made_again_the_same(told: Told) -> None:
    with reading() as session:
        owner, _ = find_campaign(
            session, organisation=ground.ORGANISATION, campaign=ground.CAMPAIGN
        )
        outcomes = Counter(one.outcome for one in replay_all(session, owner))
    assert outcomes == {Replayed.SAME: told.decisions.total()}
