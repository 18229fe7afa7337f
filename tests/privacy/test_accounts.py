"""Staff who left: their name goes in time, their role stays with what they listened to."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from config.retention_rules import DataClass
from console.commands import users_group
from privacy import accounts
from privacy.erasing import hands_of
from privacy.holds import of_class
from privacy.receipt_commands import restore_check_command
from storage import users
from storage.house import House, open_house, reading, transaction, utc_now
from storage.sign_in_names import WHO_LEFT
from storage.tables import Hold, Listening, Organisation, Role, Sitting, User
from storage.users import LEFT_FOR
from tests.accounts import call_account, called
from tests.privacy.backups import back_up, restore
from tests.privacy.test_holds import LEGAL, hold, holding
from tests.privacy.test_logs_by_age import after, make_user
from tests.privacy.traces import run
from tests.rows import NOON, add, make_organisation

MICROSECOND = timedelta(microseconds=1)
EMPTIED = NOON + LEFT_FOR


def somebody(organisation: Organisation | None, *, name: str = "anna") -> User:
    user = make_user(organisation.id if organisation else None)
    with transaction() as session:
        row = session.get_one(User, user.id)
        row.role, row.password_hash = Role.OFFICER, "$argon2id$x"
    call_account(user.id, name)
    return there(user.id)


def listened(user: User, organisation: Organisation) -> None:
    add(
        Listening(
            organisation_id=organisation.id, user_id=user.id, item_id=uuid4(),
            sitting_id=uuid4(), listened_at=NOON,
        )
    )  # fmt: skip


def close(user: User) -> None:
    with transaction() as session:
        users.disable(session, session.get_one(User, user.id), at=NOON)


def stored(user_id: UUID) -> User | None:
    with reading() as session:
        return session.get(User, user_id)


def there(user_id: UUID) -> User:
    found = stored(user_id)
    assert found is not None
    return found


def count() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(User)) or 0


@pytest.mark.parametrize("of_one", [True, False])
def test_a_closed_account_keeps_its_name_for_thirty_days_and_then_its_role_alone(
    house: House, of_one: bool
) -> None:
    organisation = make_organisation()
    user = somebody(organisation if of_one else None)
    listened(user, organisation)
    close(user)

    run(house, EMPTIED - MICROSECOND)
    opened = called(user)
    run(house, EMPTIED)

    left = there(user.id)
    assert opened == "anna"
    assert called(left) == WHO_LEFT
    assert (left.sign_in_name_sealed, left.sign_in_name_hash) == (None, None)
    assert (left.password_hash, left.role, left.erase_at) == ("", Role.OFFICER, None)
    assert left.erased_at == EMPTIED


def test_who_is_employed_is_not_touched_by_age(house: House) -> None:
    user = somebody(make_organisation())

    run(house, NOON + timedelta(days=20_000))

    left = there(user.id)
    assert called(left) == "anna"


def test_an_emptied_account_goes_with_the_last_that_refers_to_it(house: House) -> None:
    organisation = make_organisation()
    heard, silent = somebody(organisation), somebody(organisation, name="bo")
    listened(heard, organisation)
    close(heard)
    close(silent)
    run(house, EMPTIED)
    assert (stored(heard.id) is not None, stored(silent.id)) == (True, None)
    end = after("3 years")

    run(house, end - MICROSECOND)
    assert count() == 1
    run(house, end)
    assert count() == 0


def test_an_account_opened_again_in_time_stays(house: House) -> None:
    user = somebody(make_organisation())
    close(user)
    with transaction() as session:
        users.enable(session.get_one(User, user.id))

    run(house, EMPTIED)

    left = there(user.id)
    assert (called(left), left.disabled_at) == ("anna", None)


def test_nobody_signs_in_with_an_emptied_account_and_its_name_is_free(house: House) -> None:
    organisation = make_organisation()
    user = somebody(organisation)
    add(Sitting(user_id=user.id, begun_at=NOON, seen_at=NOON))
    listened(user, organisation)
    for _ in range(2):
        accounts.empty(user.id, organisation_id=organisation.id, hands=hands_of(house), now=NOON)

    for name in ("", "anna", WHO_LEFT, str(user.id)):
        assert users.authenticate(house.database, house.keyring, name, "", at=NOON) is None
    with reading() as session:
        assert session.scalars(select(Sitting)).all() == []
    another = somebody(organisation)
    assert another.id != user.id


def test_a_restored_backup_is_rid_of_the_name_again(house: House, tmp_path: Path) -> None:
    organisation = make_organisation()
    user = somebody(organisation)
    listened(user, organisation)
    back_up(house, tmp_path / "backup")
    accounts.empty(user.id, organisation_id=organisation.id, hands=hands_of(house), now=NOON)

    restore(house, tmp_path / "backup")
    open_house(house.settings, restored=True)
    before = there(user.id)
    CliRunner().invoke(restore_check_command, [], catch_exceptions=False)

    left = stored(user.id)
    assert left is not None
    # Shut at once, and gone with the check.
    assert before.sign_in_name_sealed is not None
    assert called(before) == str(user.id)
    assert (called(left), left.password_hash) == (WHO_LEFT, "")


def command(*words: str) -> Result:
    return CliRunner().invoke(users_group, list(words), catch_exceptions=False)


def test_the_commands_list_close_open_and_remove(house: House) -> None:
    organisation = make_organisation()
    user = somebody(organisation)
    listened(user, organisation)

    assert command("list").stdout == f"anna  officer  {organisation.key}  since 2026-03-10\n"
    command("disable", "anna")
    day = (utc_now() + LEFT_FOR).date()
    assert command("list").stdout == ""
    assert f"closed, named until {day}" in command("list", "--all").stdout
    command("enable", "anna")
    assert "closed" not in command("list").stdout
    assert command("remove", "anna").stdout == "The account is removed.\n"

    assert command("list", "--all").stdout == "1 of people who left\n"
    assert "no user" in command("remove", "anna").stderr


def test_who_answers_for_a_hold_is_not_removed_before_somebody_else_does(house: House) -> None:
    organisation = holding(answers=LEGAL)
    kept = hold(house, organisation, of_class(DataClass.ANSWERS))
    with reading() as session:
        owner = session.get_one(User, session.get_one(Hold, kept).owner_id)
    call_account(owner.id, "anna")

    refused = command("remove", "anna")

    assert refused.exit_code == 2
    assert str(kept) in refused.stderr
    left = there(owner.id)
    assert left.erased_at is None


def test_nobody_is_removed_while_the_staff_register_is_held(house: House) -> None:
    organisation = holding(staff_register=LEGAL)
    user, other = somebody(organisation), somebody(holding(), name="other")
    kept = hold(house, organisation, of_class(DataClass.STAFF_REGISTER))

    refused = command("remove", "anna")

    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    assert str(kept) in refused.stderr
    command("disable", "anna")
    run(house, utc_now() + 2 * LEFT_FOR)
    left = stored(user.id)
    assert left is not None
    assert (called(left), left.erased_at) == ("anna", None)
    assert command("remove", "other").exit_code == 0
    assert other.id != user.id
