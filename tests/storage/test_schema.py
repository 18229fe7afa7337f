"""Migrations lead to the tables in code, there and back, and refuse what is newer."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import column, create_engine, inspect, select, table, text

from storage import policies, schema
from storage.database import Database
from storage.listening_words import Act
from storage.policy_states import PolicyState
from storage.tables import Listening, Organisation
from tests.rows import NOON


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/x.db")
    else:
        server = request.getfixturevalue("postgresql_url")
        name = f"e{uuid4().hex}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        database = Database(server.replace("/postgres?", f"/{name}?", 1))
    yield database
    database.close()


def test_migrating_there_and_back_and_there_leads_to_the_tables_in_code(empty: Database) -> None:
    schema.upgrade(empty)
    schema.downgrade(empty)
    assert set(inspect(empty.engine).get_table_names()) <= {"alembic_version"}
    schema.upgrade(empty)

    assert schema.differences(empty) == []
    schema.check(empty)


def test_the_retention_that_was_applied_before_there_were_versions_is_the_first(
    empty: Database,
) -> None:
    schema.upgrade(empty)
    schema.downgrade(empty, "0018")
    present = Organisation.metadata.tables["organisations"]
    row = {
        "id": uuid4(), "key": "o", "name": "O", "country": "SE", "timezone": "Europe/Stockholm",
        "document": {"retention": [{"class": "answers"}]}, "applied_at": NOON,
    }  # fmt: skip
    old = table("organisations", *(column(name, present.c[name].type) for name in row))
    with empty.transaction() as session:
        session.execute(old.insert().values(row))

    schema.upgrade(empty)

    with empty.reading() as session:
        owner = session.scalars(select(Organisation)).one()
        (first,) = policies.history(session, owner)
    assert (owner.policy_number, first.number, first.state) == (1, 1, PolicyState.IN_FORCE)
    assert (first.rules, first.proposed_at) == ([{"class": "answers"}], NOON)


def test_a_listening_of_before_is_one_to_sound_for_nobody_knows_what(empty: Database) -> None:
    schema.upgrade(empty)
    schema.downgrade(empty, "0033")
    present, one = Organisation.metadata.tables, uuid4()
    rows: dict[str, dict[str, Any]] = {
        "organisations": {
            "id": one, "key": "o", "name": "O", "country": "SE", "timezone": "Europe/Stockholm",
            "document": {}, "applied_at": NOON, "policy_number": 0,
        },
        "listenings": {
            "id": one, "organisation_id": one, "recording_id": one, "sitting_id": one,
            "listened_at": NOON,
        },
    }  # fmt: skip
    with empty.transaction() as session:
        for name, row in rows.items():
            types = present[name].c
            old = table(name, *(column(c, types[_now(c)].type) for c in row))
            session.execute(old.insert().values(row))

    schema.upgrade(empty)

    with empty.reading() as session:
        line = session.scalars(select(Listening)).one()
    assert (line.item_id, line.act, line.purpose) == (one, Act.HEARD, None)


def _now(name: str) -> str:
    return "item_id" if name == "recording_id" else name


def test_a_database_that_waits_for_migrations_is_named_with_the_command(empty: Database) -> None:
    with pytest.raises(schema.DatabaseTooOldError, match="flask storage migrate"):
        schema.check(empty)


def test_a_database_of_a_newer_version_is_refused_and_left_alone(empty: Database) -> None:
    schema.upgrade(empty)
    with empty.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(schema.DatabaseTooNewError, match="revision 9999"):
        schema.check(empty)
    with pytest.raises(schema.DatabaseTooNewError, match="Nothing was changed"):
        schema.upgrade(empty)


def test_the_check_program_finds_a_table_without_a_migration(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    code = (
        "import sys, sqlalchemy as sa; from storage.tables import Row;"
        "sa.Table('forgotten', Row.metadata, sa.Column('id', sa.Integer, primary_key=True));"
        "from tools.check_migrations import main; sys.exit(main())"
    )

    checked = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)

    assert checked.returncode == 1
    assert "forgotten" in checked.stdout
