"""What somebody decides in a call: which keys answer a prompt, and what to say when recorded.

Decisions only, no time: `population_behaviour` says how long they take.
"""

from collections.abc import Sequence
from random import Random
from typing import Final

from simulator.handset import Utterance
from simulator.population_ear import Keys, Scale, understood
from simulator.population_people import Habit, Person, Temperament

# Where on a scale somebody lands, from 0 (worst) to 1 (best).
_REGION: Final = {
    Temperament.POSITIVE: (0.8, 1.0),
    Temperament.MIXED: (0.45, 0.75),
    Temperament.NEGATIVE: (0.0, 0.35),
}
_LEAVES_COMMENT: Final = 0.85
# "May we contact you about this?" is mostly answered by those who have something to mend.
_MAY_BE_CONTACTED: Final = {
    Temperament.POSITIVE: 0.35,
    Temperament.MIXED: 0.55,
    Temperament.NEGATIVE: 0.75,
}
_HEARS_AGAIN: Final = 0.1
_NO_CALLS_AT_ALL: Final = 0.3
_WRONG_TRIES: Final = 2


class Manner:
    """One person's mind in one call; it remembers what was asked and answered so far."""

    def __init__(self, person: Person, *, chance: Random) -> None:
        self._person = person
        self._chance = chance
        self._recordings = 0
        self._wrong = 0
        self._starred = False

    def recorded(self) -> None:
        """A recording was just made; the next keys on offer are about it."""
        self._recordings += 1

    def keys_for(self, heard: Sequence[Utterance], *, wanted: int | None) -> str:
        """The keys pressed in answer to a prompt, empty for none."""
        if self._person.habit is Habit.SILENT:
            return ""
        if self._person.habit is Habit.OBJECTS and not self._starred:
            self._starred = True
            return "*"
        asked = understood(heard, wanted=wanted)
        if self._person.habit is Habit.WRONG_KEYS and self._wrong < _WRONG_TRIES:
            self._wrong += 1
            if self._wrong % 2:  # the mistake, and next time the right key
                return self._a_wrong_key(asked)
        if isinstance(asked, Scale):
            return str(self._score(asked))
        return self._choice(asked)

    def _score(self, scale: Scale) -> int:
        low, high = _REGION[self._person.temperament]
        span = scale.highest - scale.lowest
        return scale.lowest + round(self._chance.uniform(low, high) * span)

    def _choice(self, keys: Keys) -> str:
        offered = keys.offered
        if self._starred:
            everything = len(offered) > 1 and self._chance.random() < _NO_CALLS_AT_ALL
            return offered[1] if everything else offered[0]
        if len(offered) == 2:
            yes = _LEAVES_COMMENT
            if self._recordings:
                yes = _MAY_BE_CONTACTED[self._person.temperament]
            return offered[0] if self._chance.random() < yes else offered[1]
        if len(offered) == 3 and self._recordings:  # keep, hear again, record again
            if self._person.habit is Habit.RECORDS_AGAIN and self._recordings == 1:
                return offered[2]
            if self._chance.random() < _HEARS_AGAIN:
                return offered[1]
            return offered[0]
        return self._chance.choice(offered)

    def _a_wrong_key(self, asked: Scale | Keys) -> str:
        if isinstance(asked, Scale):
            right = {str(score) for score in range(asked.lowest, asked.highest + 1)}
        else:
            right = set(asked.offered)
        wrong = [key for key in "7890" if key not in right and not (key == "0" and "10" in right)]
        return self._chance.choice(wrong or ["#"])
