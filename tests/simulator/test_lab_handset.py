"""A lab telephone: what the person at the page does is what the network gets told."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

import pytest

from simulator import lab_phone
from simulator.handset import (
    Answer,
    Direction,
    Ended,
    Ending,
    KeyWindow,
    Line,
    Sound,
    SpeakWindow,
    Utterance,
)
from simulator.lab_handset import LabHandset
from simulator.lab_phone import Hands, LabPhone, MissedPieceError
from simulator.lab_state import LineKind, PhoneState
from simulator.population_voices import Tone, voices
from simulator.speech import silence, tones

NUMBER, OURS = "+46701740605", "+46846500400"
ASKED = Utterance(Sound.SAY, 30.0, "Tryck 1 till 5.", "sv-SE", interruptible=True)
TOLD = Utterance(Sound.SAY, 30.0, "Hej! Det här är en enkät.", "sv-SE")
T = TypeVar("T")


class Call:
    """A call whose network side runs in a thread, as in life."""

    def __init__(self, phone: LabPhone, *, ring_seconds: float = 20.0) -> None:
        self.phone = phone
        self.handset = LabHandset(phone)
        self.cut = threading.Event()
        self.line = Line(
            "CA1", OURS, phone.number, Direction.OUTBOUND, ring_seconds, cut=self.cut.is_set
        )
        self._pool = ThreadPoolExecutor(1)

    def asks(self, what: Callable[[], T], *, until: Callable[[], object]) -> Future[T]:
        """Let the network ask in its own thread; returns once the page shows it."""
        answer = self._pool.submit(what)
        deadline = time.monotonic() + 5
        while not until() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert until()
        return answer

    def answered(self) -> "Call":
        pickup = self.asks(lambda: self.handset.ring(self.line), until=self.rings)
        self.do(lambda hands: setattr(hands, "picked_up", True))
        assert pickup.result(5).answer is Answer.HUMAN
        self.handset.connected(self.line)
        return self

    def rings(self) -> bool:
        return self.phone.picture.state is PhoneState.RINGING

    def do(self, deed: Callable[[Hands], object]) -> None:
        self.phone.act(lambda hands: (deed(hands), None)[1])

    def press(self, key: str) -> None:
        self.do(lambda hands: hands.keys.append(key))

    def hang_up(self) -> None:
        self.do(lambda hands: setattr(hands, "hung_up", True))

    def hearing(self, utterance: Utterance) -> "Future[object]":
        return self.asks(
            lambda: self.handset.hear(utterance), until=lambda: self.phone.picture.sound
        )

    def speaking(self, window: SpeakWindow) -> "Future[object]":
        return self.asks(
            lambda: self.handset.speak(window), until=lambda: self.phone.picture.speech
        )

    def says(self, pcm: bytes, *, piece: int, microphone: str = "one") -> bool:
        speech = self.phone.picture.speech
        assert speech is not None
        return self.phone.take_sound(pcm, window=speech.id, piece=piece, microphone=microphone)

    def close(self) -> None:
        self.cut.set()
        self._pool.shutdown()


@pytest.fixture
def phone() -> Iterator[LabPhone]:
    phone = LabPhone(NUMBER)
    with phone.page():
        yield phone


@pytest.fixture
def call(phone: LabPhone) -> Iterator[Call]:
    call = Call(phone)
    yield call
    call.close()


def test_answering_connects_and_the_call_is_logged_at_its_end(call: Call) -> None:
    call.answered()
    assert call.phone.picture.state is PhoneState.IN_CALL
    assert call.phone.picture.other == OURS

    call.handset.call_ended(Ending.COMPLETED)

    picture = call.phone.picture
    assert picture.state is PhoneState.ENDED
    assert [(past.other, past.outgoing, past.ending) for past in picture.log] == [
        (OURS, False, "completed")
    ]


def test_declining_is_a_busy_line(call: Call) -> None:
    pickup = call.asks(lambda: call.handset.ring(call.line), until=call.rings)

    call.do(lambda hands: setattr(hands, "declined", True))

    assert pickup.result(5).answer is Answer.BUSY


def test_nobody_answering_is_no_answer_after_the_ringing(phone: LabPhone) -> None:
    call = Call(phone, ring_seconds=0.3)

    pickup = call.handset.ring(call.line)

    assert pickup.answer is Answer.NO_ANSWER
    assert 0.25 < pickup.after_seconds < 2
    call.close()


def test_a_caller_who_gives_up_is_noticed_at_once(call: Call) -> None:
    pickup = call.asks(lambda: call.handset.ring(call.line), until=call.rings)

    began = time.monotonic()
    call.cut.set()
    pickup.result(5)

    assert time.monotonic() - began < 0.5


def test_a_second_call_meanwhile_is_busy_and_leaves_the_first_alone(call: Call) -> None:
    call.answered()
    second = LabHandset(call.phone)

    assert second.ring(call.line).answer is Answer.BUSY
    second.call_ended(Ending.BUSY)

    assert call.phone.picture.state is PhoneState.IN_CALL


def test_the_page_may_be_loaded_anew_while_it_rings(phone: LabPhone) -> None:
    with ExitStack() as pages:
        fresh = LabPhone(NUMBER)
        first = pages.enter_context(ExitStack())
        first.enter_context(fresh.page())
        call = Call(fresh)
        pickup = call.asks(lambda: call.handset.ring(call.line), until=call.rings)

        first.close()
        assert fresh.in_hand
        pages.enter_context(fresh.page())
        call.do(lambda hands: setattr(hands, "picked_up", True))

        assert pickup.result(5).answer is Answer.HUMAN
        call.close()


def test_closing_the_page_for_good_puts_the_telephone_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lab_phone, "RELOAD_SECONDS", 0.3)
    phone = LabPhone(NUMBER)
    page = ExitStack()
    page.enter_context(phone.page())
    call = Call(phone).answered()
    heard = call.hearing(TOLD)

    page.close()

    assert heard.result(5).ended is Ended.HANG_UP
    assert not phone.in_hand
    call.close()


def test_a_sentence_lasts_until_the_page_has_said_it(call: Call) -> None:
    call.answered()
    heard = call.hearing(TOLD)
    sound = call.phone.picture.sound
    assert sound is not None
    assert (sound.text, sound.language) == (TOLD.text, "sv-SE")

    call.do(lambda hands: setattr(hands, "heard", sound.id))

    assert heard.result(5).ended is Ended.PLAYED
    assert call.phone.picture.transcript[-1].text == TOLD.text


def test_a_key_stops_a_question_but_not_a_notice(call: Call) -> None:
    call.answered()
    notice = call.hearing(TOLD)
    call.press("5")
    time.sleep(0.3)
    assert not notice.done()
    sound = call.phone.picture.sound
    assert sound is not None
    call.do(lambda hands: setattr(hands, "heard", sound.id))
    assert notice.result(5).ended is Ended.PLAYED

    question = call.hearing(ASKED)
    assert not question.done()  # the key during the notice is forgotten
    call.press("4")

    assert (question.result(5).ended, question.result().key) == (Ended.KEY, "4")


def test_two_keys_pressed_quickly_are_both_heard_in_one_prompt(call: Call) -> None:
    call.answered()
    question = call.hearing(ASKED)
    call.press("1")
    call.press("0")

    assert question.result(5).key == "1"
    second = call.handset.press(KeyWindow(5.0, "", "1", 2))

    assert (second.ended, second.key) == (Ended.KEY, "0")
    assert call.phone.picture.transcript[-1].text == "10"


def test_a_key_too_many_does_not_answer_the_next_question(call: Call) -> None:
    call.answered()
    question = call.hearing(ASKED)
    call.press("4")
    call.press("4")
    assert question.result(5).key == "4"

    following = call.hearing(ASKED)

    time.sleep(0.3)
    assert not following.done()
    call.hang_up()
    assert following.result(5).ended is Ended.HANG_UP


def test_no_key_in_time_is_silence(call: Call) -> None:
    call.answered()

    pressed = call.handset.press(KeyWindow(0.3))

    assert pressed.ended is Ended.SILENCE
    assert 0.25 < pressed.seconds < 2


def test_speech_is_taken_piece_by_piece_until_a_key(call: Call) -> None:
    call.answered()
    spoken = call.speaking(SpeakWindow(60.0, 4.0, "#"))
    assert call.phone.picture.state is PhoneState.RECORDING
    pcm = voices("sv", Tone.POSITIVE)[0].pcm()

    for piece, start in enumerate(range(0, len(pcm), 4000)):
        assert call.says(pcm[start : start + 4000], piece=piece)
    call.press("5")  # not a finish key here
    call.press("#")

    said = spoken.result(5)
    assert (said.ended, said.key, said.spoke) == (Ended.KEY, "#", True)
    assert said.pcm == pcm
    assert call.phone.picture.state is PhoneState.IN_CALL
    assert [line.kind for line in call.phone.picture.transcript] == [
        LineKind.SPOKE,
        LineKind.KEYS,
    ]


def test_silence_after_speech_ends_the_recording(call: Call) -> None:
    call.answered()
    spoken = call.speaking(SpeakWindow(60.0, 2.0, "#"))

    call.says(voices("sv", Tone.POSITIVE)[0].pcm(), piece=0)
    call.says(silence(2.5), piece=1)

    said = spoken.result(5)
    assert (said.ended, said.spoke) == (Ended.SILENCE, True)


def test_the_limit_ends_the_recording_at_its_length(call: Call) -> None:
    call.answered()
    spoken = call.speaking(SpeakWindow(2.0, 0.0, ""))

    call.says(tones(3.0), piece=0)

    said = spoken.result(5)
    assert said.ended is Ended.LIMIT
    assert said.seconds == 2.0


def test_hanging_up_keeps_what_was_said(call: Call) -> None:
    call.answered()
    spoken = call.speaking(SpeakWindow(60.0, 4.0, "#"))
    call.says(tones(1.0), piece=0)

    call.hang_up()

    said = spoken.result(5)
    assert (said.ended, said.seconds) == (Ended.HANG_UP, 1.0)


def test_without_a_microphone_the_line_is_silent(call: Call) -> None:
    call.answered()
    spoken = call.speaking(SpeakWindow(60.0, 1.0, "#"))
    time.sleep(0.3)

    call.press("#")

    said = spoken.result(5)
    assert not said.spoke
    assert 0.2 < said.seconds < 3
    assert not said.pcm.strip(b"\0")


def test_a_sample_speaks_for_who_has_no_microphone(call: Call) -> None:
    call.answered()
    spoken = call.speaking(SpeakWindow(60.0, 3.0, "#"))
    sample = voices("en", Tone.NEGATIVE)[0].pcm()
    speech = call.phone.picture.speech
    assert speech is not None

    assert call.phone.take_sample(sample, window=speech.id)

    said = spoken.result(5)
    assert (said.ended, said.spoke) == (Ended.SILENCE, True)
    assert said.pcm.startswith(sample)
    assert not call.phone.take_sample(sample, window=speech.id)


def test_a_piece_that_comes_twice_is_taken_once_and_a_missing_one_is_asked_for(
    call: Call,
) -> None:
    call.answered()
    spoken = call.speaking(SpeakWindow(60.0, 0.0, "#"))

    call.says(tones(0.5), piece=0)
    call.says(tones(0.5), piece=0)
    with pytest.raises(MissedPieceError) as missed:
        call.says(tones(0.5), piece=2)
    assert missed.value.wanted == 1
    assert not call.says(tones(0.5), piece=1, microphone="another page's")
    call.press("#")

    assert spoken.result(5).seconds == 0.5


def test_sound_for_a_recording_that_is_over_is_not_wanted(call: Call) -> None:
    call.answered()
    assert not call.phone.take_sound(b"\0\0", window=99, piece=0, microphone="one")


def test_the_words_spoken_do_not_stay_in_memory_after_the_call(call: Call) -> None:
    call.answered()
    spoken = call.speaking(SpeakWindow(60.0, 0.0, "#"))
    call.says(tones(1.0), piece=0)
    call.press("#")
    spoken.result(5)

    call.handset.call_ended(Ending.COMPLETED)

    assert not call.phone.hands.speech
    assert call.phone.audio == (0, b"", "")
