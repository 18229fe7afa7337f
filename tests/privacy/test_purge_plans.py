"""How the databases find what is due: a batch costs the same however many rows there are."""

from uuid import UUID

import pytest
from sqlalchemy import text

from privacy.kinds import LOOSE_CUSTOMERS, LOOSE_INTERACTIONS, Kind
from privacy.log_kinds import BY_COLLECTION
from storage.house import House, reading
from storage.tables import Case
from tests.rows import NOON


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "kind", [LOOSE_INTERACTIONS, LOOSE_CUSTOMERS], ids=lambda one: one.counted_as
)
def test_what_nothing_hangs_on_is_asked_row_by_row_and_not_joined_anew_for_each_batch(
    house: House, kind: Kind
) -> None:
    with reading() as session:
        connection = session.connection()
        asked = kind.rows().compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(line for (line,) in connection.exec_driver_sql(f"EXPLAIN {asked}"))

    assert "SubPlan" in plan
    assert "Join" not in plan


@pytest.mark.parametrize("kind", BY_COLLECTION.values(), ids=lambda one: one.counted_as)
def test_cases_by_collection_are_found_by_the_index_of_their_clock(
    house: House, kind: Kind
) -> None:
    mine = Case.organisation_id == UUID(int=1)
    due = kind.rows().where(mine, kind.start <= NOON).order_by(kind.start, Case.id).limit(1_000)
    with reading() as session:
        connection = session.connection()
        explain = "EXPLAIN QUERY PLAN"
        if connection.dialect.name == "postgresql":
            # Of an empty table it would read all there is.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            explain = "EXPLAIN"
        asked = due.compile(connection, compile_kwargs={"literal_binds": True})
        plan = str(connection.exec_driver_sql(f"{explain} {asked}").all())

    assert "ix_cases_organisation_id_collected_at" in plan
