"""When asking again makes sense: the first moment at which all that time ends has ended."""

import dataclasses
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.campaign_rules import CallsAllowedBy, Retry, RetryCause
from config.periods import Period, Unit
from storage.states import CampaignState, Disposition, InvitationState
from survey.calling_hours import CallingHours, Window
from survey.permission import decide
from survey.permission_noes import Ends
from survey.permission_rules import RULES
from survey.permission_terms import Method, Money, PermissionFacts, Rule, Throttle
from survey.retries import PastAttempt
from tests.survey.some_facts import random_facts

STOCKHOLM = ZoneInfo("Europe/Stockholm")
WEEKDAYS = CallingHours(STOCKHOLM, (*(5 * [(Window(9 * 60, 20 * 60),)]), (), ()))
NINETY = Period(90, Unit.DAY)


def at(*moment: int) -> datetime:
    """That wall time in Stockholm, in UTC."""
    return datetime(*moment, tzinfo=STOCKHOLM).astimezone(UTC)  # type: ignore[misc,arg-type]


NOW = at(2026, 3, 10, 11, 0)
FACTS = PermissionFacts(
    method=Method.CALLS,
    zone=STOCKHOLM,
    objected_to=frozenset(),
    invitation_state=InvitationState.PLANNED,
    due_at=NOW,
    expires_at=NOW + timedelta(days=60),
    has_number=True,
    number_valid=True,
    on_allow_list=True,
    past=(),
    retry={RetryCause.BUSY: Retry.model_validate({"after": "15 minutes", "times": 9})},
    calls_allowed_by=CallsAllowedBy.NOT_MARKETING,
    signed_on=NOW.date(),
    campaign_state=CampaignState.RUNNING,
    hours=WEEKDAYS,
    rings_at_any_hour=False,
    on_the_line=False,
)


def again(now: datetime = NOW, **changed: Any) -> tuple[Rule, datetime | None]:
    decision = decide(dataclasses.replace(FACTS, **changed), now=now)
    return decision.rule, decision.next_allowed_at


@pytest.mark.parametrize(
    ("asked_at", "rule", "moment"),
    [
        # Ninety days end on Sunday 15 March at noon: Monday at nine.
        (at(2025, 12, 15, 12, 0), Rule.THROTTLED, at(2026, 3, 16, 9, 0)),
        # On Wednesday at ten in the evening: Thursday at nine.
        (at(2025, 12, 11, 22, 0), Rule.THROTTLED, at(2026, 3, 12, 9, 0)),
        # On Wednesday at noon: at noon.
        (at(2025, 12, 11, 12, 0), Rule.THROTTLED, at(2026, 3, 11, 12, 0)),
        # Over the change of the clock noon stays noon on the wall.
        (at(2025, 12, 30, 12, 0), Rule.THROTTLED, at(2026, 3, 30, 12, 0)),
    ],
)
def test_a_throttle_that_ends_outside_the_hours_ends_with_the_next_opening(
    asked_at: datetime, rule: Rule, moment: datetime
) -> None:
    assert again(throttle=Throttle(asked_at, NINETY)) == (rule, moment)


def test_a_throttle_that_ends_when_it_is_too_late_is_a_no_for_good() -> None:
    expires = at(2026, 3, 16, 9, 0)

    at_the_edge = again(throttle=Throttle(at(2025, 12, 15, 12, 0), NINETY), expires_at=expires)

    assert at_the_edge == (Rule.THROTTLED, None)


def test_money_for_today_is_there_again_when_the_day_and_the_hours_have_begun() -> None:
    friday = at(2026, 3, 13, 11, 0)
    spent = Money("SEK", 7, friday.date(), spent_today=98, per_day=100)

    assert again(friday, money=spent) == (Rule.CEILING_OF_DAY, at(2026, 3, 16, 9, 0))


@pytest.mark.parametrize(
    ("freed", "moment"),
    [
        (at(2026, 3, 10, 11, 17), at(2026, 3, 10, 11, 17)),
        # After the hours: the next morning, when it is another day's money anyway.
        (at(2026, 3, 10, 20, 5), at(2026, 3, 11, 9, 0)),
        (at(2026, 3, 11, 0, 5), at(2026, 3, 11, 9, 0)),
    ],
)
def test_money_that_calls_hold_is_waited_for_and_not_midnight(
    freed: datetime, moment: datetime
) -> None:
    held = Money("SEK", 7, NOW.date(), spent_today=98, per_day=100, free_by=freed)

    assert again(money=held) == (Rule.CEILING_OF_DAY, moment)


