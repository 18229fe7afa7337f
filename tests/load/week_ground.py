"""What a simulated week stands on: one organisation, its people, and databases whose clock obeys.

The week, and the Easter behind it, have everything in them that makes calling hours hard: the night
in which the clock is put forward, a public holiday of one country and some of all, a blocked day,
two zones.
"""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, event

from config.directory import load_configuration
from storage.database import Database
from storage.house import House, house, transaction
from survey import organisations
from survey.interaction_import import import_file
from tests.chaos.service import ROOT

ORGANISATION, CAMPAIGN = "the-week", "after-case"
# A Friday, nine in Stockholm and ten in Helsinki.
BEGINS: Final = datetime(2026, 3, 27, 8, 0, tzinfo=UTC)
ENDS: Final = BEGINS + timedelta(days=11)
# When files come, and how many of a hundred people are in each: the second on the blocked day, the
# third on a day that is free in Norway alone.
FILES: Final = {
    BEGINS: 60,
    datetime(2026, 3, 31, 8, 0, tzinfo=UTC): 20,
    datetime(2026, 4, 2, 8, 0, tzinfo=UTC): 20,
}
EASTER: Final = (date(2026, 4, 3), date(2026, 4, 5), date(2026, 4, 6))
STOCKHOLM, HELSINKI, OSLO = (ZoneInfo(f"Europe/{c}") for c in ("Stockholm", "Helsinki", "Oslo"))
BLOCKED: Final = date(2026, 3, 31)
WORKDAY, WEEKEND = (9, 20), (12, 16)
PRICE_OF_CALL, PRICE_OF_MINUTE = 100_000, 450_000

_FILE: Final = """
key: the-week
name: Veckobolaget
spoken_name: {{sv: Veckobolaget, en: Veckobolaget}}
country: SE
timezone: Europe/Stockholm
languages: [sv, en]
contact:
  privacy_email: dataskydd@vecka.example
  phone: "+46846500401"
  authority: Integritetsskyddsmyndigheten
rights: [information, access, erasure, objection]
throttle: 90 days
retention:
  - {{class: answers, keep: 18 months, from: answered}}
  - {{class: free_comments, keep: 12 months, from: answered}}
  - {{class: telephone_messages, keep: 6 months, from: received}}
  - {{class: staff_register, keep: never by age, from: collected}}
  - {{class: contact_log, keep: 18 months, from: contact}}
  - {{class: complaints, keep: until handled, from: received, ceiling: 3 years}}
  - {{class: case_notes, keep: 18 months, from: event}}
  - {{class: throttle_tokens, keep: 90 days, from: contact}}
  - {{class: objections, keep: never by age, from: event}}
  - {{class: request_log, keep: 3 years, from: event}}
  - {{class: receipts, keep: 3 years, from: event}}
  - {{class: listening_log, keep: 3 years, from: event}}
  - {{class: exports, keep: 7 days, from: event}}
lines:
  - {{number: "+46846500499", name: Veckolinjen, calls_per_second: {per_second},
     simultaneous_calls: {at_a_time}, calls_to: [SE, NO, FI]}}
campaigns:
  - key: after-case
    survey: week
    line: "+46846500499"
    delay: 1 hour
    stale_after: 5 days
    sample_percent: {share}
    allowed_countries: [SE, NO, FI]
    hours_of: customer
    window:
      monday: [["09:00", "20:00"]]
      tuesday: [["09:00", "20:00"]]
      wednesday: [["09:00", "20:00"]]
      thursday: [["09:00", "20:00"]]
      friday: [["09:00", "20:00"]]
      saturday: [["12:00", "16:00"]]
      sunday: [["12:00", "16:00"]]
    public_holidays: true
    blocked_days: [2026-03-31]
    ring_seconds: 25
    answering_machine_detection: sync
    retry:
      busy: {{after: 15 minutes, times: 2}}
      no_answer: {{after: 4 hours, times: 1}}
      machine: {{after: 6 hours, times: 1}}
      failed: {{after: 1 hour, times: 1}}
      cut: {{after: 10 minutes, times: 1}}
      hung_up: {{after: 10 minutes, times: 1}}
    most_calls: 5
    legal_basis: legitimate_interest
    classification:
      purpose: not_marketing
      calls_allowed_by: not_marketing
      decided_by: Veckans chef
      decided_on: 2026-01-15
    price: {{currency: SEK, per_call: 0.10, per_minute: 0.45}}
    ceiling: {{per_day: {per_day}, whole: 1000000}}
"""
_SURVEY: Final = """
key: week
title: After a handled case
purpose: {sv: hur vi har hanterat ditt ärende, en: how we handled your case}
minutes: 1
tries: 2
when_unanswered: skip
questions:
  - key: satisfaction
    kind: csat
    scale: {lowest: 1, highest: 5, direction: high_is_good}
    prompt: {sv: "Hur nöjd, från 1 till 5?", en: "How satisfied, from 1 to 5?"}
  - key: solved
    kind: csat
    scale: {lowest: 1, highest: 5, direction: high_is_good}
    prompt: {sv: "Hur väl löst, från 1 till 5?", en: "How well solved, from 1 to 5?"}
"""


