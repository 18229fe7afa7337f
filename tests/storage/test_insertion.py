"""Rows that may be there already are written once, one by one and many at a time."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from storage.house import House, reading, transaction
from storage.insertion import insert_missing
from storage.states import CampaignState
from storage.tables import Alarm, Campaign, Interaction
from tests.rows import make_campaign, make_customer, make_organisation

NOW = datetime(2026, 3, 10, 10, tzinfo=UTC)


def case(
    organisation_id: UUID, customer_id: UUID, reference: str, **changed: Any
) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "organisation_id": organisation_id,
        "customer_id": customer_id,
        "case_hash": reference.encode(),
        "channel": None,
        "reason": "lån; “citat”, {klammer}, \\bak, NULL",
        "happened_at": NOW,
        "created_at": NOW,
    } | changed


@pytest.mark.usefixtures("house")
def test_of_many_rows_those_that_are_there_already_are_left_out_and_stay_as_they_are() -> None:
    organisation = make_organisation()
    person = make_customer(organisation)

    with transaction() as session:
        insert_missing(session, Interaction, [case(organisation.id, person.id, "A")])
        rows = [case(organisation.id, person.id, one, reason="new") for one in ("C", "A", "B", "C")]
        insert_missing(session, Interaction, rows)

    with reading() as session:
        found = session.scalars(select(Interaction).order_by(Interaction.case_hash)).all()
    assert [one.case_hash for one in found] == [b"A", b"B", b"C"]
    assert found[0].reason == "lån; “citat”, {klammer}, \\bak, NULL"
    assert [one.channel for one in found] == [None, None, None]
    assert found[2].id == rows[0]["id"]


@pytest.mark.usefixtures("house")
def test_defaults_apply_to_columns_that_no_row_names() -> None:
    rows = [{"kind": "one", "raised_at": NOW}, {"kind": "two", "raised_at": NOW}]

    with transaction() as session:
        insert_missing(session, Alarm, rows)

    with reading() as session:
        alarms = session.scalars(select(Alarm).order_by(Alarm.kind)).all()
    assert [(one.kind, one.subject, one.cleared_at) for one in alarms] == [
        ("one", "", None),
        ("two", "", None),
    ]
    assert len({one.id for one in alarms}) == 2


@pytest.mark.usefixtures("house")
def test_many_rows_with_documents_and_states_are_read_back_as_they_were() -> None:
    organisation = make_organisation()
    known = make_campaign(organisation)
    rows = [
        {
            "organisation_id": organisation.id,
            "key": key,
            "survey_version_id": known.survey_version_id,
            "line_id": known.line_id,
            "state": CampaignState.PAUSED,
            "rules": {"delay": "1 hour", "list": [1, None, "två"]},
        }
        for key in ("x", "y")
    ]

    with transaction() as session:
        insert_missing(session, Campaign, rows)

    with reading() as session:
        found = session.scalars(select(Campaign).where(Campaign.key.in_(["x", "y"]))).all()
    assert [(one.state, one.rules) for one in found] == 2 * [
        (CampaignState.PAUSED, {"delay": "1 hour", "list": [1, None, "två"]})
    ]


def test_nothing_to_write_is_no_statement(house: House) -> None:
    with transaction() as session:
        insert_missing(session, Interaction, [])

        assert not session.in_transaction()
