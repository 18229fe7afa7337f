"""The spoken comment: notice, tone, and what becomes of it."""

from collections.abc import Callable
from typing import Any

import pytest

from ivr.flow_comment import MOST_LISTENS, MOST_RECORDINGS, MOST_WAITS
from ivr.flow_events import (
    CommentDiscarded,
    CommentKept,
    CommentRecorded,
    Finished,
    Objected,
    ObjectionMethod,
    QuestionPassed,
    RecordingEmpty,
    TryLogged,
    Unanswered,
    WhyPassed,
)
from ivr.flow_state import Ending, Stage
from ivr.steps import Gather, Play, Record, Redirect, Say, Waiting

Call = Callable[..., Any]


def at_offer(call: Call, score: str = "9") -> Any:
    return call().press("4").press(score)


def test_a_comment_is_offered_and_only_an_active_key_starts_it(call: Call) -> None:
    caller = at_offer(call)
    assert caller.hears == ["sv:comment", "sv:comment_offer"]

    caller.press("1")

    notice, record, after = caller.steps
    assert notice == Say("sv:comment_notice", "sv")
    assert record == Record(
        max_seconds=120, silence_seconds=4, finish_on_key="1234567890*#", visit=caller.state.visit
    )
    assert after == Redirect(Waiting.UNRECORDED, caller.state.visit)


def test_silence_twice_goes_on_without_a_comment(call: Call) -> None:
    caller = at_offer(call).silent()
    assert caller.hears == ["sv:nothing_pressed", "sv:comment", "sv:comment_offer"]

    caller.silent()

    assert QuestionPassed("comment", WhyPassed.UNANSWERED) in caller.last


def test_a_spoken_comment_counts_at_once_and_is_reviewed(call: Call) -> None:
    caller = at_offer(call).press("1")
    visit = caller.state.visit

    caller.speak(seconds=12, sid="RE9")

    assert caller.last == (CommentRecorded("comment", visit, "RE9", 12, "sv"),)
    assert caller.hears == ["sv:comment_review"]


def test_one_keeps_the_comment(call: Call) -> None:
    caller = at_offer(call).press("1").speak()
    visit = caller.state.recording

    caller.press("1")

    assert caller.last == (CommentKept("comment", visit), Finished(Ending.COMPLETED))
    assert caller.hears == ["sv:comment_kept", "sv:thanks_goodbye"]


def test_silence_keeps_the_comment(call: Call) -> None:
    caller = at_offer(call, score="3").press("1").speak().silent()

    assert isinstance(caller.last[0], CommentKept)
    assert caller.hears == ["sv:comment_kept", "sv:follow_up"]


def test_wrong_keys_keep_the_comment_in_the_end(call: Call) -> None:
    caller = at_offer(call).press("1").speak().press("8")
    assert caller.hears == ["sv:wrong_key", "sv:comment_review"]

    caller.press("8")

    assert isinstance(caller.last[0], CommentKept)


def test_hanging_up_while_speaking_keeps_the_comment_and_ends_what_is_done(call: Call) -> None:
    caller = at_offer(call).press("1")
    visit = caller.state.visit

    caller.speak(hung_up=True, digits="hangup")

    assert caller.last == (
        CommentRecorded("comment", visit, "RE1", 9, "sv"),
        CommentKept("comment", visit),
        Finished(Ending.COMPLETED),
    )


def test_the_end_of_the_call_may_be_told_before_the_recording(call: Call) -> None:
    caller = at_offer(call).press("1").hang_up()
    assert caller.last == ()

    caller.speak()

    assert isinstance(caller.last[0], CommentRecorded)
    assert caller.last[-1] == Finished(Ending.COMPLETED)


def test_hanging_up_during_the_review_keeps_the_comment(call: Call) -> None:
    caller = at_offer(call).press("1").speak().hang_up()

    assert isinstance(caller.last[0], CommentKept)
    assert caller.last[-1] == Finished(Ending.COMPLETED)


