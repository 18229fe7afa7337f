"""The return-call desk in the pure flow: what each kind of caller is offered, hears and can do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from config.phrases import Phrase
from ivr.desk_flow import MOST_VISITS, DeletionAsked, ObjectedFor, apply_desk
from ivr.desk_prompts import Known, desk_prompt
from ivr.desk_state import CallerKind, DeskStage, DeskState
from ivr.flow_events import (
    Event,
    HungUp,
    Keys,
    LanguageChanged,
    Objected,
    ObjectionMethod,
    Silence,
    Unrecorded,
)
from ivr.steps import Gather, Hangup, Redirect, Say
from privacy.kept import Kept
from survey.script import SurveyScript

KNOWN = Known(
    last_tried=date(2026, 3, 9),
    kept=Kept(contact=date(2027, 9, 10), answers=date(2027, 9, 9), comment=date(2027, 3, 9)),
)
WHO, LAST = "sv:number_explained", "sv:last_tried"
MENU = ["sv:desk_answer", "sv:desk_kept", "sv:desk_deletion", "sv:desk_object", "sv:desk_help"]
STRANGERS_MENU = ["sv:desk_object", "sv:desk_help"]


class AtTheDesk:
    """One call to a line: what was heard last, and every fact so far."""

    def __init__(self, script: SurveyScript, caller: CallerKind, known: Known, **how: Any) -> None:
        self.script, self.known = script, known
        self.state = DeskState(stage=DeskStage.MENU, language="sv", caller=caller, **how)
        self.facts: list[Any] = []

    def give(self, event: Event | HungUp) -> "AtTheDesk":
        turned = apply_desk(self.state, event, self.script, country="SE")
        self.state = turned.state
        self.facts.extend(turned.facts)
        return self

    def press(self, digits: str) -> "AtTheDesk":
        return self.give(Keys(self.state.visit, digits))

    def silent(self) -> "AtTheDesk":
        return self.give(Silence(self.state.visit))

    @property
    def steps(self) -> tuple[Any, ...]:
        return desk_prompt(self.state, self.script, self.known)

    @property
    def hears(self) -> list[str]:
        heard: list[str] = []
        for step in self.steps:
            inner = step.children if isinstance(step, Gather) else (step,)
            heard += [part.text for part in inner if isinstance(part, Say)]
        return heard


Call = Callable[..., AtTheDesk]


@pytest.fixture
def desk(lender: Callable[..., SurveyScript]) -> Call:
    """Calls the line: a customer with open questions unless told otherwise."""

    def ring(
        caller: CallerKind = CallerKind.CUSTOMER,
        *,
        known: Known = KNOWN,
        script: SurveyScript | None = None,
        **how: Any,
    ) -> AtTheDesk:
        options: dict[str, Any] = {"may_answer": caller is CallerKind.CUSTOMER}
        return AtTheDesk(script or lender(), caller, known, **(options | how))

    return ring


def test_a_customer_hears_who_called_why_when_and_what_they_may_do(desk: Call) -> None:
    caller = desk()

    assert caller.hears == [WHO, LAST, *MENU]
    # For whom and why is said outside the Gather: no key cuts it short.
    assert [type(step) for step in caller.steps] == [Say, Say, Gather, Redirect]


def test_a_day_is_spoken_in_words(desk: Call, lender: Callable[..., SurveyScript]) -> None:
    script = lender()
    worded = {**script.phrases["sv"], Phrase.LAST_TRIED: "senast den {day}"}
    worded[Phrase.KEPT_COMMENT] = "ord till den {day}"
    caller = desk(script=replace(script, phrases={**script.phrases, "sv": worded}))

    assert caller.hears[1] == "senast den 9 mars 2026"
    assert "ord till den 9 mars 2027" in caller.press("2").hears


def test_one_leads_on_to_the_questions(desk: Call) -> None:
    caller = desk().press("1")

    assert caller.state.stage is DeskStage.QUESTIONS
    assert caller.facts == []


def test_somebody_whose_call_broke_off_is_offered_to_go_on(desk: Call) -> None:
    assert desk(resumes=True).hears[2] == "sv:desk_resume"


def test_without_open_questions_one_is_a_wrong_key(desk: Call) -> None:
    caller = desk(may_answer=False)
    assert caller.hears == [WHO, LAST, *MENU[1:]]

    caller.press("1")

    assert caller.hears == ["sv:wrong_key", *MENU[1:]]


def test_who_was_never_rung_hears_no_day(desk: Call) -> None:
    assert desk(known=replace(KNOWN, last_tried=None)).hears == [WHO, *MENU]


def test_two_tells_kinds_and_days_and_the_menu_follows(desk: Call) -> None:
    caller = desk().press("2")

    told = ["sv:kept_introduced", "sv:kept_contact", "sv:kept_answers", "sv:kept_comment"]
    assert caller.hears == [*told, *MENU]
    assert isinstance(caller.steps[0], Gather)  # a key stops it


def test_what_is_not_kept_is_not_named(desk: Call) -> None:
    kept = Kept(contact=date(2027, 1, 1), answers=None, comment=None)
    caller = desk(known=Known(kept=kept)).press("2")

    assert caller.hears[:2] == ["sv:kept_introduced", "sv:kept_contact"]
    assert caller.hears[2:] == MENU


def test_a_no_and_a_restriction_are_told_with_the_rest(desk: Call) -> None:
    caller = desk(known=replace(KNOWN, objected=True, frozen=True)).press("2")

    assert caller.hears[4:6] == ["sv:kept_objection", "sv:kept_frozen"]


def test_what_a_hold_keeps_is_told_in_words_of_its_own(desk: Call) -> None:
    caller = desk(known=replace(KNOWN, held=True)).press("2")

    assert caller.hears[4:5] == ["sv:kept_held"]


def test_what_is_frozen_and_held_is_told_as_frozen(desk: Call) -> None:
    caller = desk(known=replace(KNOWN, frozen=True, held=True)).press("2")

    assert caller.hears[4:] == ["sv:kept_frozen", *MENU]


def test_somebody_erased_during_the_call_hears_that_nothing_is_kept(desk: Call) -> None:
    assert desk(known=Known()).press("2").hears == ["sv:kept_nothing", *MENU]


def test_deletion_is_asked_for_by_two_keys(desk: Call) -> None:
    caller = desk().press("3")
    assert caller.hears == ["sv:deletion_confirm"]
    assert caller.facts == []

    caller.press("1")

    assert caller.facts == [DeletionAsked()]
    assert caller.hears == ["sv:deletion_noted"]
    assert isinstance(caller.steps[-1], Hangup)


def test_a_reference_is_spoken_digit_by_digit(
    desk: Call, lender: Callable[..., SurveyScript]
) -> None:
    script = lender()
    worded = {**script.phrases["sv"], Phrase.DELETION_NOTED: "nummer {reference}"}
    caller = desk(script=replace(script, phrases={**script.phrases, "sv": worded}))
    caller.press("3").press("1")
    caller.state = replace(caller.state, reference="0427")

    assert caller.hears == ["nummer 0, 4, 2, 7"]


@pytest.mark.parametrize("key", ["2", "3", "*", "9", ""])
def test_any_other_key_and_silence_ask_for_no_deletion(desk: Call, key: str) -> None:
    caller = desk().press("3").press(key)

    assert caller.facts == []
    assert caller.hears == ["sv:continue", *MENU]


@pytest.mark.parametrize(
    ("key", "method", "said"),
    [
        ("1", ObjectionMethod.CALLS, "sv:objected_calls"),
        ("2", ObjectionMethod.ALL, "sv:objected_all"),
    ],
)
def test_a_customer_objects_by_star_and_a_second_key(
    desk: Call, key: str, method: ObjectionMethod, said: str
) -> None:
    caller = desk().press("*")
    assert caller.hears == ["sv:object_menu"]

    caller.press(key)

    assert caller.facts == [Objected(method)]
    assert caller.hears == [said]


def test_star_by_mistake_leads_back_to_the_menu(desk: Call) -> None:
    caller = desk().press("*").press("7")

    assert caller.facts == []
    assert caller.hears == ["sv:continue", *MENU]


def test_hash_repeats_all_of_it_and_not_for_ever(desk: Call) -> None:
    caller = desk().press("#")
    assert caller.hears == [WHO, LAST, *MENU]

    for _ in range(20):
        caller.press("#")

    assert caller.hears == ["sv:unanswered_goodbye"]


@pytest.mark.parametrize("wrong", ["9", ""])
def test_silence_and_wrong_keys_end_in_a_polite_goodbye(desk: Call, wrong: str) -> None:
    caller = desk()
    for said in ("sv:wrong_key" if wrong else "sv:nothing_pressed",) * 2:
        caller.press(wrong)
        assert caller.hears == [said, *MENU]

    caller.press(wrong)

    assert caller.hears == ["sv:unanswered_goodbye"]
    assert caller.facts == []


def test_a_right_key_forgives_the_wrong_ones_before_it(desk: Call) -> None:
    caller = desk().press("9").press("9").press("2").press("9")

    assert caller.state.stage is DeskStage.MENU


def test_another_language_says_who_called_in_it(desk: Call) -> None:
    caller = desk().press("*").press("3")
    assert caller.hears == ["sv:language_menu", "sv:language_name_key 1", "en:language_name_key 2"]

    caller.press("2")

    assert caller.facts == [LanguageChanged("en")]
    assert caller.hears[:3] == ["en:number_explained", "en:last_tried", "en:desk_answer"]


# Strangers, and callers who withhold their number.


@pytest.mark.parametrize("kind", [CallerKind.STRANGER, CallerKind.WITHHELD])
def test_others_hear_in_general_whose_line_it_is_and_are_offered_no_data(
    desk: Call, kind: CallerKind
) -> None:
    caller = desk(kind)
    assert caller.hears == ["sv:line_explained", *STRANGERS_MENU]

    for key in ("1", "2"):
        caller.press(key)
        assert caller.hears == ["sv:wrong_key", *STRANGERS_MENU]
    assert caller.press("3").hears == ["sv:unanswered_goodbye"]
    assert caller.facts == []


def test_a_withheld_caller_enters_the_number_that_is_to_be_left_in_peace(desk: Call) -> None:
    caller = desk(CallerKind.WITHHELD).press("*").press("1")
    assert caller.hears == ["sv:objection_number"]
    gather = caller.steps[0]
    assert (gather.num_digits, gather.finish_on_key) == (17, "#")

    caller.press("0701740605")

    assert caller.facts == [ObjectedFor("+46701740605", ObjectionMethod.CALLS)]
    assert caller.hears == ["sv:objected_number"]


@pytest.mark.parametrize(
    ("pressed", "number"),
    [("004712345678", None), ("004740612345", "+4740612345"), ("0701740605#", "+46701740605")],
)
def test_a_number_abroad_begins_with_two_noughts(
    desk: Call, pressed: str, number: str | None
) -> None:
    caller = desk(CallerKind.WITHHELD).press("*").press("2").press(pressed)

    wanted = [] if number is None else [ObjectedFor(number, ObjectionMethod.ALL)]
    assert caller.facts == wanted


def test_a_stranger_chooses_the_shown_number_or_another(desk: Call) -> None:
    caller = desk(CallerKind.STRANGER).press("*").press("2")
    assert caller.hears == ["sv:objection_which"]

    shown = caller.state
    caller.press("1")
    assert caller.facts == [Objected(ObjectionMethod.ALL)]

    caller.state = shown
    caller.press("2")
    assert caller.hears == ["sv:objection_number"]


def test_what_is_no_number_is_asked_for_again_and_then_let_be(desk: Call) -> None:
    caller = desk(CallerKind.WITHHELD).press("*").press("1").press("123")
    assert caller.hears == ["sv:objection_number_wrong", "sv:objection_number"]
    assert caller.silent().hears == ["sv:nothing_pressed", "sv:objection_number"]

    caller.press("99999999999999999")

    assert caller.hears == ["sv:unanswered_goodbye"]
    assert caller.facts == []


def test_a_star_while_entering_a_number_leads_back(desk: Call) -> None:
    caller = desk(CallerKind.WITHHELD).press("*").press("1").press("0701*")

    assert caller.hears == ["sv:continue", *STRANGERS_MENU]


def test_nothing_of_a_number_is_in_the_state(desk: Call) -> None:
    caller = desk(CallerKind.WITHHELD).press("*").press("1").press("0701740605")

    assert "701740605" not in str(caller.state.to_json())


# Whatever comes, and however often.


def test_a_repeat_and_a_late_event_change_nothing(desk: Call) -> None:
    caller = desk().press("3")
    event = Keys(caller.state.visit, "1")
    caller.give(event)
    asked = caller.state

    again = apply_desk(caller.state, event, caller.script, country="SE")
    late = apply_desk(caller.state, Silence(0), caller.script, country="SE")

    assert (again.state, again.facts, again.applied) == (asked, (), False)
    assert (late.state, late.applied) == (asked, False)


def test_hanging_up_decides_nothing(desk: Call) -> None:
    for keys in ("", "*", "3"):
        caller = desk()
        if keys:
            caller.press(keys)
        caller.give(HungUp())
        assert caller.facts == []
        assert caller.state.left


def test_whoever_goes_round_for_ever_is_let_go(desk: Call) -> None:
    caller = desk()
    for _ in range(MOST_VISITS):
        caller.press("*")

    assert caller.state.stage is DeskStage.OVER


def test_an_event_that_belongs_to_recordings_is_silence(desk: Call) -> None:
    caller = desk()

    assert caller.give(Unrecorded(caller.state.visit)).hears[0] == "sv:nothing_pressed"
