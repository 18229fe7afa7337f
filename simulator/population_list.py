"""The town's list of customers, in the columns in which the service imports them."""

import csv
from collections.abc import Collection
from datetime import datetime, timedelta
from random import Random
from typing import Final, TextIO

from simulator.population_numbers import COUNTRIES, country_of
from simulator.population_people import person

COLUMNS: Final = (
    "case_reference",
    "phone",
    "email",
    "name",
    "locale",
    "channel",
    "reason",
    "team",
    "happened_at",
)
_CHANNELS: Final = {"call": 60, "mail": 20, "chat": 15, "visit": 5}
# What the contact was about, and who took it.
_MATTERS: Final = {
    "consumer-credit": (
        ("invoice", "customer-service"),
        ("payment-plan", "payments"),
        ("loan-application", "lending"),
        ("card", "customer-service"),
        ("complaint", "claims"),
    ),
}
_ANY_MATTER: Final = (
    ("question", "customer-service"),
    ("order", "sales"),
    ("fault", "support"),
    ("complaint", "claims"),
)
_OLDEST: Final = timedelta(hours=20)
_NEWEST: Final = timedelta(hours=2)


def write_list(
    file: TextIO,
    *,
    count: int,
    seed: int,
    organisation: str,
    at: datetime,
    first: int = 0,
    round_: int = 0,
    countries: Collection[str] = COUNTRIES,
) -> None:
    """Write one contact each of those of people `first` to `first + count - 1` who live in one of
    the `countries`, with a header line.

    The contacts lie 2 to 20 hours before `at`: over for long enough to be asked about, and not
    stale. `organisation` decides the reasons and the case references; another `round_` gives the
    same people new cases.
    """
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(COLUMNS)
    matters = _MATTERS.get(organisation, _ANY_MATTER)
    initials = "".join(word[0] for word in organisation.split("-") if word).upper() or "X"
    for index in range(first, first + count):
        if country_of(index) not in countries:
            continue
        who = person(index, seed=seed)
        chance = Random(f"contact {seed} {index} {round_}")
        reason, team = chance.choice(matters)
        channel = chance.choices(list(_CHANNELS), list(_CHANNELS.values()))[0]
        ago = _NEWEST + (_OLDEST - _NEWEST) * chance.random()
        rows.writerow(
            (
                f"{initials}-{seed}-{round_}-{index + 1:06d}",
                who.number,
                who.email,
                who.name,
                who.locale,
                channel,
                reason,
                team,
                (at - ago).isoformat(timespec="seconds"),
            )
        )
