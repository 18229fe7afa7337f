"""Accounts: passwords are hashed, failures lock with a growing delay, nothing tells why."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from storage import keyring_backup, keyring_loss, sign_in_names, users
from storage.house import House, house, transaction
from storage.keyring import WrappedKey
from storage.keyring_loss import KeyringLostError
from storage.keyring_rows import LookupName, LookupSeed
from storage.tables import Organisation, Role, Sitting, User
from storage.users import FREE_FAILURES, LONGEST_LOCK, BadUser
from tests.rows import make_organisation

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(users, "_hasher", quick)


def make(name: str = "anna", **more: object) -> User:
    values = {"password": PASSWORD, "role": Role.STAFF, "organisation_id": None, "at": NOW} | more
    with transaction() as session:
        return users.create(session, house().keyring, name=name, **values)  # type: ignore[arg-type]


def knock(house: House, password: str, at: datetime, name: str = "anna") -> UUID | None:
    return users.authenticate(house.database, house.keyring, name, password, at=at)


def stored(user: User) -> User:
    with transaction() as session:
        return session.get_one(User, user.id)


def test_the_right_password_is_let_in_however_the_name_is_written(house: House) -> None:
    user = make("Anna")

    assert knock(house, PASSWORD, NOW, " ANNA ") == user.id
    assert stored(user).password_hash.startswith("$argon2id$")
    assert PASSWORD not in stored(user).password_hash


def test_wrong_passwords_unknown_names_and_closed_accounts_are_refused(house: House) -> None:
    user = make()

    assert knock(house, "wrong", NOW) is None
    assert knock(house, PASSWORD, NOW, "nobody") is None
    assert knock(house, PASSWORD + "x" * 600, NOW) is None
    with transaction() as session:
        users.disable(session, session.get_one(User, user.id), at=NOW)
    assert knock(house, PASSWORD, NOW) is None


def test_each_further_failure_locks_twice_as_long_up_to_an_hour(house: House) -> None:
    user, at, locks = make(), NOW, []
    for _ in range(FREE_FAILURES):
        knock(house, "wrong", at)
    assert stored(user).locked_until is None
    for _ in range(9):
        knock(house, "wrong", at)
        until = stored(user).locked_until
        assert until is not None
        locks.append(until - at)
        at = until

    assert locks[:4] == [timedelta(seconds=s) for s in (30, 60, 120, 240)]
    assert locks[-1] == LONGEST_LOCK


def test_a_lock_holds_until_its_end_and_not_longer(house: House) -> None:
    user = make()
    for _ in range(FREE_FAILURES + 1):
        knock(house, "wrong", NOW)

    just_before = NOW + timedelta(seconds=29, milliseconds=999)
    assert knock(house, PASSWORD, just_before) is None
    assert stored(user).failed_sign_ins == FREE_FAILURES + 1  # a locked try counts for nothing
    assert knock(house, PASSWORD, NOW + timedelta(seconds=30)) == user.id
    assert (stored(user).failed_sign_ins, stored(user).locked_until) == (0, None)


def test_an_old_hash_is_renewed_when_its_user_comes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make()
    before = stored(user).password_hash
    stronger = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    monkeypatch.setattr(users, "_hasher", stronger)

    assert knock(house, PASSWORD, NOW) == user.id
    assert "m=16,t=2" in stored(user).password_hash
    assert stored(user).password_hash != before


def test_a_new_password_ends_every_sitting_under_the_old_one(house: House) -> None:
    user = make()
    with transaction() as session:
        session.add(Sitting(user_id=user.id, begun_at=NOW, seen_at=NOW))
    with transaction() as session:
        users.change_password(session, session.get_one(User, user.id), "another long one")

    with transaction() as session:
        assert session.query(Sitting).count() == 0
    assert knock(house, PASSWORD, NOW) is None
    assert knock(house, "another long one", NOW) == user.id


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("anna", {}),
        ("ANNA ", {}),
        ("", {}),
        ("x" * 81, {}),
        ("new", {"password": "short"}),
        ("new", {"role": Role.CLIENT}),
    ],
)
def test_accounts_that_make_no_sense_are_refused(
    house: House, name: str, wrong: dict[str, object]
) -> None:
    make("anna")

    with pytest.raises(BadUser):
        make(name, **wrong)


def test_made_up_passwords_differ_and_are_long_enough() -> None:
    made = {users.new_password() for _ in range(50)}

    assert len(made) == 50
    assert all(len(one) >= users.SHORTEST_PASSWORD for one in made)


def test_a_client_belongs_to_an_organisation(house: House) -> None:
    organisation: Organisation = make_organisation()

    made = make("client", role=Role.CLIENT, organisation_id=organisation.id)

    assert made.organisation_id == organisation.id


def names_noted(house: House) -> int:
    with house.keyring.database.reading() as session:
        return session.scalar(select(func.count()).select_from(LookupName)) or 0


def test_a_name_is_sealed_and_what_is_tried_at_the_door_is_not_noted(house: House) -> None:
    user = make("Åsa Ek")

    for name in ("nobody", "a password typed in the wrong field", ""):
        assert knock(house, PASSWORD, NOW, name) is None

    assert names_noted(house) == 1
    assert user.sign_in_name_sealed is not None
    assert "åsa ek".encode() not in user.sign_in_name_sealed
    assert sign_in_names.name_of(house.keyring, user) == "åsa ek"


def test_two_who_take_one_name_at_the_same_moment_do_not_both_get_it(house: House) -> None:
    """Whichever organisations they are of: the database itself refuses the second."""
    first, other = make("anna", organisation_id=make_organisation().id), make_organisation()
    shut, known_as = sign_in_names.sealed(house.keyring, {first.id: "anna"})[first.id]

    with pytest.raises(IntegrityError), transaction() as session:
        session.add(
            User(
                sign_in_name_sealed=shut, sign_in_name_hash=known_as, role=Role.STAFF,
                organisation_id=other.id, password_hash="x", created_at=NOW,
            )
        )  # fmt: skip


def test_who_came_after_the_last_backup_of_the_keyring_signs_in_once_that_is_put_back(
    house: House, tmp_path: Path
) -> None:
    """Under their id: the key of their name is lost, and neither name nor account is."""
    first = make("anna")
    backup = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOW).file
    since = make("bo")
    lose_everything(house)
    with pytest.raises(KeyringLostError):
        keyring_loss.check(house.database, house.keyring)

    keyring_backup.put_back(house.keyring, house.ledger, backup, now=NOW)

    assert [knock(house, PASSWORD, NOW, name) for name in ("anna", "bo")] == [first.id, since.id]
    assert sign_in_names.names_of(house.keyring, [first, since]) == {
        first.id: "anna",
        since.id: str(since.id),
    }
    # And still when the seed has gone from which it was foretold.
    keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOW + timedelta(days=1))
    assert knock(house, PASSWORD, NOW, "bo") == since.id
    with pytest.raises(BadUser):
        make("bo")


def lose_everything(house: House) -> None:
    with house.keyring.database.transaction() as session:
        for table in (WrappedKey, LookupName, LookupSeed):
            session.execute(delete(table))
