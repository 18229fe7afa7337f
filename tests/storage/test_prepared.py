"""Prepared statements: the same transaction, types, order and errors as everything else."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from storage.house import House, once_more, reading, transaction
from storage.insertion import insert_later, insert_new
from storage.prepared import Prepared
from storage.states import CallState
from storage.tables import Alarm, Call, CallEvent
from tests.rows import make_organisation

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)
MOVE = Prepared(update(Call).where(Call.token == bindparam("called")), sets=("state", "flow"))
LOOK = Prepared(
    select(Call.id, Call.state, Call.flow, Call.started_at, Call.ended_at).where(
        Call.token == bindparam("called")
    )
)


def call(organisation_id: UUID, **changed: Any) -> dict[str, Any]:
    return {"organisation_id": organisation_id, "token": "t", "started_at": NOW} | changed


@pytest.fixture
def owner(house: House) -> UUID:
    return make_organisation().id


@pytest.mark.parametrize("flow", [{"visit": 1, "says": ["å", None]}, None])
def test_values_come_back_as_what_they_were(owner: UUID, flow: dict[str, Any] | None) -> None:
    with transaction() as session:
        made = insert_new(session, Call, call(owner))
        MOVE.write(session, {"called": "t", "state": CallState.RINGING, "flow": flow})

        assert LOOK.rows(session, {"called": "t"}) == [(made, CallState.RINGING, flow, NOW, None)]
        assert LOOK.rows(session, {"called": "nobody"}) == []


def test_what_waits_is_written_before_the_session_asks(owner: UUID) -> None:
    with transaction() as session:
        insert_new(session, Call, call(owner))
        MOVE.write(session, {"called": "t", "state": CallState.BUSY, "flow": None})

        assert session.scalars(select(Call.state)).one() is CallState.BUSY


def test_of_two_changes_of_a_table_the_later_stands(owner: UUID) -> None:
    with transaction() as session:
        insert_new(session, Call, call(owner))
        MOVE.write(session, {"called": "t", "state": CallState.BUSY, "flow": None})
        MOVE.write(session, {"called": "t", "state": CallState.FAILED, "flow": None})

    with reading() as session:
        assert session.scalars(select(Call.state)).one() is CallState.FAILED


def test_a_new_row_tells_its_id_also_after_others_told_none(owner: UUID) -> None:
    with transaction() as session:
        told = {"organisation_id": owner, "kind": "first", "dedup_key": "a", "facts": {}}
        made = insert_new(session, Call, call(owner))
        insert_later(session, CallEvent, told | {"call_id": made, "happened_at": NOW}, apart="kind")

        another = told | {"call_id": made, "kind": "second", "dedup_key": "b", "happened_at": NOW}
        assert insert_new(session, CallEvent, another) is not None


def test_of_two_rows_for_one_place_the_first_stands(owner: UUID) -> None:
    with transaction() as session:
        made = insert_new(session, Call, call(owner))
        for kind, key in (("first", "a"), ("second", "a"), ("third", "b")):
            event = {"organisation_id": owner, "call_id": made, "kind": kind, "dedup_key": key,
                     "facts": {}, "happened_at": NOW}  # fmt: skip
            insert_later(session, CallEvent, event, apart="dedup_key")

    with reading() as session:
        kinds = session.scalars(select(CallEvent.kind).order_by(CallEvent.kind)).all()
    assert kinds == ["first", "third"]


def test_a_row_that_is_there_already_is_told_by_none(owner: UUID) -> None:
    with transaction() as session:
        assert insert_new(session, Call, call(owner)) is not None
        assert insert_new(session, Call, call(owner)) is None


def test_what_waits_and_cannot_be_written_undoes_the_whole_and_nothing_after(
    house: House, owner: UUID
) -> None:
    nobody = UUID(int=1)
    event = {"organisation_id": owner, "call_id": nobody, "kind": "k", "dedup_key": "d",
             "facts": {"said": "secret"}, "happened_at": NOW}  # fmt: skip

    with pytest.raises(IntegrityError) as raised, transaction() as session:
        insert_new(session, Call, call(owner))
        insert_later(session, CallEvent, event, apart="dedup_key")

    assert "secret" not in str(raised.value.params) + str(raised.value.statement)
    with reading() as session:
        assert session.scalars(select(Call.id)).all() == []
    for _ in range(3):  # every connection of the pool is as good as before
        with transaction() as session:
            insert_later(session, Alarm, {"kind": "k", "raised_at": NOW}, apart="kind")
    with reading() as session:
        assert session.scalars(select(Alarm.kind)).all() == 3 * ["k"]


def test_what_waits_goes_with_a_transaction_that_raises(owner: UUID) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        insert_later(session, Alarm, {"kind": "lost", "raised_at": NOW}, apart="kind")
        raise ZeroDivisionError
    with transaction() as session:
        insert_later(session, Alarm, {"kind": "kept", "raised_at": NOW}, apart="kind")

    with reading() as session:
        assert session.scalars(select(Alarm.kind)).all() == ["kept"]


def test_a_connection_that_breaks_in_the_middle_is_survived(house: House, owner: UUID) -> None:
    if house.database.is_sqlite:
        pytest.skip("a file has no connection to break")
    rounds: list[int] = []

    def work(session: Session) -> None:
        rounds.append(1)
        insert_later(session, Alarm, {"kind": "k", "raised_at": NOW}, apart="kind")
        if len(rounds) == 1:
            mine = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with house.database.engine.begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
        LOOK.rows(session, {"called": "t"})

    once_more(work)

    assert len(rounds) == 2
    with reading() as session:
        assert session.scalars(select(Alarm.kind)).all() == ["k"]


def test_a_broken_connection_is_told_like_any_other(house: House, owner: UUID) -> None:
    if house.database.is_sqlite:
        pytest.skip("a file has no connection to break")

    with pytest.raises(DBAPIError) as raised, transaction() as session:
        mine = session.connection().exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with house.database.engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": mine})
        LOOK.rows(session, {"called": "t"})

    assert raised.value.connection_invalidated


@pytest.mark.usefixtures("house")
def test_a_statement_that_grows_with_its_values_is_refused() -> None:
    grows = Prepared(select(Call.id).where(Call.token.in_(["a", "b"])))

    with reading() as session, pytest.raises(TypeError, match="grows"):
        grows.rows(session, {})


def test_a_value_that_is_missing_is_not_taken_for_none(owner: UUID) -> None:
    with transaction() as session, pytest.raises(KeyError, match="called"):
        LOOK.rows(session, {})


def test_a_change_tells_how_many_rows_it_met(owner: UUID) -> None:
    with transaction() as session:
        insert_new(session, Call, call(owner))
        MOVE.write(session, {"called": "t", "state": CallState.RINGING, "flow": None})

        met = MOVE.change(session, {"called": "t", "state": CallState.BUSY, "flow": None})
        none = MOVE.change(session, {"called": "nobody", "state": CallState.BUSY, "flow": None})

        # After what had waited, and at once.
        assert session.scalars(select(Call.state)).one() is CallState.BUSY
    assert (met, none) == (1, 0)
