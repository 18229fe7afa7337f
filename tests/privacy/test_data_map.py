"""Every place that can hold something personal has a class and something that takes it away."""

from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Boolean, Column, Date, Integer, MetaData, String, Table, select
from sqlalchemy.types import TypeEngine

from privacy import data_map, erasing
from privacy.data_map import Place, Unmapped, columns
from privacy.data_map_facts import ANYWHERE, FACTS, OF_NOBODY
from privacy.data_map_tables import TABLES
from privacy.erasing import hands_of
from privacy.kinds import KINDS
from privacy.log_kinds import LOG_KINDS, OF_THE_HOUSE
from privacy.map_commands import table
from privacy.purge_roots import ROOTS
from privacy.shredders import SHREDDERS, Shredder
from storage.columns import EnumText, Utc
from storage.house import House, reading
from storage.matters import CaseKind
from storage.receipts import Receipt, What
from storage.states import TextWord
from storage.tables import Case, Consent, Customer, ReceivedText, RegisterResult, Row, ThrottleToken
from tests.privacy.traces import leave_traces
from tests.rows import NOON, add, make_call, sid

PAGE = Path(__file__).parents[2] / "docs/forgetting.md"
OF_PERSONS = [one for one in SHREDDERS if one.of_person is not None]


def test_no_column_is_left_out() -> None:
    assert [str(one) for one in columns(TABLES) if isinstance(one, Unmapped)] == []


def test_the_register_names_no_table_or_column_that_is_not_there() -> None:
    there = {t.name: {c.name for c in t.columns} for t in Row.metadata.sorted_tables}

    assert set(TABLES) == set(there)
    assert {*FACTS, *OF_NOBODY} <= set(there)
    for name, entry in TABLES.items():
        marked = {c.name for c in Row.metadata.tables[name].columns if c.info.get("personal")}
        personal = {*entry.plain, *FACTS.get(name, ())}
        assert personal | {*entry.impersonal, *OF_NOBODY.get(name, ())} <= there[name], name
        assert {*entry.emptied} <= personal | marked, name


def test_no_column_is_on_two_lists() -> None:
    for name, entry in TABLES.items():
        marked = [c.name for c in Row.metadata.tables[name].columns if c.info.get("personal")]
        of_nobody = [*entry.impersonal, *OF_NOBODY.get(name, ()), *ANYWHERE]
        named = Counter([*marked, *entry.plain, *FACTS.get(name, ()), *of_nobody])
        assert [column for column, times in named.items() if times > 1] == [], name


def test_each_personal_column_has_a_class_and_something_that_takes_it_away() -> None:
    for one in columns(TABLES):
        assert isinstance(one, Place), one
        assert one.data_class is not None, one
        assert one.taken_by, one


@pytest.mark.parametrize(
    "kind", [String(20), Integer(), Boolean(), Date(), Utc(), EnumText(CaseKind)]
)
def test_a_new_column_is_missed_on_the_register(
    kind: TypeEngine[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Grown:
        metadata = MetaData()

    Table("customers", Grown.metadata, Column("nickname", kind))
    monkeypatch.setattr(data_map, "Row", Grown)

    assert list(columns(TABLES)) == [Unmapped("customers", "nickname")]


def test_whatever_goes_by_age_goes_by_a_shredder_of_the_register() -> None:
    known = {(one.table, one.way) for one in SHREDDERS}

    for kind in (*KINDS, *LOG_KINDS, *OF_THE_HOUSE):
        assert (ROOTS.get(kind.table, kind.table), kind.way) in known, kind.counted_as


def test_the_page_holds_the_table_as_the_command_prints_it() -> None:
    assert "\n".join(table()) in PAGE.read_text("utf-8")


def test_each_shredder_has_a_name_and_a_description_of_its_own() -> None:
    assert len({one.name for one in SHREDDERS}) == len(SHREDDERS)
    assert all(one.description.endswith(".") for one in SHREDDERS)


def test_a_persons_shredders_together_leave_nothing_of_the_person(house: House) -> None:
    person = leave_traces(house)
    other = leave_traces(house, organisation=person.organisation)
    hashes = (person.customer.phone_hash, other.customer.phone_hash)
    for one in hashes:
        add(
            ThrottleToken(
                organisation_id=person.organisation.id, subject_hash=one,
                invitation_id=person.response.invitation_id, asked_at=NOON,
            ),
            RegisterResult(
                organisation_id=person.organisation.id, register_key="nix", subject_hash=one,
                listed=True, checked_at=NOON, expires_at=NOON,
            ),
            Consent(
                organisation_id=person.organisation.id, subject_hash=one, method="call",
                source="form", given_at=NOON,
            ),
            ReceivedText(
                organisation_id=person.organisation.id, subject_hash=one, provider_sid=sid("SM"),
                word=TextWord.STOP, received_at=NOON,
            ),
        )  # fmt: skip
    add(
        Case(
            organisation_id=person.organisation.id, customer_id=person.customer.id,
            interaction_id=uuid4(), kind=CaseKind.COMPLAINT, opened_at=NOON, collected_at=NOON,
        )
    )  # fmt: skip
    call = make_call(person.organisation.id)
    with house.database.transaction() as session:
        session.merge(call).caller_hash = hashes[0]

    for shredder in OF_PERSONS:
        shred(house, shredder, person.customer)

    with reading() as session:
        for mapper in Row.registry.mappers:
            ids = {getattr(row, "id", None) for row in session.query(mapper.class_)}
            assert not ids & {person.customer.id, person.response.id, *person.items, call.id}
            for column in mapper.local_table.columns:
                if column.info.get("hash"):
                    left = set(session.scalars(select(column)))
                    assert hashes[0] not in left, column
        assert session.get(Customer, other.customer.id) is not None
    assert set(house.keyring.keys(person.items)) == set()
    assert set(house.keyring.keys(other.items)) == set(other.items)
    assert list(house.blobs.items()) == [other.recording.id]


def shred(house: House, shredder: Shredder, customer: Customer) -> None:
    with reading() as session:
        roots = list(shredder.of_person(session, customer))  # type: ignore[misc]
    assert roots, shredder.name
    receipt = Receipt(what=What.ERASED, happened_at=NOON, organisation_id=customer.organisation_id)
    erasing.erase(receipt, shredder.table, roots, shredder.way, hands=hands_of(house), now=NOON)
