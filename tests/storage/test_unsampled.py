"""No value of a person gets into what PostgreSQL's planner keeps of its columns."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import LargeBinary, MetaData, String, inspect, select, text, update

from privacy.data_map import Place, can_hold_text, columns
from privacy.data_map_tables import TABLES
from storage import schema
from storage.columns import PASSING, EnumText
from storage.database import Database
from storage.forgotten_names import columns_bearing
from storage.house import House, transaction
from storage.keyring import WrappedKey
from storage.ledger_rows import LedgerRow
from storage.tables import Customer, Interaction, Row
from storage.unsampled import PLAIN, is_looked_up_by, tell, unsampled
from storage.upgrading import Sealing
from tests.rows import NOON, add, make_customer, make_organisation

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
NOT_OF_A_PERSON = {"data_keys.master", "about.master", "about_ledger.master"}
"""A master key's fingerprint."""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Migrated, and empty."""
    opened = Database(database_url)
    yield opened
    opened.close()


def personal() -> set[str]:
    """Every column of the data map that holds words, bytes or a document of a person."""
    return {
        one.name
        for one in columns(TABLES)
        if isinstance(one, Place)
        and can_hold_text(Row.metadata.tables[one.name.split(".")[0]].c[one.name.split(".")[1]])
    }


def sampled(database: Database) -> set[str]:
    """The columns of which the server keeps values."""
    there = (
        "SELECT attrelid::regclass || '.' || attname FROM pg_attribute a JOIN pg_class c "
        "ON c.oid = attrelid WHERE relkind = 'r' AND attnum > 0 AND NOT attisdropped "
        "AND relnamespace = 'public'::regnamespace AND attstattarget IS DISTINCT FROM 0"
    )
    with database.engine.connect() as connection:
        return set(connection.scalars(text(there)))


def kept(database: Database) -> set[str]:
    """The columns of which values lie in the statistics."""
    there = (
        "SELECT tablename || '.' || attname FROM pg_stats WHERE schemaname = 'public' "
        "AND (most_common_vals IS NOT NULL OR histogram_bounds IS NOT NULL)"
    )
    with database.engine.connect() as connection:
        return set(connection.scalars(text(there)))


def analyse(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def names(metadata: MetaData) -> set[str]:
    return {f"{one.table.name}.{one.name}" for one in unsampled(metadata)}


def test_what_the_data_map_calls_personal_is_not_sampled(database: Database) -> None:
    assert personal() & sampled(database) == set()
    assert names(Row.metadata) == personal()
    # Ids, states and moments are: they choose the plans.
    assert {"customers.id", "invitations.state", "interactions.created_at"} <= sampled(database)


def test_of_keyring_and_ledger_nothing_that_holds_bytes_or_words_is_sampled(
    database: Database,
) -> None:
    for metadata in (WrappedKey.metadata, LedgerRow.metadata):
        with database.engine.begin() as connection:
            metadata.create_all(connection)
            tell(connection, metadata)
        wanted = {
            f"{table.name}.{column.name}"
            for table in metadata.sorted_tables
            for column in table.columns
            if isinstance(column.type, LargeBinary | String)
            and not isinstance(column.type, EnumText)
        } - NOT_OF_A_PERSON
        assert wanted & sampled(database) == set()
        assert names(metadata) == wanted


def test_every_column_named_is_there(database: Database) -> None:
    known = {*Row.metadata.tables, *WrappedKey.metadata.tables, *LedgerRow.metadata.tables}
    assert set(PLAIN) <= known
    there = set(inspect(database.engine).get_table_names())
    assert set(Row.metadata.tables) <= there


def test_what_was_sampled_before_the_update_is_dropped_with_it(
    house: House, database: Database
) -> None:
    schema.downgrade(database, "0039")
    organisation = make_organisation()
    for at in range(4):
        customer = make_customer(organisation, phone=f"+4670174061{at}", name=f"Zqx {at}")
        add(
            Interaction(
                organisation_id=organisation.id, customer_id=customer.id, reason=f"zqx {at % 2}",
                happened_at=NOON, created_at=NOON,
            )
        )  # fmt: skip
    analyse(database)
    assert {"customers.phone_hash", "customers.name_sealed", "interactions.reason"} <= kept(
        database
    )
    files = text("SELECT array_agg(pg_relation_filenode(oid) ORDER BY oid) FROM pg_class "
                 "WHERE relname IN ('customers', 'interactions')")  # fmt: skip
    with database.engine.connect() as connection:
        before = connection.scalar(files)

    schema.upgrade(database, sealing=Sealing(house.keyring, lambda *_: None))

    assert kept(database) & personal() == set()
    analyse(database)
    assert kept(database) & personal() == set()
    assert "customers.id" in kept(database)
    with database.engine.connect() as connection:
        assert connection.scalar(files) == before  # nothing was written anew
    with transaction() as session:
        # There is no way back for names that only the keyring knows.
        for column in columns_bearing(PASSING):
            session.execute(update(column.table).values({column.name: None}))
    schema.downgrade(database, "0039")
    assert personal() & columns_there(database) <= sampled(database)
    schema.upgrade(database)


def columns_there(database: Database) -> set[str]:
    """Every column that the database has, at whichever revision it is."""
    there = inspect(database.engine)
    return {
        f"{one}.{named['name']}"
        for one in there.get_table_names()
        for named in there.get_columns(one)
    }


def test_a_server_that_cannot_be_told_goes_on_counting_what_it_finds_rows_by(
    database_url: str, database: Database
) -> None:
    schema.downgrade(database, "0039")
    found_by = {
        f"{one.table.name}.{one.name}" for one in unsampled(Row.metadata) if is_looked_up_by(one)
    }
    older = Database(database_url, pooled=False)
    with older.engine.begin() as connection:
        connection.dialect.server_version_info = (17, 2)
        tell(connection, Row.metadata)

    assert sampled(database) & personal() == found_by & columns_there(database)
    schema.upgrade(database)
    assert sampled(database) & personal() == set()


def test_somebody_is_looked_up_by_the_index_without_a_sample(
    house: House, database: Database
) -> None:
    organisation = make_organisation()
    customers = text(
        "INSERT INTO customers (id, organisation_id, phone_hash, minor, created_at, "
        "last_interaction_at) SELECT gen_random_uuid(), :id, sha256(n::text::bytea), false, now(), "
        "now() FROM generate_series(1, 20000) n"
    )
    interactions = text(
        "INSERT INTO interactions (id, organisation_id, customer_id, happened_at, created_at) "
        "SELECT gen_random_uuid(), organisation_id, id, now(), now() FROM customers"
    )
    with database.engine.begin() as connection:
        connection.execute(customers, {"id": organisation.id})
        connection.execute(interactions)
    analyse(database)
    hashes = ", ".join(f"'\\x{uuid4().hex * 2}'" for _ in range(50))
    asked = (
        select(Interaction.id)
        .join(Customer, Customer.id == Interaction.customer_id)
        .where(
            Customer.organisation_id == organisation.id,
            Customer.phone_hash.in_(text(hashes)),
        )
    )

    with database.engine.connect() as connection:
        written = asked.compile(connection, compile_kwargs={"literal_binds": True})
        plan = "\n".join(line for (line,) in connection.exec_driver_sql(f"EXPLAIN {written}"))

    assert "uq_customers_organisation_id_phone_hash" in plan
    assert "Seq Scan" not in plan
