"""The keyring's own backups: written, read back, put back, and never a way back for the deleted."""

import sqlite3
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select

from storage import keyring_backup, keyring_marks
from storage.database import Database
from storage.house import House, close_house, open_house
from storage.keyring import KeyDestroyedError, Keyring, WrappedKey
from storage.keyring_backup import BadKeyringBackupError
from storage.keyring_loss import KeyringLostError
from storage.master_keys import MasterKeys, WrongMasterKeyError
from storage.receipts import Detail, Erased, Receipt, Way, What
from storage.states import MessageState
from storage.tables import Message, Objection, User
from tests.accounts import call_account
from tests.rows import NOON, add, make_call, make_customer, make_mailbox, make_organisation


def lose_keys(house: House) -> None:
    with house.keyring.database.transaction() as session:
        session.execute(delete(WrappedKey))


def names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_lost_keys_come_back_from_a_backup_and_newer_ones_stay(
    house: House, tmp_path: Path
) -> None:
    old, new = uuid4(), uuid4()
    sealed = house.keyring.seal_one(old, "comment.text", "the invoice was wrong")
    made = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    lose_keys(house)
    later = house.keyring.seal_one(new, "comment.text", "thank you")

    done = keyring_backup.put_back(house.keyring, house.ledger, made.file, now=NOON)

    assert (made.keys, done.restored, done.destroyed, done.made_at) == (1, 1, 0, NOON)
    assert house.keyring.open(old, "comment.text", sealed) == "the invoice was wrong"
    assert house.keyring.open(new, "comment.text", later) == "thank you"
    assert names(tmp_path / "apart") == [made.file.name]
    assert made.file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("followed", [False, True])
def test_what_was_deleted_after_the_backup_stays_deleted(
    house: House, tmp_path: Path, *, followed: bool
) -> None:
    gone, kept = uuid4(), uuid4()
    sealed = house.keyring.seal_one(gone, "comment.text", "forget me")
    house.keyring.make_keys([kept])
    made = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    house.keyring.destroy([gone])
    erased = Erased("comments", roots=(gone,), way=Way.REMOVE, items=(gone,))
    told = Receipt(What.PURGED, NOON, organisation_id=uuid4(), detail=Detail(erased))
    places = house.ledger.append([told], at=NOON)
    if followed:  # the keyring's own marks say that it has seen this line
        keyring_marks.follow(house.keyring, house.ledger, places)
    lose_keys(house)

    done = keyring_backup.put_back(house.keyring, house.ledger, made.file, now=NOON)

    assert (done.restored, done.destroyed) == (2, 1)
    with pytest.raises(KeyDestroyedError):
        house.keyring.open(gone, "comment.text", sealed)
    assert set(house.keyring.keys([gone, kept])) == {kept}


def test_no_key_lies_open_in_a_backup(house: House, tmp_path: Path) -> None:
    item = uuid4()
    key = house.keyring.make_keys([item])[item]

    made = keyring_backup.back_up(house.keyring, tmp_path, now=NOON)

    written = made.file.read_bytes()
    assert item.bytes in written
    assert key not in written


def altered(file: Path) -> None:
    with sqlite3.connect(file) as copy:
        copy.execute("UPDATE keys SET wrapped = zeroblob(60)")
    copy.close()


def shortened(file: Path) -> None:
    with sqlite3.connect(file) as copy:
        copy.execute("DELETE FROM keys")
    copy.close()


def another_file(file: Path) -> None:
    file.write_text("item;key\n")


def without_note(file: Path) -> None:
    with sqlite3.connect(file) as copy:
        copy.execute("DELETE FROM note")
    copy.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("spoil", [altered, shortened, another_file, without_note])
