"""No backup tells who had an account: not by reading, and not by trying the names of everybody."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from privacy import accounts
from privacy.empty_house import search
from privacy.erasing import hands_of
from privacy.needles import Needle
from storage import keyring_backup, sign_in_names, users
from storage.house import House, close_house, open_house, reading, transaction
from storage.tables import Role, User
from tests.accounts import called
from tests.privacy.backups import back_up, read, restore
from tests.privacy.test_nothing_to_read import readable, spellings
from tests.privacy.test_numbers_tried import LATER, pass_days, seen_in, tried
from tests.privacy.test_receipts import write_out
from tests.privacy.test_restoring import restore_check
from tests.privacy.traces import run
from tests.rows import NOON, make_organisation

GONE, STAYS = "zqx-åsa.ek", "zqx-bo.alm"
PASSWORD = "correct horse battery"
TEN_DAYS_ON = LATER + timedelta(days=10)  # as many as pass_days lets pass


def make(house: House, name: str, *, of_one: bool) -> User:
    organisation_id = make_organisation().id if of_one else None
    with transaction() as session:
        return users.create(
            session, house.keyring, name=name, password=PASSWORD, role=Role.STAFF,
            organisation_id=organisation_id, at=NOON,
        )  # fmt: skip


def let_go(house: House, user: User, *, way: str) -> None:
    if way == "removed":
        hands, owner = hands_of(house), user.organisation_id
        accounts.empty(user.id, organisation_id=owner, hands=hands, now=LATER)
        return
    with transaction() as session:
        users.disable(session, session.get_one(User, user.id), at=NOON)
    run(house, LATER)


def hashes() -> set[bytes | None]:
    with reading() as session:
        return set(session.scalars(select(User.sign_in_name_hash)))


@pytest.mark.parametrize("sweeping", [True, False], ids=["sweeping", "not sweeping"])
@pytest.mark.parametrize(("way", "of_one"), [("removed", True), ("by age", False)])
def test_no_name_that_is_tried_or_read_is_in_a_backup_of_who_left(
    house: House, tmp_path: Path, way: str, of_one: bool, sweeping: bool
) -> None:
    """With the sweep of names switched off it is found, though not read."""
    gone, stays = make(house, GONE, of_one=of_one), make(house, STAYS, of_one=not of_one)
    keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    assert hashes() <= tried(house, GONE, STAYS)
    back_up(house, tmp_path / "backup")
    assert readable(house) == {sign_in_names.KIND}
    assert seen_in(read(tmp_path / "backup"), tried(house, GONE)) > 0
    let_go(house, gone, way=way)
    pass_days(house, tmp_path / "apart", LATER, sweeping=sweeping)
    newest = max((tmp_path / "apart").iterdir())

    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)
    backup = read(tmp_path / "backup")
    shut = called(gone)
    keyring_backup.put_back(opened.keyring, opened.ledger, newest, now=TEN_DAYS_ON)

    assert shut == called(gone) == str(gone.id)
    assert [one for text in (GONE, STAYS) for one in spellings(text) if one in backup] == []
    needles = [Needle("name", tuple(spellings(GONE)))]
    assert search(opened, needles, journal=False).found == frozenset()
    found = hashes() & tried(opened, GONE)
    assert (seen_in(backup, tried(opened, GONE)) > 0, len(found)) == (not sweeping, not sweeping)
    restore_check()
    # Whoever stays signs in, and whoever is gone does not.
    assert called(stays) == STAYS
    assert (enter(opened, STAYS), enter(opened, GONE)) == (stays.id, None)
    close_house()


def enter(house: House, name: str) -> object:
    return users.authenticate(house.database, house.keyring, name, PASSWORD, at=LATER)


def test_a_backup_of_the_keyring_that_was_put_aside_does_not_bring_the_name_back(
    house: House, tmp_path: Path
) -> None:
    gone = make(house, GONE, of_one=True)
    back_up(house, tmp_path / "backup")
    made = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    aside = Path(shutil.copy(made.file, tmp_path))
    accounts.empty(gone.id, organisation_id=gone.organisation_id, hands=hands_of(house), now=NOON)
    write_out(house)

    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)
    done = keyring_backup.put_back(opened.keyring, opened.ledger, aside, now=NOON)

    assert done.restored == done.destroyed == 1
    assert readable(opened) == set()
    close_house()
