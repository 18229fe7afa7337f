"""Leaving a message by telephone."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from config.phrases import Phrase
from ivr.flow_events import AudioLooked, Event, HungUp, Keys, Recorded, Silence, Unrecorded
from ivr.mailbox_flow import (
    MOST_LISTENS,
    MOST_RECORDINGS,
    MOST_WAITS,
    MailboxFact,
    MailboxStage,
    MailboxState,
    MessageDiscarded,
    MessageEmpty,
    MessageKept,
    MessageRecorded,
    apply_mailbox,
    prompt_mailbox,
)
from ivr.steps import Gather, Hangup, Play, Record, Redirect, Say, Waiting
from survey.mailbox_script import MailboxScript

Phrases = Callable[[tuple[str, ...]], Mapping[str, Mapping[Phrase, str]]]


class Sender:
    def __init__(self, script: MailboxScript) -> None:
        self.script = script
        self.state = MailboxState()
        self.last: tuple[MailboxFact, ...] = ()

    def give(self, event: Event | HungUp) -> "Sender":
        turned = apply_mailbox(self.state, event, self.script)
        self.state, self.last = turned.state, turned.facts
        return self

    def press(self, digits: str) -> "Sender":
        return self.give(Keys(self.state.visit, digits))

    def speak(self, seconds: int | None = 8, **how: Any) -> "Sender":
        return self.give(Recorded(self.state.visit, provider_sid="RE1", seconds=seconds, **how))

    @property
    def hears(self) -> list[str]:
        heard = []
        for step in prompt_mailbox(self.state, self.script):
            for part in step.children if isinstance(step, Gather) else (step,):
                if isinstance(part, Say):
                    heard.append(part.text)
                elif isinstance(part, Play):
                    heard.append(f"recording {part.visit}")
        return heard


@pytest.fixture
def sender(all_phrases: Phrases) -> Callable[..., Sender]:
    """Somebody who calls a Danish mailbox."""

    def call(**changes: Any) -> Sender:
        return Sender(
            MailboxScript(
                mailbox="hansen",
                organisation="svar",
                language="da",
                greeting="Du har ringet til Hansen.",
                phrases=all_phrases(("da",))["da"],
                **changes,
            )
        )

    return call


Call = Callable[..., Sender]


def test_a_call_begins_with_greeting_and_notice_before_the_tone(sender: Call) -> None:
    caller = sender()

    assert prompt_mailbox(caller.state, caller.script) == (
        Say("Du har ringet til Hansen.", "da"),
        Say("da:mailbox_notice", "da"),
        Record(180, 6, "1234567890*#", visit=0),
        Redirect(Waiting.UNRECORDED, 0),
    )


def test_a_message_counts_at_once_and_is_reviewed(sender: Call) -> None:
    caller = sender().speak()

    assert caller.last == (MessageRecorded(0, "RE1", 8),)
    assert caller.hears == ["da:mailbox_review"]


def test_one_sends_it(sender: Call) -> None:
    caller = sender().speak().press("1")

    assert caller.last == (MessageKept(),)
    assert caller.hears == ["da:mailbox_saved"]
    assert prompt_mailbox(caller.state, caller.script)[-1] == Hangup()


def test_silence_sends_it(sender: Call) -> None:
    assert sender().speak().press("").last == (MessageKept(),)


def test_without_review_it_is_sent_at_once(sender: Call) -> None:
    caller = sender(review=False).speak()

    assert caller.last == (MessageRecorded(0, "RE1", 8), MessageKept())
    assert caller.hears == ["da:mailbox_saved"]


def test_hanging_up_while_speaking_sends_it(sender: Call) -> None:
    assert sender().speak(hung_up=True).last == (MessageRecorded(0, "RE1", 8), MessageKept())


def test_hanging_up_during_the_review_sends_it(sender: Call) -> None:
    assert sender().speak().give(HungUp()).last == (MessageKept(),)


def test_the_end_of_the_call_may_be_told_before_the_recording(sender: Call) -> None:
    caller = sender().give(HungUp())
    assert caller.last == ()

    assert caller.speak().last == (MessageRecorded(0, "RE1", 8), MessageKept())


def test_two_plays_it_once_it_is_home(sender: Call) -> None:
    caller = sender().speak().press("2")
    for _ in range(2):
        caller.give(AudioLooked(caller.state.visit, home=False))
        assert caller.hears == ["da:comment_not_ready"]

    caller.give(AudioLooked(caller.state.visit, home=True))

    assert caller.hears == ["recording 0", "da:mailbox_review"]


def test_a_message_that_does_not_come_home_is_not_waited_for_for_ever(sender: Call) -> None:
    caller = sender().speak().press("2")

    for _ in range(MOST_WAITS + 1):
        caller.give(AudioLooked(caller.state.visit, home=False))

    assert caller.hears == ["da:comment_cannot_be_played", "da:mailbox_review"]


def test_three_speaks_it_again_and_drops_the_first_for_the_second(sender: Call) -> None:
    caller = sender().speak().press("3")
    assert caller.hears == ["da:mailbox_notice"]

    caller.speak()

    assert caller.last == (MessageRecorded(2, "RE1", 8), MessageDiscarded(0))


def test_speaking_again_and_saying_nothing_still_has_the_first(sender: Call) -> None:
    caller = sender().speak().press("3").give(Unrecorded(2))

    assert caller.hears == ["da:mailbox_nothing_heard", "da:mailbox_review"]
    assert caller.press("1").last == (MessageKept(),)


def test_the_moment_in_which_somebody_hangs_up_takes_the_place_of_no_message(sender: Call) -> None:
    caller = sender().speak().press("3").speak(seconds=1, hung_up=True)

    # Told all the same: a word may be in it, and then whoever listens to the file finds it.
    assert caller.last == (MessageRecorded(2, "RE1", 1), MessageKept())


def test_nothing_heard_is_tried_again_and_then_let_go(sender: Call) -> None:
    caller = sender(tries=2).speak(seconds=0)
    assert caller.last == (MessageEmpty(0, "RE1"),)
    assert caller.hears == ["da:mailbox_nothing_heard", "da:mailbox_notice"]

    caller.give(Unrecorded(1))

    assert caller.last == ()
    assert caller.hears == ["da:unanswered_goodbye"]


def test_a_recording_of_nothing_but_silence_is_asked_for_again_and_kept_to_be_sure(
    sender: Call,
) -> None:
    caller = sender().speak(seconds=6)

    assert caller.last == (MessageRecorded(0, "RE1", 6),)
    assert caller.hears == ["da:mailbox_nothing_heard", "da:mailbox_notice"]


def test_a_repeated_webhook_changes_nothing(sender: Call) -> None:
    caller = sender().speak()

    turned = apply_mailbox(caller.state, Recorded(0, "RE1", 8), caller.script)

    assert (turned.state, turned.facts, turned.applied) == (caller.state, (), False)


def test_after_the_end_the_caller_is_told_that_it_is_over(sender: Call) -> None:
    assert sender().speak().press("1").press("1").hears == ["da:already_over"]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_callers_do_the_call_ends_and_the_message_is_kept(seed: int, sender: Call) -> None:
    rng = random.Random(seed)
    for _ in range(400):
        caller = sender(tries=rng.randint(1, 3), review=rng.random() < 0.8)
        facts: list[MailboxFact] = []
        for _ in range(20 * (MOST_RECORDINGS + MOST_LISTENS + MOST_WAITS)):
            if caller.state.stage is MailboxStage.OVER:
                break
            visit = caller.state.visit
            if caller.state.stage is MailboxStage.RECORDING:
                event: Event = rng.choice([Recorded(visit, "R", rng.choice([0, 15])),
                                           Unrecorded(visit)])  # fmt: skip
            elif caller.state.wants_audio:
                event = AudioLooked(visit, home=rng.random() < 0.5)
            else:
                event = rng.choice([Keys(visit, rng.choice("123#*9")), Silence(visit)])
            caller.give(event)
            facts += caller.last
            stored = MailboxState.from_json(caller.state.to_json())
            assert stored == caller.state
            assert prompt_mailbox(stored, caller.script)
        assert caller.state.stage is MailboxStage.OVER
        recorded = [fact.visit for fact in facts if isinstance(fact, MessageRecorded)]
        dropped = [fact.visit for fact in facts if isinstance(fact, MessageDiscarded)]
        assert len(recorded) - len(dropped) == (1 if recorded else 0)
        assert (MessageKept() in facts) == bool(recorded)
