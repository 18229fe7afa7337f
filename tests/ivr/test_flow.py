"""The conversation from the notice to the goodbye."""

from collections.abc import Callable
from typing import Any

import pytest

from ivr.flow import apply, start
from ivr.flow_events import (
    AnswerGiven,
    Finished,
    FollowUpAnswered,
    Keys,
    LanguageChanged,
    Objected,
    ObjectionMethod,
    QuestionPassed,
    Silence,
    TryLogged,
    Unanswered,
    WhyPassed,
)
from ivr.flow_prompts import prompt
from ivr.flow_state import Ending, FlowState, Stage
from ivr.steps import Gather, Hangup, Redirect, Say, Waiting
from survey.script import (
    Choice,
    Condition,
    Direction,
    Question,
    QuestionKind,
    SurveyScript,
    Variant,
    WhenUnanswered,
)

Call = Callable[..., Any]
Lender = Callable[..., SurveyScript]


def test_a_call_begins_with_the_notice_outside_any_gather(call: Call) -> None:
    caller = call()

    opening, help_, gather, after = caller.steps

    assert opening == Say("sv:opening", "sv")
    assert help_ == Say("sv:keys_help", "sv")
    assert isinstance(gather, Gather)
    assert gather.children == (Say("sv:satisfaction", "sv"),)
    assert (gather.num_digits, gather.finish_on_key, gather.timeout_seconds) == (1, "", 5)
    assert after == Redirect(Waiting.SILENCE, 0)


def test_a_whole_satisfied_call_ends_completed(call: Call) -> None:
    caller = call().press("5").press("10").press("2")

    assert caller.facts == [
        AnswerGiven("satisfaction", QuestionKind.CSAT, 5, Direction.HIGH_IS_GOOD),
        AnswerGiven("recommend", QuestionKind.NPS, 10, Direction.HIGH_IS_GOOD),
        QuestionPassed("comment", WhyPassed.DECLINED),
        Finished(Ending.COMPLETED),
    ]
    assert caller.hears == ["sv:thanks_goodbye"]
    assert caller.steps[-1] == Hangup()


@pytest.mark.conformance("C-GAT-1")
def test_the_scale_to_ten_takes_two_digits_and_a_short_wait(call: Call) -> None:
    gather = call().press("5").steps[0]

    assert isinstance(gather, Gather)
    assert (gather.num_digits, gather.finish_on_key, gather.timeout_seconds) == (2, "", 4)


def test_a_low_score_is_asked_whether_we_may_get_in_touch(call: Call) -> None:
    caller = call().press("2").press("3#").press("2").press("1")

    answer = FollowUpAnswered("follow_up", yes=True, pressed=True, wording="sv:follow_up")
    assert answer in caller.facts
    assert caller.hears == ["sv:follow_up_yes", "sv:thanks_goodbye"]


def test_silence_on_the_follow_up_is_a_no_at_once(call: Call) -> None:
    caller = call().press("2").press("3").press("2").silent()

    answer = FollowUpAnswered("follow_up", yes=False, pressed=False, wording="sv:follow_up")
    assert answer in caller.last
    assert caller.hears == ["sv:follow_up_no", "sv:thanks_goodbye"]


def test_wrong_keys_on_the_follow_up_are_asked_again_and_then_a_no(call: Call) -> None:
    caller = call().press("2").press("3").press("2")

    caller.press("8")
    assert caller.hears == ["sv:wrong_key", "sv:follow_up"]
    caller.press("8").press("8")

    answer = FollowUpAnswered("follow_up", yes=False, pressed=False, wording="sv:follow_up")
    assert answer in caller.last


def test_a_wrong_key_and_silence_are_logged_and_asked_again(call: Call) -> None:
    caller = call()

    caller.press("9")
    assert caller.last == (TryLogged("satisfaction", Unanswered.WRONG_KEY, 1),)
    assert caller.hears == ["sv:wrong_key", "sv:satisfaction"]

    caller.silent()
    assert caller.last == (TryLogged("satisfaction", Unanswered.SILENCE, 2),)
    assert caller.hears == ["sv:nothing_pressed", "sv:satisfaction"]


def test_after_the_last_try_the_question_is_skipped_and_said_so(call: Call) -> None:
    caller = call().silent().silent().silent()

    assert caller.last == (
        TryLogged("satisfaction", Unanswered.SILENCE, 3),
        QuestionPassed("satisfaction", WhyPassed.UNANSWERED),
    )
    assert caller.hears == ["sv:skipped", "sv:recommend"]