def test_hanging_up_with_questions_left_keeps_the_comment_and_ends_nothing(call: Call) -> None:
    caller = at_offer(call, score="2").press("1").speak().hang_up()

    assert caller.last == (CommentKept("comment", 3),)


def test_two_plays_the_recording_once_it_is_home(call: Call) -> None:
    caller = at_offer(call).press("1").speak().press("2")
    visit = caller.state.recording
    assert caller.state.wants_audio

    caller.look(home=True)

    gather = caller.steps[0]
    assert isinstance(gather, Gather)
    assert gather.children == (Play(visit), Say("sv:comment_review", "sv"))


def test_a_recording_on_its_way_is_waited_for_and_then_given_up(call: Call) -> None:
    caller = at_offer(call).press("1").speak().press("2")

    for _ in range(MOST_WAITS):
        caller.look(home=False)
        assert caller.steps == (
            Say("sv:comment_not_ready", "sv"),
            Redirect(Waiting.SILENCE, caller.state.visit),
        )
    caller.look(home=False)

    assert caller.hears == ["sv:comment_cannot_be_played", "sv:comment_review"]


def test_three_records_again_and_drops_the_first_only_for_a_second(call: Call) -> None:
    caller = at_offer(call).press("1").speak(sid="RE1")
    first = caller.state.recording
    caller.press("3")
    assert caller.last == ()
    assert caller.hears == ["sv:comment_notice"]
    second = caller.state.visit

    caller.speak(sid="RE2")

    assert caller.last == (
        CommentRecorded("comment", second, "RE2", 9, "sv"),
        CommentDiscarded("comment", first),
    )
    assert caller.state.recording == second


def test_recording_again_and_saying_nothing_still_has_the_first(call: Call) -> None:
    caller = at_offer(call).press("1").speak()
    first = caller.state.recording

    caller.press("3").say_nothing()

    assert caller.hears == ["sv:comment_nothing_heard", "sv:comment_review"]
    assert caller.press("1").last[0] == CommentKept("comment", first)


def test_hanging_up_at_the_second_tone_still_has_the_first(call: Call) -> None:
    caller = at_offer(call).press("1").speak()
    first = caller.state.recording

    caller.press("3").hang_up()

    assert caller.last == (CommentKept("comment", first), Finished(Ending.COMPLETED))


@pytest.mark.parametrize("order", ["recorded", "hung up, recorded"])
def test_the_moment_in_which_somebody_hangs_up_takes_the_place_of_no_comment(
    call: Call, order: str
) -> None:
    caller = at_offer(call).press("1").speak()
    first = caller.state.recording
    caller.press("3")
    if order == "hung up, recorded":
        caller.hang_up()

    caller.speak(seconds=1, sid="RE2", hung_up=True)

    # Told all the same: a word may be in it, and then whoever listens to the file finds it.
    assert isinstance(caller.last[0], CommentRecorded)
    assert CommentKept("comment", first) in caller.last
    assert not [fact for fact in caller.facts if isinstance(fact, CommentDiscarded)]
    assert caller.state.ended is Ending.COMPLETED


def test_the_end_is_told_once_even_when_a_second_comment_comes_after_it(call: Call) -> None:
    caller = at_offer(call).press("1").speak(sid="RE1").press("3").hang_up().speak(sid="RE2")

    assert [fact for fact in caller.facts if isinstance(fact, Finished)] == [
        Finished(Ending.COMPLETED)
    ]
    assert isinstance(caller.last[0], CommentRecorded)
    assert isinstance(caller.last[1], CommentDiscarded)


def test_an_empty_recording_is_told_tried_again_and_left(call: Call) -> None:
    caller = at_offer(call).press("1")
    visit = caller.state.visit

    caller.speak(seconds=0, sid="RE0")
    assert caller.last == (
        RecordingEmpty("comment", visit, "RE0", "sv"),
        TryLogged("comment", Unanswered.SILENCE, 1),
    )
    assert caller.hears == ["sv:comment_nothing_heard", "sv:comment_notice"]
    caller.say_nothing().say_nothing()

    assert QuestionPassed("comment", WhyPassed.UNANSWERED) in caller.last
    assert caller.state.stage is Stage.OVER


