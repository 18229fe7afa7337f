"""One person, known to two organisations, asks both to be forgotten: two answers, two ends."""

import pytest
from sqlalchemy import select

from config.retention_rules import DataClass
from privacy.person_erasure import NeededError
from storage.house import House, reading, transaction
from storage.ledger_check import check
from storage.matters import CaseState
from storage.request_states import RequestState
from storage.tables import Case, Customer, Organisation
from tests.messaging.test_erasing_a_person import (
    PERSONAL,
    ask,
    erase,
    ids_of,
    whole_life,
)
from tests.rows import NOON, RETENTION, make_organisation


def with_an_open_case(house: House, organisation: Organisation) -> Customer:
    """Somebody with everything, all under the same number, whose complaint is not closed."""
    customer = whole_life(house, organisation, cases=1)
    with transaction() as session:
        case = session.scalars(select(Case).where(Case.customer_id == customer.id)).one()
        case.state, case.closed_at = CaseState.OPEN, None
    return customer


def of(organisation: Organisation) -> dict[str, set[object]]:
    left = ids_of(organisation)
    return {table: set(left[table]) for table in PERSONAL}


def test_an_open_case_refuses_the_erasure_with_the_one_and_goes_with_it_at_the_other(
    house: House,
) -> None:
    extended = {DataClass.ANSWERS, DataClass.CONTACT_LOG, DataClass.COMPLAINTS}
    refuses = make_organisation(
        retention=[
            rule | ({"extended_by": ["open_matter"]} if rule["class"] in extended else {})
            for rule in RETENTION
        ]
    )
    silent = make_organisation()
    known_to_one, known_to_other = (
        with_an_open_case(house, organisation) for organisation in (refuses, silent)
    )
    before = of(refuses)
    requests = [ask(customer) for customer in (known_to_one, known_to_other)]
    # Nobody who reads the rows can tell that it is one person.
    assert known_to_one.phone_hash != known_to_other.phone_hash

    with pytest.raises(NeededError):
        erase(house, requests[0])
    assert erase(house, requests[1]) is RequestState.DONE

    assert of(silent) == {table: set() for table in PERSONAL}
    assert of(refuses) == before
    assert house.keyring.keys([known_to_one.id]) != {}
    assert house.keyring.keys([known_to_other.id]) == {}
    assert house.ledger.head(refuses.id, at=NOON).sequence == 0
    assert check(house.ledger, silent.id, now=NOON) == []

    with transaction() as session:
        case = session.scalars(select(Case).where(Case.customer_id == known_to_one.id)).one()
        case.state, case.closed_at = CaseState.CLOSED, NOON
    assert erase(house, requests[0]) is RequestState.DONE
    assert of(refuses) == {table: set() for table in PERSONAL}
    with reading() as session:
        assert session.scalars(select(Customer.id)).all() == []