def test_the_campaigns_money_that_calls_hold_is_waited_for_too() -> None:
    freed = at(2026, 3, 10, 11, 17)
    held = Money("SEK", 7, NOW.date(), 98, 98, 100, 100, whole_free_by=freed)
    whole = dataclasses.replace(held, per_day=None)

    assert again(money=whole) == (Rule.CEILING_HELD, freed)
    # The day's money is not held: it is there again tomorrow.
    assert again(money=held) == (Rule.CEILING_HELD, at(2026, 3, 11, 9, 0))
    assert again(freed, money=whole)[0] is Rule.ALLOWED


def test_a_ceiling_below_one_call_waits_for_somebody_and_not_for_midnight() -> None:
    tiny = Money("SEK", 7, NOW.date(), per_day=6)

    assert again(money=tiny) == (Rule.CEILING_OF_DAY, NOW + timedelta(days=1))


def test_a_paused_campaign_is_looked_at_in_an_hour_or_when_its_hours_open() -> None:
    evening = at(2026, 3, 13, 19, 30)

    assert again(campaign_state=CampaignState.PAUSED) == (
        Rule.CAMPAIGN_NOT_RUNNING,
        NOW + timedelta(hours=1),
    )
    assert again(evening, campaign_state=CampaignState.PAUSED) == (
        Rule.CAMPAIGN_NOT_RUNNING,
        at(2026, 3, 16, 9, 0),
    )


@pytest.mark.parametrize(
    ("left", "moment"),
    [
        (timedelta(hours=25), NOW + timedelta(hours=24)),
        # A day is too late, half of one is at night; a quarter is this afternoon.
        (timedelta(hours=20), NOW + timedelta(hours=6)),
        (timedelta(minutes=20), NOW + timedelta(minutes=11, seconds=15)),
        (timedelta(minutes=2), None),
    ],
)
def test_where_it_is_too_late_after_a_day_an_act_is_waited_for_in_what_is_left(
    left: timedelta, moment: datetime | None
) -> None:
    assert again(restricted=True, expires_at=NOW + left) == (Rule.RESTRICTED, moment)


def test_whoever_is_on_the_line_at_closing_time_is_rung_the_next_morning() -> None:
    assert again(at(2026, 3, 10, 19, 57), on_the_line=True) == (
        Rule.ON_THE_LINE,
        at(2026, 3, 11, 9, 0),
    )


def test_a_second_try_after_closing_time_waits_for_the_morning() -> None:
    busy = PastAttempt(Disposition.BUSY, at(2026, 3, 10, 19, 50))

    assert again(at(2026, 3, 10, 19, 51), past=(busy,)) == (
        Rule.NOT_YET_DUE,
        at(2026, 3, 11, 9, 0),
    )


def test_the_other_rules_that_said_no_are_told_too() -> None:
    decision = decide(
        dataclasses.replace(FACTS, on_the_line=True, campaign_state=CampaignState.PAUSED), now=NOW
    )

    assert (decision.rule, decision.also) == (Rule.CAMPAIGN_NOT_RUNNING, (Rule.ON_THE_LINE,))


def standing(facts: PermissionFacts, moment: datetime) -> set[Rule]:
    noes = [rule(facts, moment) for rule in RULES[facts.purpose]]
    return {no.rule for no in noes if no is not None and no.ends is not Ends.BY_AN_ACT}


def test_at_the_next_moment_nothing_that_time_ends_says_no() -> None:
    draw, later = Random(20260310), 0

    for _ in range(1_500):
        facts, now = random_facts(draw)
        decision = decide(facts, now=now)
        if decision.allowed:
            assert facts.called_in or standing(facts, now) == set()
            assert decision.next_allowed_at is None
        elif decision.next_allowed_at is not None:
            later += 1
            assert decision.next_allowed_at > now
            assert standing(facts, decision.next_allowed_at) == set()

    assert later > 200


def test_no_earlier_moment_would_have_been_allowed() -> None:
    draw, looked = Random(20261025), 0

    for _ in range(1_500):
        facts, now = random_facts(draw)
        noes = [rule(facts, now) for rule in RULES[facts.purpose]]
        # Where nobody has to do anything first.
        if facts.called_in or any(no and no.ends is Ends.BY_AN_ACT for no in noes):
            continue
        decision = decide(facts, now=now)
        if decision.allowed:
            continue
        end = decision.next_allowed_at or facts.expires_at
        for _ in range(10):
            earlier = now + (end - now) * draw.random()
            if now <= earlier < end:
                looked += 1
                assert any(rule(facts, earlier) for rule in RULES[facts.purpose])

    assert looked > 1_000
