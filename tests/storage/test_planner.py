"""SQLite finds few rows by what tells them apart, not by whose they are."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Select, select
from sqlalchemy.dialects import sqlite

from storage import schema
from storage.database import Database
from storage.tables import Answer, CallEvent, Comment, Recording


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database, migrated twice as after an update."""
    database = Database(f"sqlite:///{tmp_path}/x.db")
    schema.upgrade(database)
    schema.upgrade(database)
    yield database
    database.close()


ORGANISATION, ITEM = uuid4(), uuid4()


@pytest.mark.parametrize(
    ("wanted", "by"),
    [
        (select(Answer.id).where(Answer.response_id == ITEM), Answer.organisation_id),
        (select(Comment.id).where(Comment.response_id == ITEM), Comment.organisation_id),
        (select(CallEvent.id).where(CallEvent.call_id == ITEM), CallEvent.organisation_id),
        (select(Recording.id).where(Recording.call_id == ITEM), Recording.organisation_id),
    ],
    ids=["answers", "comments", "events", "recordings"],
)
def test_naming_the_organisation_does_not_have_all_its_rows_read(
    migrated: Database, wanted: Select[tuple[object]], by: object
) -> None:
    query = str(
        wanted.where(by == ORGANISATION).compile(  # type: ignore[arg-type]
            dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
        )
    )

    with migrated.reading() as session:
        plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()

    assert "organisation_id=?" not in str(plan), plan
    assert "SEARCH" in str(plan), plan