def test_a_spoilt_backup_is_refused_by_name_and_changes_nothing(
    house: House, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    house.keyring.make_keys([uuid4()])
    made = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    spoil(made.file)
    lose_keys(house)

    with pytest.raises(BadKeyringBackupError, match=made.file.name):
        keyring_backup.put_back(house.keyring, house.ledger, made.file, now=NOON)

    assert house.keyring.count() == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_older_than_the_ledgers_memory_is_refused(house: House, tmp_path: Path) -> None:
    made = keyring_backup.back_up(house.keyring, tmp_path, now=NOON)
    late = NOON + house.ledger.kept + timedelta(seconds=1)

    with pytest.raises(BadKeyringBackupError, match="the ledger remembers for 90 days"):
        keyring_backup.put_back(house.keyring, house.ledger, made.file, now=late)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_under_a_master_key_that_is_gone_is_refused(house: House, tmp_path: Path) -> None:
    made = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    other = Database(f"sqlite:///{tmp_path}/other.db")
    keyring = Keyring(other, MasterKeys([b"x" * 32]))
    keyring.prepare()

    with pytest.raises(WrongMasterKeyError, match="put that key back"):
        keyring_backup.put_back(keyring, house.ledger, made.file, now=NOON)
    other.close()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_old_backups_are_removed_and_nothing_else(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "apart"
    for days in (9, 8, 7, 1):
        keyring_backup.back_up(house.keyring, folder, now=NOON - timedelta(days=days))
    (folder / "notes.txt").write_text("not ours")

    removed = keyring_backup.remove_old(folder, kept=timedelta(days=7), now=NOON)

    assert removed == 2
    assert names(folder) == ["20260303T120000Z.keyring", "20260309T120000Z.keyring", "notes.txt"]


def test_a_backup_whose_day_is_not_yet_is_overdue_goes_and_is_not_put_back(
    house: House, tmp_path: Path
) -> None:
    folder = tmp_path / "apart"
    made = keyring_backup.back_up(house.keyring, folder, now=NOON + timedelta(days=400))
    (folder / "20270409T120000Z.part").touch()
    kept = timedelta(days=7)

    assert keyring_backup.overdue(folder, kept=kept, now=NOON) == 2
    with pytest.raises(BadKeyringBackupError, match="which is still to come"):
        keyring_backup.put_back(house.keyring, house.ledger, made.file, now=NOON)
    assert keyring_backup.remove_old(folder, kept=kept, now=NOON) == 1
    assert names(folder) == []


def test_a_keyring_made_anew_beside_a_full_database_does_not_open(house: House) -> None:
    make_customer(make_organisation(), phone="+46701740606")
    lose_keys(house)
    close_house()

    with pytest.raises(KeyringLostError, match="1 of 1 organisations"):
        open_house(house.settings)

    open_house(house.settings, restored=True)


def test_a_no_that_outlived_its_person_needs_its_key(house: House) -> None:
    organisation = make_organisation()
    known_by = house.keyring.lookup_hash(organisation.id, "phone", "+46701740606")
    add(
        Objection(
            organisation_id=organisation.id, subject_hash=known_by, method="calls", source="call",
            made_at=NOON,
        )
    )  # fmt: skip
    lose_keys(house)
    close_house()

    with pytest.raises(KeyringLostError, match="1 of 1 organisations"):
        open_house(house.settings)


def test_accounts_beside_an_empty_keyring_do_not_open(house: House) -> None:
    user = User(id=uuid4(), password_hash="x", created_at=NOON)
    add(user)
    call_account(user.id, "maja@example.org")
    assert house.keyring.count() > 0
    lose_keys(house)
    close_house()

    with pytest.raises(KeyringLostError, match="accounts whose sign-in names need it"):
        open_house(house.settings)


def test_a_message_from_a_withheld_number_alone_needs_no_key(house: House) -> None:
    mailbox = make_mailbox(make_organisation())
    call = make_call(mailbox.organisation_id, at=NOON, mailbox_id=mailbox.id)
    add(
        Message(
            organisation_id=mailbox.organisation_id, mailbox_id=mailbox.id, call_id=call.id,
            state=MessageState.NEW, received_at=NOON,
        )
    )  # fmt: skip
    assert house.keyring.count() == 0
    close_house()

    open_house(house.settings)


def test_an_empty_database_needs_no_keys(house: House) -> None:
    make_organisation()
    assert house.keyring.count() == 0
    close_house()

    open_house(house.settings)


def test_master_keys_change_while_others_read_write_and_forget(database_url: str) -> None:
    """Two processes of a rolling restart, one of each step, work on meanwhile."""
    old, new = b"o" * 32, b"n" * 32
    databases = [Database(database_url) for _ in range(3)]
    before, after, turning = (
        Keyring(database, MasterKeys(masters))
        for database, masters in zip(databases, ([old, new], [new, old], [new, old]), strict=True)
    )
    before.prepare()
    sealed = {item: before.seal_one(item, "t", str(item)) for item in (uuid4() for _ in range(60))}
    wrong: list[str] = []
    done = threading.Event()
    rounds = [0, 0]

    def live(number: int, keyring: Keyring, mine: list[UUID]) -> None:
        while not done.is_set() or rounds[number] < 10:
            item, text = mine[rounds[number] % len(mine)], uuid4()
            if keyring.open(item, "t", sealed[item]) != str(item):
                wrong.append(f"{item} opened as something else")
            again = keyring.seal_one(text, "t", "new")
            if keyring.open(text, "t", again) != "new" or keyring.destroy([text]) != 1:
                wrong.append(f"{text} was lost")
            rounds[number] += 1

    items = list(sealed)
    threads = [
        threading.Thread(target=live, args=(0, before, items[:30])),
        threading.Thread(target=live, args=(1, after, items[30:])),
    ]
    for thread in threads:
        thread.start()
    wrapped = 0
    while count := turning.rewrap(batch=5):
        wrapped += count
    done.set()
    for thread in threads:
        thread.join()
    while turning.rewrap():  # what the first process made meanwhile
        pass

    only_new = Keyring(databases[2], MasterKeys([new]))
    only_new.prepare()
    assert wrong == []
    assert wrapped >= len(sealed)
    assert [only_new.open(item, "t", text) for item, text in sealed.items()] == [
        str(item) for item in sealed
    ]
    with databases[2].reading() as session:
        assert set(session.scalars(select(WrappedKey.master))) == {MasterKeys.fingerprint(new)}
    for database in databases:
        database.close()


def test_what_a_backup_that_was_killed_left_goes_and_is_an_alarm_until_then(tmp_path: Path) -> None:
    day = timedelta(days=1)

    def leave(ago: timedelta, suffix: str) -> str:
        file = tmp_path / f"{NOON - ago:%Y%m%dT%H%M%SZ}{suffix}"
        file.write_bytes(b"keys")
        return file.name

    killed = [leave(9 * day, one) for one in (".part", ".part-journal")]
    killed.append(leave(2 * day, ".part"))
    at_work = leave(timedelta(minutes=20), ".part")
    (tmp_path / "letter.part").write_text("somebody else's")

    late = keyring_backup.overdue(tmp_path, kept=7 * day, now=NOON)
    removed = keyring_backup.remove_old(tmp_path, kept=7 * day, now=NOON)

    assert (late, removed, len(killed)) == (2, 0, 3)
    assert names(tmp_path) == [at_work, "letter.part"]
    assert keyring_backup.overdue(tmp_path, kept=7 * day, now=NOON) == 0
