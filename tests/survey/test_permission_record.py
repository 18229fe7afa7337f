"""The record of a decision: small, free of persons, and enough to decide the same again."""

import dataclasses
import json
from random import Random
from typing import Any

import pytest

from survey.calling_hours import Window
from survey.hours_notation import read_week, week_in_words, write_week
from survey.permission import decide
from survey.permission_record import UnreadableRecordError, from_document, to_document
from survey.permission_terms import PermissionFacts
from tests.survey.some_facts import random_facts, random_week
from tests.survey.test_permission_moments import FACTS

NINE = Window(9 * 60, 20 * 60)


def test_what_was_written_decides_the_same_again() -> None:
    draw = Random(7)

    for _ in range(1_000):
        facts, now = random_facts(draw)
        stored = json.loads(json.dumps(to_document(facts)))
        again = decide(from_document(stored), now=now)

        assert dataclasses.replace(again, facts=facts) == decide(facts, now=now)
        assert to_document(from_document(stored)) == stored


def test_a_usual_decision_is_a_few_hundred_bytes() -> None:
    document = to_document(dataclasses.replace(FACTS, country="SE"))

    assert document == {
        "v": 1,
        "rules": 4,
        "zone": "Europe/Stockholm",
        "ground": "not_marketing",
        "signed": "2026-03-10",
        "due": "2026-03-10T10:00:00Z",
        "expires": "2026-05-09T10:00:00Z",
        "country": "SE",
        "hours": "1-5 09:00-20:00",
    }
    assert len(json.dumps(document)) < 250


def test_every_field_of_the_facts_is_in_the_record_when_it_is_unusual() -> None:
    draw, silent = Random(8), {field.name for field in dataclasses.fields(PermissionFacts)}

    for _ in range(500):
        facts, _now = random_facts(draw)
        # The retry rules are written only where an attempt has been made.
        usual = dataclasses.replace(FACTS, past=facts.past)
        for name in list(silent):
            start = FACTS if name == "past" else usual
            one = dataclasses.replace(start, **{name: getattr(facts, name)})
            if to_document(one) != to_document(start):
                silent.discard(name)

    assert silent == set()


@pytest.mark.parametrize(
    "changed",
    [
        {"v": 2},
        {"v": None},
        {"rules": None},
        {"zone": "Nowhere/Land"},
        {"hours": "every day"},
        {"due": "2026-03-10T10:00:00"},
        {"ground": "because"},
        {"objected": ["letters"]},
        {"phone": "+46701740605"},
        {"past": [["busy"]]},
        {"money": ["SEK", 1]},
        # Usual values are never written.
        {"has_number": True},
    ],
)
def test_a_record_that_was_never_written_so_is_not_read(changed: dict[str, Any]) -> None:
    document = to_document(FACTS) | changed

    with pytest.raises(UnreadableRecordError):
        from_document(document)


@pytest.mark.parametrize(
    ("week", "line", "words"),
    [
        ((*(5 * [(NINE,)]), (), ()), "1-5 09:00-20:00", "Monday to Friday 09:00-20:00"),
        ((7 * ((NINE,),)), "1-7 09:00-20:00", "Monday to Sunday 09:00-20:00"),
        (
            (
                *(4 * [(Window(540, 720), Window(780, 1020))]),
                (Window(540, 720), Window(780, 960)),
                (),
                (Window(720, 1440),),
            ),
            "1-4 09:00-12:00,13:00-17:00; 5 09:00-12:00,13:00-16:00; 7 12:00-24:00",
            "Monday to Thursday 09:00-12:00 and 13:00-17:00, Friday 09:00-12:00 and 13:00-16:00, "
            "Sunday 12:00-24:00",
        ),
    ],
)
def test_a_week_of_hours_is_one_short_line(week: Any, line: str, words: str) -> None:
    assert write_week(week) == line
    assert read_week(line) == week
    assert week_in_words(week) == words


def test_a_week_without_hours_is_no_line_and_never_in_words() -> None:
    assert write_week(((),) * 7) is None
    assert week_in_words(((),) * 7) == "never"


def test_every_week_is_read_back() -> None:
    draw = Random(9)

    for _ in range(500):
        week = random_week(draw)
        line = write_week(week)
        assert (read_week(line) if line else ((),) * 7) == week
