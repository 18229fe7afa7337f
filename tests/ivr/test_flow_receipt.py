"""The code at the end of a call: spoken digit by digit, again by hash, and never in the way."""

from collections.abc import Callable
from typing import Any

from ivr.flow_events import (
    Fact,
    Finished,
    Objected,
    ObjectionMethod,
    QuestionPassed,
    ReceiptCodeDue,
)
from ivr.flow_prompts import TextedCode, prompt
from ivr.flow_state import Ending, Stage
from ivr.steps import Gather, Hangup, Redirect, Waiting
from survey.script import SurveyScript

Call = Callable[..., Any]
Lender = Callable[..., SurveyScript]
SPOKEN = [
    "sv:receipt_code genklang.example/mine",
    *("1, 2, 3", "4, 5, 6", "7, 8, 9", "0, 1, 2", "3, 4, 5"),
    "sv:receipt_code_again",
]


def answered(call: Call, lender: Lender) -> Any:
    """Somebody who has answered everything and hears the code."""
    return call(lender(receipt_code=True)).press("5").press("10").press("2")


def last(facts: list[Fact]) -> list[Fact]:
    return [one for one in facts if isinstance(one, ReceiptCodeDue | Finished | Objected)]


def test_the_digits_are_spoken_one_by_one_once_all_is_answered(call: Call, lender: Lender) -> None:
    caller = answered(call, lender)

    assert caller.hears == SPOKEN
    gather, after = caller.steps
    assert isinstance(gather, Gather)
    assert (gather.num_digits, gather.finish_on_key) == (1, "")
    assert after == Redirect(Waiting.SILENCE, caller.state.visit)
    assert last(caller.facts) == [ReceiptCodeDue(), Finished(Ending.COMPLETED)]
    assert "123456789012345" not in str(caller.state.to_json())


def test_silence_after_the_code_is_goodbye_and_completes_nothing_twice(
    call: Call, lender: Lender
) -> None:
    caller = answered(call, lender).silent()

    assert caller.hears == ["sv:thanks_goodbye"]
    assert caller.steps[-1] == Hangup()
    assert last(caller.facts) == [ReceiptCodeDue(), Finished(Ending.COMPLETED)]


def test_hash_says_the_code_again_and_gives_no_second_one(call: Call, lender: Lender) -> None:
    caller = answered(call, lender).press("#").press("#")

    assert caller.hears == SPOKEN
    assert last(caller.facts) == [ReceiptCodeDue(), Finished(Ending.COMPLETED)]
    assert last(caller.silent().facts) == last(caller.facts)


def test_a_key_that_means_nothing_there_says_the_code_again_and_ends_nothing(
    call: Call, lender: Lender
) -> None:
    caller = answered(call, lender).press("3")

    assert caller.hears == SPOKEN
    assert caller.silent().hears == ["sv:thanks_goodbye"]


def test_who_asks_for_it_for_ever_hears_goodbye(call: Call, lender: Lender) -> None:
    caller = answered(call, lender)

    for key in "#4#4#4":
        caller = caller.press(key)

    assert caller.state.stage is Stage.OVER


def test_star_while_the_code_is_spoken_still_says_no_and_the_answers_stay(
    call: Call, lender: Lender
) -> None:
    caller = answered(call, lender).press("*").press("2")

    assert Objected(ObjectionMethod.ALL) in caller.facts
    assert caller.state.ended is Ending.COMPLETED
    assert caller.hears == ["sv:objected_all"]


def test_another_language_in_the_middle_of_the_code_opens_no_notice(
    call: Call, lender: Lender
) -> None:
    caller = answered(call, lender).press("*").press("3").press("2")

    assert [one.replace("sv:", "en:") for one in SPOKEN] == caller.hears


def test_who_hangs_up_in_the_comment_is_given_no_code_that_nobody_heard(
    call: Call, lender: Lender
) -> None:
    script = lender(receipt_code=True)

    spoken = call(script).press("5").press("10").press("1").speak(hung_up=True)
    reviewed = call(script).press("5").press("10").press("1").speak().hang_up()

    for caller in (spoken, reviewed):
        assert last(caller.facts) == [Finished(Ending.COMPLETED)]
        assert caller.state.stage is Stage.OVER


def test_who_answered_nothing_is_given_none(call: Call, lender: Lender) -> None:
    script = lender(receipt_code=True, tries=1)

    caller = call(script).silent().silent().press("2")

    assert any(isinstance(one, QuestionPassed) for one in caller.facts)
    assert last(caller.facts) == [Finished(Ending.UNANSWERED)]


def test_a_code_that_was_deleted_while_it_was_spoken_is_followed_by_goodbye(
    call: Call, lender: Lender
) -> None:
    caller = answered(call, lender)

    steps = prompt(caller.state, caller.script)

    assert isinstance(steps[-1], Hangup)


def test_where_the_code_comes_by_text_that_is_said_and_goodbye(call: Call, lender: Lender) -> None:
    caller = answered(call, lender)

    said = prompt(caller.state, caller.script, code=TextedCode())

    assert [one.text for one in said[:-1]] == ["sv:receipt_code_texted", "sv:thanks_goodbye"]
    assert said[-1] == Hangup()
