"""What people write back to a text message."""

from random import Random
from typing import Final

from simulator.handset import Sound, Utterance
from simulator.population_ear import Scale, understood
from simulator.population_manner import Manner
from simulator.population_people import Habit, Person

_STOP: Final = {"sv": "STOPP", "nb": "STOPP", "da": "STOP", "fi": "STOP", "en": "STOP"}
_NEVER_WRITE: Final = (Habit.AWAY, Habit.UNREACHABLE, Habit.MACHINE, Habit.SILENT, Habit.BUSY)


def reply_to(text: str, person: Person, *, seed: int) -> str | None:
    """The answer to a question that can be answered in a text message, else None.

    Whoever objects writes the word of their language for it; a message without a scale or keys
    (a reminder, a link) is only read.
    """
    if person.habit is Habit.OBJECTS:
        return _STOP[person.locale]
    if person.habit in _NEVER_WRITE:
        return None
    heard = [Utterance(Sound.SAY, seconds=0.0, text=text, language=person.locale)]
    asked = understood(heard, wanted=None)
    if not isinstance(asked, Scale) and len(asked.offered) < 2:
        return None
    return Manner(person, chance=Random(f"text {seed} {person.index} {text}")).keys_for(
        heard, wanted=None
    )
