"""Trying again: by cause, so often and so late as the campaign's rules say, from the attempt on."""

from datetime import UTC, datetime, timedelta

import pytest

from config.campaign_rules import Retry, RetryBy, RetryCause
from storage.states import Disposition
from survey.retries import (
    CAUSE_OF,
    FINAL,
    NEVER_PLACED_MOST,
    PastAttempt,
    next_attempt_at,
    next_attempt_by,
)

END = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
RULES = {
    RetryCause.BUSY: Retry.model_validate({"after": "15 minutes", "times": 2}),
    RetryCause.NO_ANSWER: Retry.model_validate({"after": "4 hours", "times": 1}),
    RetryCause.CUT: Retry.model_validate({"after": "10 minutes", "times": 1}),
    RetryCause.MACHINE: None,
}


def after(*dispositions: Disposition) -> datetime | None:
    past = [PastAttempt(one, END) for one in dispositions]
    return next_attempt_at(past, RULES, most_calls=None)


@pytest.mark.parametrize(
    ("disposition", "wait"),
    [
        (Disposition.BUSY, timedelta(minutes=15)),
        (Disposition.NO_ANSWER, timedelta(hours=4)),
        (Disposition.PARTIAL, timedelta(minutes=10)),
    ],
)
def test_each_cause_waits_its_own_time_from_the_end_of_the_attempt(
    disposition: Disposition, wait: timedelta
) -> None:
    assert after(disposition) == END + wait


def test_a_cause_set_to_never_is_not_tried_again() -> None:
    assert after(Disposition.MACHINE) is None


def test_a_cause_without_a_rule_is_not_tried_again() -> None:
    assert after(Disposition.FAILED) is None


def test_whoever_hung_up_without_a_word_is_not_rung_again_unless_the_file_says_so() -> None:
    hung_up = [PastAttempt(Disposition.UNANSWERED, END)]
    wanted = RULES | {RetryCause.HUNG_UP: Retry.model_validate({"after": "1 day", "times": 1})}

    assert next_attempt_at(hung_up, RULES, most_calls=None) is None
    assert next_attempt_at(hung_up, wanted, most_calls=None) == END + timedelta(days=1)


def test_a_telephone_rings_no_more_often_than_the_file_allows_whatever_the_causes() -> None:
    busy, missed, cut = (
        PastAttempt(one, END)
        for one in (Disposition.BUSY, Disposition.NO_ANSWER, Disposition.PARTIAL)
    )

    assert next_attempt_at([missed, cut], RULES, most_calls=2) is None
    assert next_attempt_at([missed, cut], RULES, most_calls=3) is not None
    # A line that was busy did not ring.
    assert next_attempt_at([busy, busy, missed], RULES, most_calls=2) is not None


def test_a_text_message_may_follow_the_last_call_that_may_ring() -> None:
    rules = {
        RetryCause.MACHINE: Retry.model_validate({"after": "1 hour", "times": 1, "then": "sms"})
    }
    machine = [PastAttempt(Disposition.MACHINE, END)]

    assert next_attempt_at(machine, rules, most_calls=1) == END + timedelta(hours=1)


def test_two_busy_retries_are_allowed_and_a_third_is_not() -> None:
    busy = Disposition.BUSY

    assert after(busy, busy) is not None
    assert after(busy, busy, busy) is None


def test_each_cause_counts_for_itself() -> None:
    busy, unanswered = Disposition.BUSY, Disposition.NO_ANSWER

    assert after(busy, busy, unanswered) == END + timedelta(hours=4)
    assert after(unanswered, busy, unanswered) is None


@pytest.mark.parametrize("last", [Disposition.COMPLETED, Disposition.REFUSED])
def test_a_last_word_is_final(last: Disposition) -> None:
    assert after(Disposition.BUSY, last) is None
    assert after(last, Disposition.BUSY) is None


def test_an_attempt_that_was_never_placed_costs_no_retry_and_comes_again_soon() -> None:
    never, busy = Disposition.NEVER_PLACED, Disposition.BUSY

    assert after(never) == END + timedelta(minutes=1)
    assert after(busy, never, busy) == END + timedelta(minutes=15)


def test_a_call_that_can_never_be_placed_is_given_up_one_day() -> None:
    never = Disposition.NEVER_PLACED

    assert after(*(NEVER_PLACED_MOST - 1) * [never]) is not None
    assert after(*NEVER_PLACED_MOST * [never]) is None


def test_every_way_an_attempt_can_end_is_a_cause_or_final_or_never_happened() -> None:
    nobody_asked = {Disposition.NEVER_PLACED, Disposition.GIVEN_BACK}
    persons_turn = {Disposition.TEXTED}
    assert set(CAUSE_OF) | FINAL | nobody_asked | persons_turn == set(Disposition)


def test_a_rule_may_send_a_text_message_where_a_machine_answered() -> None:
    rules = {
        RetryCause.BUSY: Retry.model_validate({"after": "15 minutes", "times": 2}),
        RetryCause.MACHINE: Retry.model_validate({"after": "1 hour", "times": 1, "then": "sms"}),
    }
    busy, machine = PastAttempt(Disposition.BUSY, END), PastAttempt(Disposition.MACHINE, END)
    never = PastAttempt(Disposition.NEVER_PLACED, END)

    assert next_attempt_by([busy], rules) is RetryBy.CALL
    assert next_attempt_by([busy, machine], rules) is RetryBy.SMS
    assert next_attempt_by([machine, never], rules) is RetryBy.SMS
    assert next_attempt_by([never], rules) is RetryBy.CALL


def test_a_provider_at_fault_has_a_rule_of_its_own_unless_the_file_gives_another() -> None:
    fault = [PastAttempt(Disposition.PROVIDER_ERROR, END)]
    never = RULES | {RetryCause.PROVIDER: None}
    soon = RULES | {RetryCause.PROVIDER: Retry.model_validate({"after": "1 minute", "times": 1})}

    busy = PastAttempt(Disposition.BUSY, END)
    assert next_attempt_at(fault, RULES, most_calls=2) == END + timedelta(minutes=5)
    assert next_attempt_at(fault, never, most_calls=2) is None
    assert next_attempt_at(fault, soon, most_calls=2) == END + timedelta(minutes=1)
    assert next_attempt_at(2 * fault, soon, most_calls=2) is None
    assert next_attempt_at([*fault, busy], soon, most_calls=2) is not None
