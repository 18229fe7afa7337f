"""A town of people with habits who answer when they are rung.

    python -m simulator.population --count 40 --seed 1 --csv FILE --organisation consumer-credit

writes the customer list of the town; a simulator with the same count and seed lets these very
people answer. Everybody is worked out from seed and number when they are needed.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

from simulator.handset import Handset
from simulator.population_behaviour import Townsperson
from simulator.population_list import write_list
from simulator.population_numbers import COUNTRIES, LARGEST_POPULATION
from simulator.population_people import Person, person_with
from simulator.population_replies import reply_to


class Population:
    """`count` people of the town `seed`; give `handset` to the directory as a lookup.

    `pace` is how many times faster than life they hear, think and ring out: 1 for a virtual clock
    or a realistic demo, about 6 for a demo in which something happens every few seconds.
    """

    def __init__(self, count: int, *, seed: int, pace: float = 1.0) -> None:
        if not 0 <= count <= LARGEST_POPULATION:
            raise ValueError(f"A population has 0 to {LARGEST_POPULATION} people, not {count}.")
        if pace <= 0:
            raise ValueError(f"The pace must be above 0, and is {pace}.")
        self.count = count
        self.seed = seed
        self._pace = pace

    def person(self, number: str) -> Person | None:
        """Whose E.164 number that is, or None when it is nobody's here."""
        return person_with(number, seed=self.seed, count=self.count)

    def handset(self, number: str) -> Handset | None:
        """That person's telephone for one call, or None when it is nobody's here."""
        who = self.person(number)
        if who is None:
            return None
        # The person's own chance, not the call's: rung again, they do the same again.
        chance = Random(f"call {self.seed} {who.index}")
        return Townsperson(who, pace=self._pace, chance=chance)

    def reply(self, number: str, text: str) -> str | None:
        """What the person at that number writes back to a text message, or None for nothing."""
        who = self.person(number)
        return reply_to(text, who, seed=self.seed) if who is not None else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the customer list; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator.population",
        description="Write the customer list of a simulated town as CSV for an import.",
    )
    parser.add_argument("--count", type=int, default=40, help="how many people (default 40)")
    parser.add_argument("--seed", type=int, default=1, help="which town (default 1)")
    parser.add_argument("--first", type=int, default=0, help="begin with this person (default 0)")
    parser.add_argument(
        "--round", type=int, default=0, help="another number gives the same people new cases"
    )
    parser.add_argument(
        "--country", action="append", choices=COUNTRIES, help="only who lives there; repeatable"
    )
    parser.add_argument("--organisation", default="consumer-credit", help="whose customers")
    parser.add_argument("--csv", type=Path, help="the file to write; without it, to the screen")
    parser.add_argument(
        "--at",
        type=datetime.fromisoformat,
        help="contacts lie 2 to 20 hours before this time, such as 2026-05-04T12:00:00+02:00 "
        "(default: now)",
    )
    given = parser.parse_args(arguments)
    if min(given.first, given.count) < 0 or given.first + given.count > LARGEST_POPULATION:
        parser.error(f"there are {LARGEST_POPULATION} people: --first and --count go beyond them")
    at = given.at or datetime.now(UTC)
    if at.tzinfo is None:
        parser.error("--at needs its distance from UTC, such as +02:00")
    write = partial(
        write_list,
        count=given.count,
        seed=given.seed,
        organisation=given.organisation,
        at=at,
        first=given.first,
        round_=given.round,
        countries=given.country or COUNTRIES,
    )
    if given.csv is None:
        write(sys.stdout)
    else:
        with given.csv.open("w", encoding="utf-8", newline="") as file:
            write(file)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
