"""A prepared statement about a list finds what an ordinary one finds, however long the list."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import IntegrityError

from storage.house import House, reading, transaction
from storage.identity import new_id
from storage.insertion import insert_all
from storage.prepared import Prepared
from storage.prepared_lists import PreparedList
from storage.states import CallState
from storage.tables import Call
from tests.rows import make_organisation

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
LOOK = PreparedList(
    lambda items: select(Call.id, Call.state).where(
        Call.organisation_id == bindparam("owner"), Call.id.in_(items)
    ),
    of=Call.id.type,
)
END = PreparedList(
    lambda items: update(Call).where(Call.id.in_(items)).values(state=CallState.BUSY),
    of=Call.id.type,
)
MOVE = Prepared(update(Call).where(Call.id == bindparam("item")), sets=("state",))


@pytest.fixture
def owner(house: House) -> UUID:
    return make_organisation().id


def make_calls(owner: UUID, count: int) -> list[UUID]:
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "organisation_id": owner, "token": f"t{place}", "started_at": NOW}
        for place in range(count)
    ]
    with transaction() as session:
        insert_all(session, Call, rows)
    return [row["id"] for row in rows]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 513])
def test_as_many_are_found_as_are_asked_for(owner: UUID, count: int) -> None:
    made = make_calls(owner, count + 1)

    with reading() as session:
        found = LOOK.rows(session, {"owner": owner}, made[:count])

    assert sorted(item for item, _ in found) == sorted(made[:count])


def test_only_those_of_the_list_are_changed(owner: UUID) -> None:
    made = make_calls(owner, 4)

    with transaction() as session:
        END.write(session, {}, made[:3])
        states = dict(LOOK.rows(session, {"owner": owner}, made))

    assert [states[item] for item in made] == [CallState.BUSY] * 3 + [CallState.NEW]


def test_many_changes_are_written_with_each_its_own_values(owner: UUID) -> None:
    first, second = make_calls(owner, 2)

    with transaction() as session:
        MOVE.write_all(session, [])
        MOVE.write_all(
            session,
            [
                {"item": first, "state": CallState.RINGING},
                {"item": second, "state": CallState.FAILED},
            ],
        )

    with reading() as session:
        states = dict(LOOK.rows(session, {"owner": owner}, [first, second]))
    assert states == {first: CallState.RINGING, second: CallState.FAILED}


def test_of_many_rows_of_which_one_is_there_already_none_is_written(owner: UUID) -> None:
    (there,) = make_calls(owner, 1)
    rows = [
        {"id": item, "organisation_id": owner, "token": f"n{place}", "started_at": NOW}
        for place, item in enumerate([new_id(), there])
    ]

    with pytest.raises(IntegrityError), transaction() as session:
        insert_all(session, Call, rows)

    with reading() as session:
        assert session.scalar(text("SELECT count(*) FROM calls")) == 1
