"""A name, number or address that was put right: the wrong one is told by no backup any more."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from messaging import rectifying
from messaging.rectifying import Correction
from privacy import request_steps, requests, restoring
from privacy.erasing import hands_of
from privacy.request_steps import WrongStepError
from storage import customer_ids, receipt_writing, sealing
from storage.house import House, house, open_house, reading, transaction, utc_now
from storage.ledger_check import check
from storage.receipts import What
from storage.request_states import Outcome, ProofWay, RequestChannel, RequestKind
from storage.tables import (
    Answer,
    Case,
    Customer,
    Interaction,
    Invitation,
    Organisation,
    Restriction,
    RightsRequest,
    Row,
)
from survey import restrictions
from survey.restrictions import Cause
from tests.privacy.backups import back_up, restore
from tests.privacy.test_nothing_to_read import raw_keys
from tests.privacy.traces import leave_traces, run
from tests.rows import NOON, make_organisation

FIELDS = ("name", "phone", "phone_as_given", "email")


def opens(customer: Customer) -> list[str]:
    """Which of the fields any key that an operator has opens, under the row's own id."""
    found = []
    for field in FIELDS:
        for key in raw_keys(house()).values():
            sealed = getattr(customer, f"{field}_sealed")
            if sealed is None:
                continue
            try:
                sealing.unseal(key, sealed, item=customer.id, kind=f"customer.{field}")
            except sealing.BrokenSealError:
                continue
            found.append(field)
    return found


def now_of(item: Any) -> Customer:
    with reading() as session:
        return session.get_one(Customer, customer_ids.known_as(session, item))


def ask(customer: Customer, kind: RequestKind = RequestKind.RECTIFICATION) -> RightsRequest:
    with transaction() as session:
        found = session.get_one(Customer, customer_ids.known_as(session, customer.id))
        request = requests.open_request(
            session, found, kind=kind, channel=RequestChannel.TELEPHONE, at=NOON
        )
        request_steps.prove(request, way=ProofWay.CALLED_BACK, at=NOON)
        request_steps.decide(session, request, outcome=Outcome.GRANTED, at=NOON)
    return request


def correct(customer: Customer, **right: str) -> None:
    asked = ask(customer)
    with transaction() as session:
        rectifying.correct(
            session, session.get_one(RightsRequest, asked.id), Correction(**right),
            keyring=house().keyring, now=utc_now(),
        )  # fmt: skip


def write_out() -> None:
    receipt_writing.write_out(ledger=house().ledger, keyring=house().keyring, now=utc_now())


def freeze(customer: Customer, cause: Cause) -> None:
    with transaction() as session:
        found = session.get_one(Customer, customer_ids.known_as(session, customer.id))
        restrictions.restrict(session, found, cause=cause, at=utc_now(), review_at=None)


@pytest.mark.parametrize("right", [{"name": "Åsa Ek"},
                                   {"phone": "+46701740606"}])  # fmt: skip
def test_no_key_that_is_left_opens_the_contact_of_an_older_backup(
    house: House, tmp_path: Path, right: dict[str, str]
) -> None:
    person = leave_traces(house)
    assert len(opens(person.customer)) == len(FIELDS)
    back_up(house, tmp_path / "backup")

    correct(person.customer, **right)
    correct(person.customer, name="Åsa Eks")
    write_out()

    now = now_of(person.customer.id)
    assert sorted(opens(now)) == sorted(FIELDS)
    assert house.keyring.open(now.id, "customer.name", now.name_sealed) == "Åsa Eks"
    lines = [json.loads(line.body) for line in house.ledger.lines(person.organisation.id)
             if line.what is What.CORRECTED]  # fmt: skip
    assert [(line["kind"], line["keys"]) for line in lines] == [("customers", 1)] * 2
    assert check(house.ledger, person.organisation.id, now=utc_now()) == []
    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)
    with reading() as session:
        there = session.get_one(Customer, person.customer.id)
    assert opens(there) == []
    restoring.check(hands=hands_of(opened), database=opened.database, now=utc_now())
    again = now_of(person.customer.id)
    assert (again.id, again.name_sealed, again.phone_sealed, again.phone_hash) == (
        now.id, None, None, None,
    )  # fmt: skip
    with reading() as session:
        # What was answered stays, of nobody known any more.
        assert session.scalars(select(Invitation.customer_id)).all() == [now.id]
        assert session.scalars(select(Answer.number)).all() == [9]


def test_everything_that_refers_to_the_person_still_does(house: House) -> None:
    person = leave_traces(house)
    freeze(person.customer, Cause.NEEDED_FOR_CLAIM)
    before = references()

    correct(person.customer, phone="+46701740606")

    old, new = person.customer.id, now_of(person.customer.id).id
    assert old != new
    assert references() == {
        table: [new if item == old else item for item in items] for table, items in before.items()
    } | {"rights_requests": [new]}
    with reading() as session:
        assert session.get(Customer, old) is None
    write_out()
    assert set(house.keyring.keys([old, new])) == {new}


def references() -> dict[str, list[Any]]:
    with reading() as session:
        return {
            table.name: list(session.scalars(select(table.c.customer_id)))
            for table in Row.metadata.sorted_tables
            if "customer_id" in table.columns
        }


def test_no_other_column_refers_to_a_customer() -> None:
    names = {
        column.name
        for table in Row.metadata.sorted_tables
        for column in table.columns
        if any(key.column.table is Customer.__table__ for key in column.foreign_keys)
    }
    assert names == {"customer_id"}
    assert {Interaction, Invitation, Case, Restriction} <= {
        mapper.class_ for mapper in Row.registry.mappers if hasattr(mapper.class_, "customer_id")
    }


def test_who_was_frozen_before_and_after_a_correction_is_frozen_after_a_restore(
    house: House, tmp_path: Path
) -> None:
    person = leave_traces(house)
    back_up(house, tmp_path / "backup")

    freeze(person.customer, Cause.NEEDED_FOR_CLAIM)
    correct(person.customer, name="Åsa Ek")
    freeze(person.customer, Cause.ACCURACY_DISPUTED)
    write_out()
    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)
    restoring.check(hands=hands_of(opened), database=opened.database, now=utc_now())

    now = now_of(person.customer.id)
    with reading() as session:
        assert {one.cause for one in restrictions.of_customer(session, now)} == {
            Cause.NEEDED_FOR_CLAIM, Cause.ACCURACY_DISPUTED,
        }  # fmt: skip


def test_the_corrected_person_goes_by_age_as_everybody(house: House) -> None:
    person = leave_traces(house)
    correct(person.customer, name="Åsa Ek")

    run(house, NOON + timedelta(days=700))

    with reading() as session:
        assert session.scalars(select(Customer)).all() == []
        owner = session.scalars(select(Organisation.id)).all()
    assert set(raw_keys(house)) <= {*owner} | set(requests_left())


def requests_left() -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(RightsRequest.id)))


def test_who_is_being_erased_is_not_corrected_meanwhile(house: House) -> None:
    customer = leave_traces(house, organisation=make_organisation()).customer
    ask(customer, RequestKind.ERASURE)

    with pytest.raises(WrongStepError, match="being erased"):
        correct(customer, name="Åsa Ek")