@dataclass(frozen=True, slots=True)
class LineCarries:
    """How many calls the week's line begins in a second, and has at a time."""

    per_second: int = 3
    at_a_time: int = 150


class Country(Enum):
    """Where a number is at home: its first digits, how many follow, its clock, its holidays."""

    SE = ("+4670", 7, STOCKHOLM, EASTER)
    FI = ("+35840", 7, HELSINKI, EASTER)
    NO = ("+4740", 6, OSLO, (date(2026, 4, 2), *EASTER))

    def may_ring(self, at: datetime) -> bool:
        """Whether a telephone there may ring at that moment, told without the product's code."""
        local = at.astimezone(self.value[2])
        # The organisation's own holidays are free of calls everywhere.
        if local.date() in {*self.value[3], *Country.SE.value[3], BLOCKED}:
            return False
        opens, closes = WORKDAY if local.weekday() < 5 else WEEKEND
        return opens <= local.hour < closes


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a telephone and one case, or two."""

    number: str
    country: Country
    cases: tuple[str, ...]
    # When the file with the cases comes.
    told_at: datetime


def people(count: int, *, seed: int) -> list[Person]:
    """As many people, each with a number of their own; one in fifty has two cases."""
    chance = random.Random(seed)
    found: list[Person] = []
    for index in range(count):
        country = chance.choices(list(Country), weights=[80, 12, 8])[0]
        prefix, digits = country.value[0], country.value[1]
        number = f"{prefix}{index * 97 % 10**digits:0{digits}d}"
        cases = (
            (f"case-{index}", f"case-{index}-b") if chance.random() < 0.02 else (f"case-{index}",)
        )
        (told_at,) = chance.choices(list(FILES), weights=list(FILES.values()))
        found.append(Person(number, country, cases, told_at))
    return found


def write_cases(path: Path, everybody: list[Person]) -> Path:
    """The operator's file of these people: what was closed in the two hours before it comes."""
    with path.open("w", encoding="utf-8") as file:
        file.write("case_reference,phone,email,name,locale,channel,reason,team,happened_at\n")
        for index, one in enumerate(everybody):
            for case in one.cases:
                happened_at = one.told_at - timedelta(hours=1, seconds=1 + index % 3_500)
                file.write(
                    f"{case},{one.number},k{one.number[1:]}@example.com,Kund {index},sv,phone,loan,"
                    f"team {index % 7},{happened_at.isoformat()}\n"
                )
    return path


def prepare(folder: Path, *, ceiling_of_day: int, line: LineCarries, share: int) -> None:
    """Apply the organisation and its survey to the open house."""
    shutil.copytree(ROOT / "config" / "prompts", folder / "prompts")
    for name in ("organisations", "surveys"):
        (folder / name).mkdir()
    filled = _FILE.format(
        per_second=line.per_second,
        at_a_time=line.at_a_time,
        per_day=ceiling_of_day,
        share=share,
    )
    (folder / "organisations" / "the-week.yaml").write_text(filled, "utf-8")
    (folder / "surveys" / "week.yaml").write_text(_SURVEY, "utf-8")
    with transaction() as session:
        organisations.apply(
            session, load_configuration(folder), keyring=house().keyring, now=BEGINS
        )


def import_cases(path: Path, *, now: datetime) -> None:
    """Import the file as the operator does."""
    report = import_file(house(), path, organisation=ORGANISATION, campaign=CAMPAIGN, now=now)
    assert report.faulty == 0, report


def wind(opened: House, now: Callable[[], datetime]) -> None:
    """Have the database's own clock, by which lines are paced, show `now()` from here on."""
    if opened.database.is_sqlite:
        _wind_sqlite(opened.database, now)
    else:
        _wind_postgresql(opened.database, now)


def _wind_sqlite(database: Database, now: Callable[[], datetime]) -> None:
    def strftime(_format: str, _now: str, later: str) -> str:
        at = now() + timedelta(seconds=int(later.split()[0]))
        return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"

    def connected(connection: Any, _record: object) -> None:
        connection.create_function("strftime", 3, strftime)

    event.listen(database.engine, "connect", connected)
    database.engine.dispose()


def _wind_postgresql(database: Database, now: Callable[[], datetime]) -> None:
    """A function of the same name that is found before the server's own."""
    with database.engine.begin() as connection:
        for statement in (
            "CREATE SCHEMA wound",
            "CREATE FUNCTION wound.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE "
            "AS $$ SELECT current_setting('wound.now')::timestamptz $$",
            f"ALTER DATABASE {database.url.database} SET search_path = wound, public, pg_catalog",
        ):
            connection.exec_driver_sql(statement)

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(f"SET LOCAL wound.now = '{now().isoformat()}'")

    event.listen(database.engine, "begin", begun)
    database.engine.dispose()