def test_a_script_may_end_politely_instead_of_skipping(call: Call, lender: Lender) -> None:
    caller = call(lender(when_unanswered=WhenUnanswered.END, tries=2)).press("4").silent().silent()

    assert caller.last[-1] == Finished(Ending.UNANSWERED)
    assert caller.hears == ["sv:unanswered_goodbye"]
    assert caller.state.answered == {"satisfaction": 4}


def test_a_call_in_which_nothing_was_answered_ends_unanswered(call: Call, lender: Lender) -> None:
    caller = call(lender(tries=1)).silent().silent().silent()

    assert caller.last[-1] == Finished(Ending.UNANSWERED)
    assert caller.hears == ["sv:unanswered_goodbye"]


def test_hash_repeats_the_question_without_counting_a_try(call: Call) -> None:
    caller = call().press("9").press("#")

    assert caller.last == ()
    assert caller.hears == ["sv:satisfaction"]
    assert caller.state.tries == 1


def test_endless_repeating_counts_as_silence_in_the_end(call: Call) -> None:
    caller = call()
    for _ in range(5):
        caller.press("#")

    caller.press("#")

    assert caller.last == (TryLogged("satisfaction", Unanswered.SILENCE, 1),)


def test_a_doubled_webhook_changes_nothing_and_hears_the_same(lender: Lender) -> None:
    script = lender()
    state = start(script, answered={}, locale="sv", resumed=False)
    once = apply(state, Keys(0, "4"), script)

    twice = apply(once.state, Keys(0, "4"), script)

    assert once.applied
    assert not twice.applied
    assert twice.facts == ()
    assert prompt(twice.state, script) == prompt(once.state, script)


def test_a_visit_that_never_was_changes_nothing(lender: Lender) -> None:
    script = lender()
    state = start(script, answered={}, locale="sv", resumed=False)

    turned = apply(state, Keys(7, "4"), script)

    assert (turned.state, turned.applied) == (state, False)


def test_after_the_end_the_caller_is_told_that_it_is_over(call: Call) -> None:
    caller = call().press("5").press("9").press("2")

    caller.press("1")

    assert caller.last == ()
    assert caller.steps == (Say("sv:already_over", "sv"), Hangup())


def test_somebody_who_answered_everything_before_is_told_so(call: Call) -> None:
    caller = call(answered={"satisfaction": 5, "recommend": 9, "comment": "spoken"})

    assert caller.steps == (Say("sv:already_over", "sv"), Hangup())


def test_a_cut_call_resumes_at_the_next_open_question(call: Call) -> None:
    caller = call(answered={"satisfaction": 2}, resumed=True)

    assert caller.hears == ["sv:opening_resumed", "sv:keys_help", "sv:recommend"]


def test_what_was_declined_before_is_not_asked_again(call: Call) -> None:
    caller = call(answered={"satisfaction": 2, "recommend": 1}, resumed=True, passed=("comment",))

    assert caller.state.question == "follow_up"


def test_a_hang_up_half_way_finishes_nothing(call: Call) -> None:
    caller = call().press("3").hang_up()

    assert caller.last == ()
    assert caller.state.ended is None


def test_an_answer_on_its_way_when_the_line_broke_still_counts(call: Call) -> None:
    caller = call().press("3").hang_up().press("8")

    assert caller.last == (AnswerGiven("recommend", QuestionKind.NPS, 8, Direction.HIGH_IS_GOOD),)


def test_scores_never_lie_in_the_stored_state(call: Call) -> None:
    caller = call().press("3").press("8")

    stored = caller.state.to_json()

    assert "answered" not in stored
    again = FlowState.from_json(stored, answered={"satisfaction": 3, "recommend": 8})
    assert again == caller.state


# The star menu.


def test_star_and_one_ends_all_calls(call: Call) -> None:
    caller = call().press("*")
    assert caller.hears == ["sv:object_menu"]

    caller.press("1")

    assert caller.last == (Objected(ObjectionMethod.CALLS), Finished(Ending.OBJECTED))
    assert caller.steps == (Say("sv:objected_calls", "sv"), Hangup())


def test_star_and_two_ends_all_contact_from_any_question(call: Call) -> None:
    caller = call().press("3").press("1*").press("2")

    assert Objected(ObjectionMethod.ALL) in caller.last
    assert caller.hears == ["sv:objected_all"]


@pytest.mark.parametrize("then", ["", "7", "*", "12"])
def test_star_and_anything_else_goes_on_where_we_were(call: Call, then: str) -> None:
    caller = call().press("9").press("*")

    caller.press(then) if then else caller.silent()

    assert caller.last == ()
    assert caller.hears == ["sv:continue", "sv:satisfaction"]
    assert caller.state.tries == 1


def test_hash_repeats_the_star_menu_but_not_for_ever(call: Call) -> None:
    caller = call().press("*").press("#").press("#").press("#")
    assert caller.hears == ["sv:object_menu"]

    caller.press("#")

    assert caller.state.stage is Stage.QUESTION


