"""A contact and its customer stay as long as something keeps the contact log, answers or not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import select

from config.retention_rules import DataClass
from privacy import forecast, holds, lateness
from privacy.kept import kept_of
from privacy.schedules import schedule_of
from storage.house import House, reading
from storage.tables import Customer, Hold, Interaction, Invitation, Organisation
from tests.privacy.test_holds import (
    LEGAL,
    OPEN,
    after,
    close,
    count,
    hold,
    holding,
    open_case,
    release,
)
from tests.privacy.traces import Person, leave_traces, run
from tests.rows import NOON, make_organisation

DAY = timedelta(days=1)
LATE = after("20 months")
ENDS = LATE + 10 * DAY
GONE = {"interactions": 1, "customers": 1}
LetGo = Callable[[], None]


def shipped(profile: str) -> Any:
    return yaml.safe_load(Path(f"config/organisations/{profile}.yaml").read_text())["retention"]


def is_known(house: House, person: Person) -> bool:
    """Whether the contact is still told, with name and number of whom it was with."""
    with reading() as session:
        customer = session.get(Customer, person.customer.id)
        mine = Interaction.customer_id == person.customer.id
        cases = session.scalars(select(Interaction.case_hash).where(mine)).all()
    if customer is None or None in cases or len(cases) != 1:
        return False
    opened = house.keyring.open(customer.id, "customer.phone", customer.phone_sealed)
    return opened is not None and customer.name_sealed is not None


def held_class(house: House, organisation: Organisation) -> LetGo:
    kept = hold(house, organisation, holds.of_class(DataClass.CONTACT_LOG))
    return lambda: release(organisation, kept, at=LATE)


def held_person(house: House, person: Person) -> LetGo:
    organisation = person.organisation
    with reading() as session:
        held = holds.of_customer(session, organisation, person.customer.id)
    kept = hold(house, organisation, held)
    return lambda: release(organisation, kept, at=LATE)


def held_case(house: House, person: Person) -> LetGo:
    organisation = person.organisation
    case = open_case(person)
    close(case, at=NOON)
    with reading() as session:
        held = holds.of_case(session, organisation, case.id)
    kept = hold(house, organisation, held)
    return lambda: release(organisation, kept, at=LATE)


def an_open_case(_house: House, person: Person) -> LetGo:
    case = open_case(person)
    return lambda: close(case, at=LATE)


@pytest.mark.parametrize("contact_log", ["1 month", "10 years"])
def test_what_keeps_the_contact_log_keeps_a_contact_when_its_answers_are_gone(
    house: House, contact_log: str
) -> None:
    by = {"extended_by": ["legal_hold", "open_matter"]}
    organisation = holding(contact_log={"keep": contact_log, **by}, case_notes=by)
    people = [leave_traces(house, organisation=organisation) for _ in range(4)]
    keepers = (held_person, held_case, an_open_case)
    ends = [keeper(house, person) for keeper, person in zip(keepers, people, strict=False)]

    run(house, after("3 months"))
    run(house, LATE)

    assert count(Invitation) == 0
    assert [is_known(house, person) for person in people] == [True, True, True, False]
    with reading() as session:
        assert lateness.look_for_overdue(session, now=LATE) == []
    for let_go in ends:
        let_go()
    run(house, LATE)
    assert (count(Interaction), count(Customer)) == (0, 0)
    assert house.keyring.keys([person.customer.id for person in people]) == {}


def test_the_contact_log_of_a_shipped_profile_can_be_held(house: House) -> None:
    organisation = make_organisation(retention=shipped("consumer-credit"))
    people = [leave_traces(house, organisation=organisation) for _ in range(2)]
    let_go = held_class(house, organisation)

    run(house, LATE)

    assert count(Invitation) == 0
    assert all(is_known(house, person) for person in people)
    with reading() as session:
        assert lateness.look_for_overdue(session, now=LATE) == []
    let_go()
    run(house, LATE)
    assert (count(Interaction), count(Customer)) == (0, 0)


def test_an_open_matter_of_a_shipped_profile_keeps_its_contact(house: House) -> None:
    organisation = make_organisation(retention=shipped("property-management"))
    person = leave_traces(house, organisation=organisation)
    open_case(person)

    run(house, LATE)

    assert is_known(house, person)


def test_what_the_rule_of_the_contact_log_does_not_name_keeps_no_contact(house: House) -> None:
    organisation, neighbour = (
        holding(contact_log=LEGAL, case_notes=OPEN),
        holding(contact_log=LEGAL),
    )
    open_case(leave_traces(house, organisation=organisation))
    held_class(house, neighbour)

    run(house, LATE)

    assert (count(Interaction), count(Customer)) == (0, 0)


def test_a_held_contact_is_foretold_for_the_day_on_which_its_hold_ends(house: House) -> None:
    organisation = holding(contact_log=LEGAL)
    person = leave_traces(house, organisation=organisation)
    kept = hold(house, organisation, holds.of_class(DataClass.CONTACT_LOG), ends_at=ENDS)
    run(house, LATE)

    calendar = foretold(organisation, until=ENDS)

    assert {name: n for name, n in calendar.totals.items() if n} == GONE
    assert calendar.days == [ENDS.date()]
    before = foretold(organisation, until=ENDS - DAY)
    assert +before.kept_back == {"interactions": 1}
    assert told(person) == (ENDS.date(), False)
    assert run(house, ENDS).counts[organisation.key] == GONE
    with reading() as session:
        assert session.get_one(Hold, kept).released_at == ENDS


def test_a_person_whose_contact_is_held_is_told_that_nobody_knows_until_when(house: House) -> None:
    organisation = holding(contact_log=LEGAL)
    person = leave_traces(house, organisation=organisation)
    hold(house, organisation, holds.of_class(DataClass.CONTACT_LOG))

    _, held = told(person)

    assert held


def foretold(organisation: Organisation, *, until: datetime) -> forecast.Calendar:
    with reading() as session:
        schedule = schedule_of(session.get_one(Organisation, organisation.id))
        return forecast.foretell(session, schedule, now=LATE, until=until)


def told(person: Person) -> tuple[Any, bool]:
    """Until when the contact is said to be kept, and whether something is held beyond."""
    with reading() as session:
        customer = session.get_one(Customer, person.customer.id)
        kept = kept_of(session, customer, now=NOON)
    return kept.contact, kept.held
