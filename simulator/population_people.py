"""Who lives in the simulated town: everybody is worked out from a seed and their number.

Nothing is stored, so a town of half a million people weighs as much as a town of one.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final, TypeVar

from simulator.population_names import a_name, address_of
from simulator.population_numbers import index_of, locale_of, number_of
from simulator.population_voices import Tone, Voice, voices


class Temperament(StrEnum):
    """What somebody thinks of the company; it decides the scores and what they say."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    MIXED = "mixed"


class Habit(StrEnum):
    """What somebody does when the telephone rings. The same person always does the same."""

    ANSWERS = "answers"  # answers the questions and leaves a comment
    IMPATIENT = "impatient"  # the same, but presses before the question is over
    RECORDS_AGAIN = "records again"  # is not content with the first recording
    WRONG_KEYS = "wrong keys"  # hits a key that was not offered, then the right one
    MUMBLES = "mumbles"  # answers, but nobody can make out the comment
    SILENT = "silent"  # picks up and neither presses nor speaks
    HANGS_UP = "hangs up"  # somewhere in the middle
    OBJECTS = "objects"  # wants no more calls
    BUSY = "busy"
    AWAY = "away"
    MACHINE = "machine"
    UNREACHABLE = "unreachable"


WEIGHTS: Final = {
    Habit.ANSWERS: 42,
    Habit.IMPATIENT: 8,
    Habit.RECORDS_AGAIN: 7,
    Habit.WRONG_KEYS: 6,
    Habit.MUMBLES: 4,
    Habit.SILENT: 3,
    Habit.HANGS_UP: 7,
    Habit.OBJECTS: 3,
    Habit.BUSY: 5,
    Habit.AWAY: 8,
    Habit.MACHINE: 6,
    Habit.UNREACHABLE: 1,
}
_MOODS: Final = {Temperament.POSITIVE: 50, Temperament.NEGATIVE: 28, Temperament.MIXED: 22}
_TONES: Final = {
    Temperament.POSITIVE: (Tone.POSITIVE,),
    Temperament.NEGATIVE: (Tone.NEGATIVE,),
    Temperament.MIXED: (Tone.MIXED, Tone.NEUTRAL),
}


@dataclass(frozen=True, slots=True)
class Person:
    """One inhabitant; `number` is E.164, `voice` is what they say when they are recorded."""

    index: int
    number: str
    name: str
    email: str
    locale: str
    temperament: Temperament
    habit: Habit
    voice: Voice


def person(index: int, *, seed: int) -> Person:
    """Person `index` (from 0) of the town `seed`; the same answer every time, on every machine."""
    chance = Random(f"person {seed} {index}")
    locale = locale_of(index)
    name = a_name(locale, chance=chance)
    temperament = _drawn(_MOODS, chance)
    habit = _drawn(WEIGHTS, chance)
    tones = (Tone.NOISE,) if habit is Habit.MUMBLES else _TONES[temperament]
    return Person(
        index=index,
        number=number_of(index),
        name=name,
        email=address_of(name, index=index),
        locale=locale,
        temperament=temperament,
        habit=habit,
        voice=chance.choice(voices(locale, *tones)),
    )


def person_with(number: str, *, seed: int, count: int) -> Person | None:
    """Whose number that is in a town of `count` people, or None."""
    index = index_of(number)
    return person(index, seed=seed) if index is not None and index < count else None


_Kind = TypeVar("_Kind")


def _drawn(weights: dict[_Kind, int], chance: Random) -> _Kind:
    return chance.choices(list(weights), list(weights.values()))[0]
