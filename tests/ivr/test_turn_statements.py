"""What a turn asks of the database: a statement more is noticed here and not in a slow call."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import event

from storage.house import House

Telephone = Any
Journey = list[str]

_PART = re.compile(
    r"(?:^|[(]|[)] )(?P<verb>SELECT\b.*?\n|INSERT|UPDATE|DELETE)\s*(?:FROM|INTO)?\s+(?P<table>\w+)",
    re.DOTALL,
)
_WITHIN = re.compile(r"[(][^()]*[)]")


@contextmanager
def journeys(house: House) -> Iterator[list[Journey]]:
    """What the driver itself is given to do, by verb and first table; begin and commit are not."""
    found: list[Journey] = []

    def note(statement: str) -> None:
        if statement.startswith("SELECT"):
            # What it asks of other tables on the way to a value is not what it is about.
            while (outer := _WITHIN.sub("", statement)) != statement:
                statement = outer
        # A second SELECT within one statement is not another one.
        first, *more = [
            f"{one['verb'][:6].lower()} {one['table']}" for one in _PART.finditer(statement)
        ]
        found.append([first, *(one for one in more if not one.startswith("select"))])

    class Noting(psycopg.Cursor[Any]):
        def execute(self, query: Any, *rest: Any, **options: Any) -> Any:
            if _PART.search(str(query)):
                note(str(query))
            return super().execute(query, *rest, **options)

    def listen(connection: Any, *_: object) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = Noting
        else:
            connection.set_trace_callback(lambda text: _PART.match(text) and note(text))

    def leave(connection: Any, *_: object) -> None:
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = psycopg.Cursor
        else:
            connection.set_trace_callback(None)

    pool = house.database.engine.pool
    event.listen(pool, "checkout", listen)
    event.listen(pool, "checkin", leave)
    try:
        yield found
    finally:
        event.remove(pool, "checkout", listen)
        event.remove(pool, "checkin", leave)


def parts_of(asked: list[Journey]) -> list[str]:
    return [part for journey in asked for part in journey]


def test_the_first_answer_takes_seven_statements_of_which_five_wait_for_each_other(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    call = telephone.ring().answer()

    with journeys(house) as asked:
        call.press("5")

    begun = ["insert responses", "insert invitation_events", "insert invitation_events"]
    written = ["insert answers", "update calls", "insert call_events"]
    assert parts_of(asked) == ["select calls", *begun, *written]
    assert len(asked) == (7 if house.database.is_sqlite else 3)


def test_a_further_answer_takes_four_of_which_three_go_as_one(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("5")

    with journeys(house) as asked:
        call.press("9")

    written = ["insert answers", "update calls", "insert call_events"]
    assert parts_of(asked) == ["select calls", *written]
    assert len(asked) == (4 if house.database.is_sqlite else 2)


def test_the_last_turn_takes_six_of_which_five_go_as_one(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("5").press("9")

    with journeys(house) as asked:
        call.press("2")

    passed = ["insert call_events", "update quota_cells", "update responses"]
    written = ["update calls", "insert call_events"]
    assert parts_of(asked) == ["select calls", *passed, *written]
    assert len(asked) == (6 if house.database.is_sqlite else 2)


def test_a_repeat_takes_two_and_changes_no_row_but_its_own(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    call = telephone.ring().answer().press("5")

    with journeys(house) as asked:
        call.press("5", visit=0)

    assert asked == [["select calls"], ["insert call_events"]]


def test_a_wrong_key_takes_four(telephone: Telephone, house: House) -> None:
    telephone.invite()
    call = telephone.ring().answer()

    with journeys(house) as asked:
        call.press("8")

    written = ["insert call_events", "update calls", "insert call_events"]
    assert parts_of(asked) == ["select calls", *written]


def test_a_callback_of_a_call_on_its_way_takes_three_of_which_two_go_as_one(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    call = telephone.ring()
    call.status("initiated", 1)

    with journeys(house) as asked:
        call.status("ringing", 2)

    assert parts_of(asked) == ["select calls", "update calls", "insert call_events"]
    assert len(asked) == (3 if house.database.is_sqlite else 2)


def test_the_same_callback_again_changes_no_row_but_its_own(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    call = telephone.ring()
    call.status("initiated", 1)
    call.status("ringing", 2)

    with journeys(house) as asked:
        call.status("ringing", 2)
        call.status("initiated", 1)  # late

    assert asked == [["select calls"], ["insert call_events"]] * 2


def test_the_end_of_a_call_that_nobody_answered_is_read_in_two_statements_and_written_as_one(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    call = telephone.ring()
    call.status("ringing", 2)

    with journeys(house) as asked:
        call.status("no-answer", 3)

    call_and_copy = ["update calls", "update provider_copies", "update attempts"]
    money = ["insert invitation_events", "insert spendings"]
    written = [*call_and_copy, *money, "update invitations"]
    assert parts_of(asked) == ["select calls", "select attempts", *written, "insert call_events"]
    assert len(asked) == (9 if house.database.is_sqlite else 3)


def test_the_first_document_is_made_of_three_looks_and_two_writes(
    telephone: Telephone, house: House
) -> None:
    telephone.invite()
    telephone.ring().answer()  # the survey is read once
    telephone.invite("case-2", phone="+46701740606")
    call = telephone.ring()
    call.status("ringing", 2)

    with journeys(house) as asked:
        call.answer()

    looks = ["select calls", "select responses", "select calls"]
    assert parts_of(asked) == [*looks, "update calls", "update invitations"]
    assert len(asked) == (5 if house.database.is_sqlite else 4)
