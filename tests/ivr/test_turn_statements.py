"""What a turn asks of the database: a statement more is noticed here and not in a slow call."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from storage.house import House

Telephone = Any

_STATEMENT = re.compile(
    r"(?P<verb>select|insert|update|delete)\b(?:.*?\b(?:from|into))?\s+(?P<table>\w+)",
    re.IGNORECASE | re.DOTALL,
)
_HELD = ["select calls", "select invitations"]


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """Each statement's verb and first table, in order; beginning and committing are not counted."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words = _STATEMENT.match(statement)
        if words is not None:
            found.append(f"{words['verb'].lower()} {words['table']}")

    engine = house.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_the_first_answer_takes_seven_statements(telephone: Telephone, house: House) -> None:
    telephone.invite()
    call = telephone.ring().answer()

    with statements(house) as asked:
        call.press("5")

    begun = ["insert responses", "insert invitation_events"]
    assert asked == [*_HELD, *begun, "insert answers", "update calls", "insert call_events"]


def test_a_further_answer_takes_five(telephone: Telephone, house: House) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("5")

    with statements(house) as asked:
        call.press("9")

    assert asked == [*_HELD, "insert answers", "update calls", "insert call_events"]


def test_the_last_turn_takes_six(telephone: Telephone, house: House) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("5").press("9")

    with statements(house) as asked:
        call.press("2")

    passed = ["insert call_events", "update responses", "update calls", "insert call_events"]
    assert asked == [*_HELD, *passed]


def test_a_repeat_takes_three_and_changes_no_row_but_its_own(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("5")

    with statements(house) as asked:
        call.press("5", visit=0)

    assert asked == [*_HELD, "insert call_events"]


def test_a_wrong_key_takes_five(telephone: Telephone, house: House) -> None:
    telephone.invite()
    call = telephone.ring().answer()

    with statements(house) as asked:
        call.press("8")

    assert asked == [*_HELD, "insert call_events", "update calls", "insert call_events"]
