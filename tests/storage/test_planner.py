"""SQLite finds few rows by what tells them apart, not by whose they are."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Select, literal_column, select
from sqlalchemy.dialects import sqlite

from storage import schema
from storage.database import Database
from storage.restrictions import frozen_customers
from storage.states import AttemptState
from storage.tables import (
    Answer,
    Attempt,
    CallEvent,
    Comment,
    Customer,
    Interaction,
    Invitation,
    Recording,
    Restriction,
)


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Database]:
    """An empty SQLite database, migrated twice as after an update."""
    database = Database(f"sqlite:///{tmp_path}/x.db")
    schema.upgrade(database)
    schema.upgrade(database)
    yield database
    database.close()


ORGANISATION, ITEM = uuid4(), uuid4()
MANY = [uuid4() for _ in range(64)]


@pytest.mark.parametrize(
    ("wanted", "by"),
    [
        (select(Answer.id).where(Answer.response_id == ITEM), Answer.organisation_id),
        (select(Comment.id).where(Comment.response_id == ITEM), Comment.organisation_id),
        (select(CallEvent.id).where(CallEvent.call_id == ITEM), CallEvent.organisation_id),
        (select(Recording.id).where(Recording.call_id == ITEM), Recording.organisation_id),
        # Several at once, where an index of the organisation and more stands beside the ids.
        (select(Customer.phone_hash).where(Customer.id.in_(MANY)), Customer.organisation_id),
        (select(Interaction.channel).where(Interaction.id.in_(MANY)), Interaction.organisation_id),
    ],
    ids=["answers", "comments", "events", "recordings", "customers", "interactions"],
)
def test_naming_the_organisation_does_not_have_all_its_rows_read(
    migrated: Database, wanted: Select[Any], by: Any
) -> None:
    plan = plan_of(migrated, wanted.where(by == ORGANISATION))

    assert "organisation_id=?" not in plan
    assert "SEARCH" in plan


def test_a_state_that_most_rows_have_is_the_last_thing_to_look_by(migrated: Database) -> None:
    query = select(Attempt.disposition).where(
        Attempt.organisation_id == ORGANISATION,
        Attempt.invitation_id.in_(MANY),
        Attempt.state == AttemptState.ENDED,
    )

    assert "(invitation_id=?)" in plan_of(migrated, query)


def test_cases_of_a_file_are_looked_up_by_their_references_and_not_in_all_the_campaign(
    migrated: Database,
) -> None:
    query = (
        select(Interaction.case_hash, Invitation.id)
        .join(Invitation, Invitation.interaction_id == Interaction.id)
        .where(
            Interaction.organisation_id == ORGANISATION,
            Interaction.case_hash.in_([literal_column(f"x'{one.hex}'") for one in MANY]),
            Invitation.campaign_id == ITEM,
        )
    )

    plan = plan_of(migrated, query)

    assert "(organisation_id=? AND case_hash=?)" in plan
    assert "(campaign_id=?)" not in plan


def test_who_is_frozen_is_looked_up_from_the_few_restrictions(migrated: Database) -> None:
    query = select(Customer.id).where(
        Customer.organisation_id == ORGANISATION,
        Customer.id.in_(MANY),
        Customer.id.in_(frozen_customers(Restriction.organisation_id == ORGANISATION)),
    )

    plan = plan_of(migrated, query)

    assert "(organisation_id=? AND phone_hash=?)" in plan
    assert "phone_hash>?" not in plan
    assert "email_hash>?" not in plan


def plan_of(database: Database, wanted: Select[Any]) -> str:
    """How SQLite would find it."""
    query = str(
        wanted.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[arg-type]
    )
    with database.reading() as session:
        return str(session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all())
