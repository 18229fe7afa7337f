"""`flask users …`: accounts are made by whoever runs the machine."""

from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import event

from console.commands import users_group
from storage import users
from storage.house import House, transaction, utc_now
from storage.house import house as the_house
from storage.tables import Role, User
from tests.rows import make_organisation


def run(*words: str, given: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(users_group, list(words), input=given)
    return result.exit_code, result.output


def stored(name: str) -> User | None:
    with transaction() as session:
        return users.find(session, the_house().keyring, name)


def test_a_made_up_password_is_shown_once_and_works(house: House) -> None:
    organisation = make_organisation()

    code, said = run("add", "Anna", "--role", "staff", "--organisation", organisation.key)

    password = said.rsplit(": ", 1)[1].strip()
    user = stored("anna")
    assert code == 0
    assert user is not None
    assert (user.role, user.organisation_id) == (Role.STAFF, organisation.id)
    assert (
        users.authenticate(house.database, house.keyring, "anna", password, at=utc_now()) == user.id
    )


def test_a_given_password_is_never_printed(house: House) -> None:
    code, said = run(
        "add", "anna", "--role", "operator", "--organisation", "all", "--password-stdin",
        given="a long given password\n",
    )  # fmt: skip

    assert (code, "a long given password" in said) == (0, False)
    found = users.authenticate(
        house.database, house.keyring, "anna", "a long given password", at=utc_now()
    )
    assert found is not None


def test_the_help_names_every_role_of_an_account() -> None:
    told = run("add", "--help")[1]

    described = " ".join(
        told.split("What the person may do:")[1].split("--organisation")[0].split()
    )
    assert [role.value for role in Role if role.value not in described] == []


@pytest.mark.parametrize(
    ("words", "clue"),
    [
        (("add", "x", "--role", "staff", "--organisation", "nowhere"), "there are: o-"),
        (("add", "x", "--role", "king", "--organisation", "all"), "Invalid value"),
        (("add", "x", "--role", "client", "--organisation", "all"), "one organisation"),
        (("password", "nobody"), "no user"),
        (("disable", "nobody"), "no user"),
    ],
)
def test_a_mistake_is_answered_with_what_would_be_right(
    house: House, words: tuple[str, ...], clue: str
) -> None:
    make_organisation()

    code, said = run(*words)

    assert code == 2
    assert clue in said
    assert stored("x") is None


def test_a_password_is_changed_and_an_account_closed(house: House) -> None:
    run("add", "anna", "--role", "staff", "--organisation", "all")

    _, said = run("password", "anna")
    password = said.rsplit(": ", 1)[1].strip()
    assert (
        users.authenticate(house.database, house.keyring, "anna", password, at=utc_now())
        is not None
    )
    assert run("disable", "anna")[0] == 0
    assert users.authenticate(house.database, house.keyring, "anna", password, at=utc_now()) is None


def test_accounts_are_listed_by_name_with_one_look_into_the_keyring(house: House) -> None:
    looks: list[int] = []
    event.listen(house.keyring.database.engine, "checkout", lambda *_: looks.append(1))
    counts = []
    for names in (("bo",), ("Anna", "ceci", "dan")):
        for name in names:
            run("add", name, "--role", "staff", "--organisation", "all")
        looks.clear()
        _, said = run("list")
        counts.append(len(looks))

    assert [line.split()[0] for line in said.splitlines()] == ["anna", "bo", "ceci", "dan"]
    assert counts[0] == counts[1]


def test_an_account_whose_key_is_lost_is_listed_and_removed_by_its_id(house: House) -> None:
    run("add", "anna", "--role", "staff", "--organisation", "all")
    user = stored("anna")
    assert user is not None
    house.keyring.destroy([user.id])

    _, listed = run("list")
    code, said = run("remove", str(user.id))

    assert UUID(listed.split()[0]) == user.id
    assert (code, said) == (0, "The account is removed.\n")
    assert run("list", "--all")[1] == "1 of people who left\n"
