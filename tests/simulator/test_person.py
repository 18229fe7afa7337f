"""A scripted person, asked directly."""

import io
import wave

import pytest

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
from simulator.person import ScriptedPerson
from simulator.scenario import CallScript
from simulator.speech import as_wav, load, silence, tones, trimmed

LINE = Line("CA1", "+46846500400", "+46701740605", Direction.OUTBOUND, 60, lambda: False)
WINDOW = KeyWindow(timeout_seconds=5, finish_keys="#")
SPEAK = SpeakWindow(longest_seconds=30, silence_seconds=5, finish_keys="#*")


@pytest.fixture
def told():
    return []


@pytest.fixture
def person(told):
    def make(*does, beside=None, **script):
        wanted = CallScript.model_validate({"does": list(does), **script})
        return ScriptedPerson(wanted, report=told.append, beside=beside)

    return make


def says(text, *, interruptible=False):
    return Utterance(Sound.SAY, 4.0, text=text, interruptible=interruptible)


def test_somebody_picks_up_after_some_rings(person):
    pickup = person(ring_seconds=6, greeting_seconds=2).ring(LINE)

    assert (pickup.answer, pickup.after_seconds, pickup.greeting_seconds) == (Answer.HUMAN, 6, 2)


@pytest.mark.parametrize(
    "pickup", ["busy", "no-answer", "unreachable", "machine", "fax", "unknown"]
)
def test_a_call_can_go_in_every_other_way(person, pickup):
    assert person(pickup=pickup).ring(LINE).answer.value == pickup


def test_keys_are_pressed_one_after_the_other(person):
    ada = person({"keys": "10#"})

    pressed = [ada.press(WINDOW) for _ in range(4)]

    assert [one.key for one in pressed] == ["1", "0", "#", ""]
    assert [one.seconds for one in pressed] == [1.0, 0.4, 0.4, 5]


def test_a_step_waits_for_its_words(person):
    ada = person({"on": "Recommend  US", "keys": "9"})

    assert ada.press(WINDOW).ended is Ended.SILENCE
    ada.hear(says("Would you recommend us to a friend?"))

    assert ada.press(WINDOW).key == "9"


def test_a_step_that_is_never_reached_is_reported(person, told):
    ada = person({"keys": "1"}, {"on": "follow-up", "keys": "2"})
    ada.press(WINDOW)

    ada.call_ended(Ending.COMPLETED)

    assert told == ["the call ended before step 2 was done (waited for 'follow-up')"]


def test_silence_is_kept_for_one_question(person):
    ada = person({"silence": True}, {"keys": "4"})

    assert [ada.press(WINDOW).key for _ in range(2)] == ["", "4"]


def test_keys_of_an_ended_question_fall_into_the_next_one(person, told):
    ada = person({"keys": "12"})
    ada.press(WINDOW)

    heard = ada.hear(says("Next question", interruptible=True))

    assert (heard.ended, heard.key) == (Ended.KEY, "2")
    assert told == []


def test_keys_that_nobody_listens_for_are_reported(person, told):
    ada = person({"keys": "12"})
    ada.press(WINDOW)

    assert ada.hear(says("Thank you")).ended is Ended.PLAYED
    assert "'2'" in told[0]
    assert ada.press(WINDOW).ended is Ended.SILENCE


@pytest.mark.parametrize(
    ("deed", "ended", "seconds", "key"),
    [
        ({"speak_seconds": 6, "end_by": "#"}, Ended.KEY, 6, "#"),
        ({"speak_seconds": 6}, Ended.SILENCE, 11, ""),
        ({"speak_seconds": 6, "end_by": "limit"}, Ended.LIMIT, 30, ""),
        ({"speak_seconds": 6, "end_by": "hang_up"}, Ended.HANG_UP, 6, ""),
        ({"speak_seconds": 60, "end_by": "#"}, Ended.LIMIT, 30, ""),
        ({"speak_seconds": 6, "end_by": "#", "after_seconds": 2}, Ended.KEY, 8, "#"),
        ({"speak_seconds": 28}, Ended.LIMIT, 30, ""),
    ],
)
def test_speaking_ends_as_scripted(person, deed, ended, seconds, key):
    spoken = person(deed).speak(SPEAK)

    assert (spoken.ended, spoken.seconds, spoken.key, spoken.spoke) == (ended, seconds, key, True)
    assert trimmed(spoken.pcm)


@pytest.mark.parametrize(
    ("deed", "ended", "key"),
    [
        ({"silence": True}, Ended.SILENCE, ""),
        ({"keys": "*"}, Ended.KEY, "*"),
        ({"keys": "7"}, Ended.SILENCE, ""),
        ({"hang_up": True}, Ended.HANG_UP, ""),
        ({"speak_seconds": 3, "after_seconds": 9}, Ended.SILENCE, ""),
        ({"on": "never said", "speak_seconds": 3}, Ended.SILENCE, ""),
    ],
)
def test_somebody_can_say_nothing(person, deed, ended, key):
    spoken = person(deed).speak(SPEAK)

    assert (spoken.ended, spoken.key, spoken.spoke) == (ended, key, False)
    assert trimmed(spoken.pcm) == b""


def test_a_sound_beside_the_scenario_is_spoken(person, tmp_path):
    (tmp_path / "hello.wav").write_bytes(as_wav(tones(1.5)))

    spoken = person({"speak": "hello.wav", "end_by": "#"}, beside=tmp_path).speak(SPEAK)

    assert spoken.seconds == 1.5


def test_a_sound_that_is_not_there_is_named(person, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.wav"):
        person({"speak": "no.wav"}, beside=tmp_path).speak(SPEAK)


def test_sound_of_another_rate_is_made_fit_for_the_telephone(tmp_path):
    path = tmp_path / "studio.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        file.writeframes(tones(1.0) * 2 * 6)  # some sound, of whatever length

    pcm = load(path)

    frames = len(tones(1.0) * 12) // 4
    assert len(pcm) / 16_000 == pytest.approx(frames / 44_100, abs=0.01)


def test_trimming_takes_the_quiet_ends_and_nothing_within():
    word = tones(0.5)

    kept = trimmed(silence(2) + word + silence(1) + word + silence(3))

    assert len(kept) / 16_000 == pytest.approx(2.0, abs=0.05)
    with wave.open(io.BytesIO(as_wav(kept))) as file:
        assert file.getframerate() == 8000
