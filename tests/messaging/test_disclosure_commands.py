"""What was handed out is noted by command, listed without the person, and told to them alone."""

from datetime import timedelta

import pytest
from click.testing import CliRunner, Result

from messaging.disclosure_commands import disclosures_group
from privacy import disclosures
from privacy.persons import Person
from storage.house import House, reading
from storage.tables import Customer, Organisation
from tests.rows import make_customer, make_organisation

PHONE, OTHER = "+46701740605", "+46701740606"


def call(*arguments: str, typed: str = PHONE) -> Result:
    return CliRunner().invoke(disclosures_group, list(arguments), input=typed)


def add(organisation: Organisation, *more: str, typed: str = PHONE) -> Result:
    return call(
        "add", "--organisation", organisation.key, "--phone", "--to", "Tingsrätten", "--what",
        "answers", "--what", "free_comments", "--ground", "authority", *more, typed=typed,
    )  # fmt: skip


def told(house: House, organisation: Organisation, customer: Customer | None, phone: str = PHONE
) -> list[tuple[str | None, list[str]]]:  # fmt: skip
    known = house.keyring.lookup_hash(organisation.id, "phone", phone)
    one = Person(organisation.id, None if customer is None else customer.id, (known,))
    with reading() as session:
        found = disclosures.of_person(session, one, keyring=house.keyring)
        return [(each.receiver, each.row.classes) for each in found]


def test_it_is_told_to_the_person_and_to_nobody_else(house: House) -> None:
    organisation = make_organisation()
    customer = make_customer(organisation, phone=PHONE)
    neighbour = make_customer(organisation, phone=OTHER)

    result = add(organisation)

    assert result.exit_code == 0
    assert PHONE not in result.output
    assert told(house, organisation, customer) == [("Tingsrätten", ["answers", "free_comments"])]
    assert told(house, organisation, neighbour, OTHER) == []


def test_who_only_called_or_was_erased_since_is_found_by_the_number(house: House) -> None:
    organisation = make_organisation()
    add(organisation)
    assert len(told(house, organisation, None)) == 1

    later = make_customer(organisation, phone=PHONE)  # whose number it is now
    assert len(told(house, organisation, later)) == 1


def test_the_list_names_day_receiver_and_ground_and_no_person(house: House) -> None:
    organisation, other = make_organisation(), make_organisation()
    add(organisation, "--on", "2026-03-09")
    add(other)

    lines = call("list", "--organisation", organisation.key).output.splitlines()

    assert len(lines) == 1
    assert lines[0].startswith("2026-03-09  Tingsrätten  answers, free_comments  (authority)")
    assert PHONE not in lines[0]
    empty = make_organisation()
    assert call("list", "--organisation", empty.key).output == "nothing was noted\n"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--to", " "), "name the receiver in 1 to 200 characters"),
        (("--on", "2999-01-01"), "that day is not over yet; only what happened is noted"),
    ],
)
def test_what_cannot_be_noted_is_said_and_nothing_is_noted(
    house: House, more: tuple[str, ...], said: str
) -> None:
    organisation = make_organisation()

    result = add(organisation, *more)

    assert result.exit_code == 2
    assert said in result.output
    assert told(house, organisation, None) == []


def test_a_receiver_whose_key_is_gone_is_listed_as_erased(house: House) -> None:
    organisation = make_organisation()
    noted = add(organisation).output.split()[-1]
    with reading() as session:
        (one,) = disclosures.of_organisation(session, organisation, keyring=house.keyring)
    assert str(one.row.id) == noted
    house.keyring.destroy([one.row.id])

    assert "  erased  " in call("list", "--organisation", organisation.key).output
    assert one.row.noted_at - one.row.disclosed_at == timedelta()