def test_a_recording_of_unknown_length_counts(call: Call) -> None:
    caller = at_offer(call).press("1").speak(seconds=None, sid=None)

    assert isinstance(caller.last[0], CommentRecorded)


def test_a_star_while_recording_keeps_the_words_and_opens_the_menu(call: Call) -> None:
    caller = at_offer(call).press("1").speak(digits="*")
    visit = caller.state.recording
    assert isinstance(caller.last[0], CommentRecorded)
    assert caller.hears == ["sv:object_menu"]

    caller.press("2")

    assert caller.last == (
        CommentKept("comment", visit),
        Objected(ObjectionMethod.ALL),
        Finished(Ending.OBJECTED),
    )


def test_a_star_instead_of_words_never_leads_back_to_the_tone(call: Call) -> None:
    caller = at_offer(call).press("1").speak(seconds=0, digits="*")
    assert caller.hears == ["sv:object_menu"]

    caller.silent()

    assert caller.hears == ["sv:continue", "sv:comment", "sv:comment_offer"]


def test_after_the_star_menu_the_review_goes_on(call: Call) -> None:
    caller = at_offer(call).press("1").speak().press("*").silent()

    assert caller.hears == ["sv:continue", "sv:comment_review"]


def test_nobody_records_for_ever(call: Call) -> None:
    caller = at_offer(call).press("1").speak()
    for _ in range(MOST_RECORDINGS - 1):
        caller.press("3").speak()

    caller.press("3")

    assert isinstance(caller.last[0], CommentKept)


def test_nobody_listens_for_ever(call: Call) -> None:
    caller = at_offer(call).press("1").speak()
    for _ in range(MOST_LISTENS):
        caller.press("2").look(home=True)

    caller.press("2")

    assert isinstance(caller.last[0], CommentKept)


def test_a_late_callback_still_finds_the_question_of_its_visit(call: Call) -> None:
    caller = at_offer(call).press("1")
    visit = caller.state.visit

    caller.speak().press("1")

    assert caller.state.question_recorded_in(visit) == "comment"
    assert caller.state.question_recorded_in(visit + 1) is None


def test_a_recording_that_is_only_the_silence_that_ended_it_is_asked_for_again(call: Call) -> None:
    caller = at_offer(call).press("1")
    visit = caller.state.visit

    caller.speak(seconds=4, sid="RE4")

    # Told all the same: whether somebody spoke is for those to say who listen to the file.
    assert caller.last == (
        CommentRecorded("comment", visit, "RE4", 4, "sv"),
        TryLogged("comment", Unanswered.SILENCE, 1),
    )
    assert caller.hears == ["sv:comment_nothing_heard", "sv:comment_notice"]
    caller.speak(seconds=20, sid="RE20")
    assert caller.last[1] == CommentDiscarded("comment", visit)


def test_a_short_comment_that_a_key_ended_is_a_comment(call: Call) -> None:
    caller = at_offer(call).press("1").speak(seconds=2, digits="#")

    assert caller.hears == ["sv:comment_review"]


def test_a_short_comment_that_a_hang_up_ended_is_a_comment(call: Call) -> None:
    caller = at_offer(call).press("1").speak(seconds=2, hung_up=True)

    assert caller.last[-1] == Finished(Ending.COMPLETED)


def test_silence_after_a_first_comment_leaves_the_first(call: Call) -> None:
    caller = at_offer(call).press("1").speak()
    first = caller.state.recording

    caller.press("3").speak(seconds=4)

    assert caller.hears == ["sv:comment_nothing_heard", "sv:comment_review"]
    assert caller.press("1").last[0] == CommentKept("comment", first)