def test_star_and_three_changes_the_language_and_gives_the_notice_in_it(call: Call) -> None:
    caller = call().press("*").press("3")
    assert caller.hears == [
        "sv:language_menu",
        "sv:language_name_key 1",
        "en:language_name_key 2",
    ]

    caller.press("2")

    assert caller.last == (LanguageChanged("en"),)
    assert caller.hears == ["en:opening", "en:keys_help", "en:satisfaction"]


def test_a_notice_heard_once_in_a_language_is_not_given_again(call: Call) -> None:
    caller = call().press("*").press("3").press("2").press("*").press("3").press("1")

    assert caller.hears == ["sv:satisfaction"]


def test_star_and_three_with_one_language_just_goes_on(call: Call, lender: Lender) -> None:
    caller = call(lender(languages=("sv",))).press("*").press("3")

    assert caller.hears == ["sv:continue", "sv:satisfaction"]


# The language of somebody whose language nobody knows.


def test_an_unknown_locale_is_asked_for_the_language_after_the_notice(call: Call) -> None:
    caller = call(locale=None)

    assert caller.hears == [
        "sv:opening",
        "sv:keys_help",
        "sv:language_menu",
        "sv:language_name_key 1",
        "en:language_name_key 2",
    ]


def test_silence_on_the_language_keeps_the_first_one(call: Call) -> None:
    caller = call(locale=None).silent()

    assert caller.last == ()
    assert caller.hears == ["sv:satisfaction"]


def test_a_wrong_language_key_is_asked_once_more_and_then_left(call: Call) -> None:
    caller = call(locale="de").press("9")
    assert caller.hears[0] == "sv:wrong_key"

    caller.press("9")

    assert caller.hears == ["sv:satisfaction"]


def test_one_language_is_never_asked_for(call: Call, lender: Lender) -> None:
    caller = call(lender(languages=("fi",)), locale=None)

    assert caller.hears == ["fi:opening", "fi:keys_help", "fi:satisfaction"]


def test_objecting_in_the_language_menu_works_at_once(call: Call) -> None:
    caller = call(locale=None).press("*").press("2")

    assert Objected(ObjectionMethod.ALL) in caller.last


# Branches and other kinds of question.


def test_a_branch_asks_by_score_and_words_itself_by_score(call: Call, lender: Lender) -> None:
    why = Question(
        key="why",
        kind=QuestionKind.CHOICE,
        prompt={"sv": "vad"},
        choices=(
            Choice("1", "waiting", {"sv": "väntan"}),
            Choice("2", "manner", {"sv": "bemötandet"}),
        ),
        ask_when=Condition("satisfaction", at_most=3),
        variants=(Variant(Condition("satisfaction", at_most=1), {"sv": "vad gick så fel"}),),
    )
    script = lender(languages=("sv",), questions=(lender().question("satisfaction"), why))

    low = call(script).press("1")
    high = call(script).press("4")

    assert low.hears == ["vad gick så fel", "sv:choice_key väntan 1", "sv:choice_key bemötandet 2"]
    assert high.state.stage is Stage.OVER
    assert low.press("2").facts[1] == AnswerGiven("why", QuestionKind.CHOICE, "manner", None)


# People who called us and want to answer now.


def test_who_called_us_hears_what_the_desk_did_not_say_and_then_the_question(
    call: Call, lender: Lender
) -> None:
    caller = call(called_us=True, visit=3)

    assert caller.hears == ["sv:opening_called_us", "sv:keys_help", "sv:satisfaction"]
    assert caller.state.visit == 3
    assert caller.press("4").state.visit == 4


def test_who_was_cut_off_and_called_us_goes_on_where_it_broke_off(call: Call) -> None:
    caller = call(called_us=True, answered={"satisfaction": 4}, resumed=True)

    assert caller.hears == ["sv:opening_called_us_resumed", "sv:keys_help", "sv:recommend"]


def test_a_new_language_after_the_desk_gives_the_whole_notice(call: Call) -> None:
    caller = call(called_us=True).press("*").press("3").press("2")

    assert caller.hears[0] == "en:opening"


def test_every_gather_and_record_is_followed_by_a_redirect_of_the_same_visit(call: Call) -> None:
    caller = call(locale=None)
    for digits in ("1", "3", "4", "1"):
        assert isinstance(caller.steps[-1], Redirect)
        assert caller.steps[-1].visit == caller.state.visit
        caller.press(digits)


def test_silence_of_a_visit_long_past_is_ignored(call: Call) -> None:
    caller = call().press("4")

    turned = apply(caller.state, Silence(0), caller.script)

    assert not turned.applied
