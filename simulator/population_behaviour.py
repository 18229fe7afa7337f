"""A person of the population at the telephone: how long things take, and what is heard of them."""

from collections import deque
from random import Random
from typing import Final

from simulator.handset import (
    SAMPLE_BYTES,
    SAMPLE_RATE,
    Answer,
    Ended,
    Ending,
    Heard,
    KeyWindow,
    Line,
    Pickup,
    Pressed,
    SpeakWindow,
    Spoken,
    Utterance,
)
from simulator.population_ear import Scale, understood
from simulator.population_manner import Manner
from simulator.population_people import Habit, Person

_SECOND: Final = SAMPLE_RATE * SAMPLE_BYTES
_BREATH: Final = 0.4  # before the first word
_ENDS_BY_KEY: Final = 0.5
_NOT_PICKED_UP: Final = {
    Habit.BUSY: Answer.BUSY,
    Habit.UNREACHABLE: Answer.UNREACHABLE,
    Habit.AWAY: Answer.NO_ANSWER,
}


class Townsperson:
    """The handset of one person for one call.

    `pace` says how many times faster than life people hear, think and let it ring; what they say
    is never faster, because it is a recording.
    """

    def __init__(self, person: Person, *, pace: float, chance: Random) -> None:
        self.person = person
        self._pace = pace
        self._chance = chance
        self._manner = Manner(person, chance=chance)
        self._heard: list[Utterance] = []
        self._keys: deque[str] = deque()
        self._answering = False
        # Sounds and questions until they hang up: among the first questions, or with a good deal
        # of patience in the middle of the comment.
        hangs_up = person.habit is Habit.HANGS_UP
        self._patience = chance.choice((2, 3, 4, 5, 6, 9, 9, 9)) if hangs_up else None

    def ring(self, line: Line) -> Pickup:
        habit = self.person.habit
        if habit is Habit.AWAY:
            return Pickup(Answer.NO_ANSWER, after_seconds=line.ring_seconds / self._pace)
        if habit in _NOT_PICKED_UP:
            return Pickup(_NOT_PICKED_UP[habit])
        after = min(self._chance.uniform(3, 11), line.ring_seconds * 0.9) / self._pace
        if habit is Habit.MACHINE:
            greeting = self._chance.uniform(4, 9) / self._pace
            return Pickup(Answer.MACHINE, after_seconds=after, greeting_seconds=greeting)
        return Pickup(Answer.HUMAN, after_seconds=after, greeting_seconds=1.0 / self._pace)

    def connected(self, line: Line) -> None:
        return None

    def hear(self, utterance: Utterance) -> Heard:
        if self._answering:  # a new prompt begins
            self._answering = False
            self._heard.clear()
            self._keys.clear()
        if utterance.interruptible:
            self._heard.append(utterance)
        seconds = utterance.seconds / self._pace
        if self._loses_patience():
            return Heard(Ended.HANG_UP, seconds * self._chance.uniform(0.2, 0.9))
        if self._cannot_wait(utterance):
            self._keys.extend(self._manner.keys_for(self._heard, wanted=None))
            self._answering = True
            return Heard(Ended.KEY, seconds * 0.6, key=self._keys.popleft())
        return Heard(Ended.PLAYED, seconds)

    def press(self, window: KeyWindow) -> Pressed:
        if self.person.habit is Habit.MACHINE:
            return Pressed(Ended.SILENCE, window.timeout_seconds / self._pace)
        self._answering = True
        thinking = 0.3
        if not window.pressed:
            if self._loses_patience():
                return Pressed(Ended.HANG_UP, 1.0 / self._pace)
            self._keys = deque(self._manner.keys_for(self._heard, wanted=window.wanted))
            thinking = self._chance.uniform(0.6, 2.4)
        if not self._keys:
            return Pressed(Ended.SILENCE, window.timeout_seconds / self._pace)
        return Pressed(Ended.KEY, thinking / self._pace, key=self._keys.popleft())

    def speak(self, window: SpeakWindow) -> Spoken:
        self._answering = True
        self._manner.recorded()
        if self.person.habit in (Habit.SILENT, Habit.MACHINE):
            quiet = window.silence_seconds or window.longest_seconds
            ended = Ended.SILENCE if window.silence_seconds else Ended.LIMIT
            return Spoken(ended, _silence(min(quiet, window.longest_seconds)), spoke=False)
        words = _silence(_BREATH) + self.person.voice.pcm()
        if self._patience is not None:
            # Whoever meant to hang up does it at the latest here, in the middle of a word.
            half = int(len(words) * self._chance.uniform(0.4, 0.8)) // SAMPLE_BYTES * SAMPLE_BYTES
            return Spoken(Ended.HANG_UP, words[:half])
        longest = int(window.longest_seconds * SAMPLE_RATE) * SAMPLE_BYTES
        if len(words) >= longest:
            return Spoken(Ended.LIMIT, words[:longest])
        if window.finish_keys and (
            not window.silence_seconds or self._chance.random() < _ENDS_BY_KEY
        ):
            key = "#" if "#" in window.finish_keys else window.finish_keys[0]
            return Spoken(Ended.KEY, (words + _silence(0.5))[:longest], key=key)
        if window.silence_seconds:
            words += _silence(window.silence_seconds)
            ended = Ended.SILENCE if len(words) <= longest else Ended.LIMIT
            return Spoken(ended, words[:longest])
        return Spoken(Ended.HANG_UP, words)

    def call_ended(self, ending: Ending) -> None:
        return None

    def _loses_patience(self) -> bool:
        if self._patience is None:
            return False
        self._patience -= 1
        return self._patience <= 0

    def _cannot_wait(self, utterance: Utterance) -> bool:
        if self.person.habit is not Habit.IMPATIENT or not utterance.interruptible:
            return False
        # Only once the scale or the keys have been named.
        asked = understood([utterance], wanted=None)
        return isinstance(asked, Scale) or len(asked.offered) > 1


def _silence(seconds: float) -> bytes:
    return bytes(int(seconds * SAMPLE_RATE) * SAMPLE_BYTES)
