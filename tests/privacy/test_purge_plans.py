"""How the databases find what is due: a batch costs the same however many rows there are."""

import pytest

from privacy.kinds import LOOSE_CUSTOMERS, LOOSE_INTERACTIONS, Kind
from storage.house import House, reading


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
