"""Names that people are found by: one for each value, in a race too, and after a loss again."""

import hmac
import json
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from storage import keyring_backup
from storage.house import House
from storage.keyring import WrappedKey
from storage.keyring_backup import BadKeyringBackupError
from storage.keyring_rows import LookupName, LookupSeed

NUMBERS = [f"+4670174{n:04d}" for n in range(1_200)]


def lose(house: House) -> None:
    """The keyring is gone, and an empty one in its place."""
    with house.keyring.database.transaction() as session:
        for table in (WrappedKey, LookupName, LookupSeed):
            session.execute(delete(table))


def test_a_value_has_one_name_in_an_organisation_and_another_elsewhere(house: House) -> None:
    owner, other = uuid4(), uuid4()

    names = house.keyring.lookup_hashes(owner, "phone", [*NUMBERS, NUMBERS[0]])

    assert len(set(names)) == len(NUMBERS)
    assert names[0] == names[-1] == house.keyring.lookup_hash(owner, "phone", NUMBERS[0])
    assert names == house.keyring.lookup_hashes(owner, "phone", [*NUMBERS, NUMBERS[0]])
    assert {len(one) for one in names} == {32}
    elsewhere = house.keyring.lookup_hash(other, "phone", NUMBERS[0])
    as_mail = house.keyring.lookup_hash(owner, "email", NUMBERS[0])
    assert len({names[0], elsewhere, as_mail}) == 3
    assert house.keyring.names_of(owner, [("email", NUMBERS[0]), ("phone", NUMBERS[1])]) == [
        as_mail, names[1],
    ]  # fmt: skip
    assert house.keyring.lookup_hashes(owner, "phone", []) == []


def test_a_name_follows_from_no_key_that_stays(house: House) -> None:
    owner = uuid4()
    name = house.keyring.lookup_hash(owner, "phone", NUMBERS[0])

    assert name != house.keyring.keyed_hash(owner, "phone", NUMBERS[0])
    with house.keyring.database.transaction() as session:
        session.execute(delete(LookupName))
    house.keyring.names.renew_seed(now=datetime.now(UTC))
    assert house.keyring.lookup_hash(owner, "phone", NUMBERS[0]) != name


def test_processes_that_meet_the_same_people_at_once_give_one_name(house: House) -> None:
    """In whatever order they come, and whether the names are new or rest."""
    owner, found, at_once = uuid4(), list[dict[str, bytes]](), threading.Barrier(4)
    house.keyring.make_keys([owner])

    def ask(numbers: list[str]) -> None:
        for rests in (False, True):
            at_once.wait()
            names = house.keyring.lookup_hashes(owner, "phone", numbers)
            found.append(dict(zip(numbers, names, strict=True)))
            if at_once.wait() == 0 and not rests:
                with house.keyring.database.transaction() as session:
                    session.execute(update(LookupName).values(rests_since=datetime.now(UTC)))

    orders = [NUMBERS[:300], NUMBERS[299::-1], NUMBERS[150:300] + NUMBERS[:150], NUMBERS[:300]]
    threads = [threading.Thread(target=ask, args=[one]) for one in orders]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(found) == 8
    assert all(one == found[0] for one in found)
    with house.keyring.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(LookupName)) == 300
        awake = select(func.count()).where(LookupName.rests_since.is_(None))
        assert session.scalar(awake) == 300


def test_looking_for_names_that_are_there_makes_none_and_wakes_none(house: House) -> None:
    owner = uuid4()
    name = house.keyring.lookup_hash(owner, "phone", NUMBERS[0])
    hashes = house.keyring.keyed_hashes(owner, "phone", NUMBERS[:2])
    at = datetime.now(UTC)
    with house.keyring.database.transaction() as session:
        session.scalars(select(LookupName)).one().rests_since = at

    assert house.keyring.names.known(owner, hashes) == {hashes[0]: name}

    with house.keyring.database.reading() as session:
        assert session.scalars(select(LookupName)).one().rests_since == at


def test_a_lost_keyring_gives_the_same_names_again_also_to_whoever_came_since(
    house: House, tmp_path: Path
) -> None:
    owner = uuid4()
    before = house.keyring.lookup_hashes(owner, "phone", NUMBERS)
    made = keyring_backup.back_up(house.keyring, tmp_path, now=datetime.now(UTC))
    since = house.keyring.lookup_hash(owner, "phone", "+46701999999")
    lose(house)

    keyring_backup.put_back(house.keyring, house.ledger, made.file, now=datetime.now(UTC))

    assert house.keyring.lookup_hash(owner, "phone", "+46701999999") == since
    assert house.keyring.lookup_hashes(owner, "phone", NUMBERS) == before


def test_names_made_since_stay_when_a_backup_is_put_back_beside_them(
    house: House, tmp_path: Path
) -> None:
    owner = uuid4()
    old = house.keyring.lookup_hash(owner, "phone", NUMBERS[0])
    made = keyring_backup.back_up(house.keyring, tmp_path, now=datetime.now(UTC))
    with house.keyring.database.transaction() as session:
        session.execute(delete(LookupName))
    house.keyring.names.renew_seed(now=datetime.now(UTC))
    new = house.keyring.lookup_hash(owner, "phone", NUMBERS[0])

    keyring_backup.put_back(house.keyring, house.ledger, made.file, now=datetime.now(UTC))

    assert new != old
    assert house.keyring.lookup_hash(owner, "phone", NUMBERS[0]) == new


@pytest.mark.parametrize("change", [
    "UPDATE names SET name = zeroblob(32)", "DELETE FROM names", "DROP TABLE names",
    "UPDATE seed SET seed = zeroblob(32)",
])  # fmt: skip
def test_a_backup_whose_names_were_altered_is_refused(
    house: House, tmp_path: Path, change: str
) -> None:
    house.keyring.lookup_hash(uuid4(), "phone", NUMBERS[0])
    made = keyring_backup.back_up(house.keyring, tmp_path, now=datetime.now(UTC))
    with sqlite3.connect(made.file) as copy:
        copy.execute(change)
    copy.close()

    with pytest.raises(BadKeyringBackupError, match="was altered or cut"):
        keyring_backup.put_back(house.keyring, house.ledger, made.file, now=datetime.now(UTC))


def test_a_seed_goes_with_the_next_backup_and_lies_in_no_later_one(
    house: House, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    house.keyring.lookup_hash(uuid4(), "phone", NUMBERS[0])
    seeds = list[bytes]()
    for days in range(3):
        made = keyring_backup.back_up(house.keyring, tmp_path, now=now + timedelta(days=days))
        with house.keyring.database.reading() as session:
            seeds.append(session.scalars(select(LookupSeed.seed)).one())
        written = made.file.read_bytes()
        assert [one in written for one in seeds] == [*[False] * days, True]
    assert len(set(seeds)) == 3


def test_where_no_backup_came_about_the_seed_is_that_of_the_last(
    house: House, tmp_path: Path
) -> None:
    owner, now = uuid4(), datetime.now(UTC)
    made = keyring_backup.back_up(house.keyring, tmp_path, now=now)
    with house.keyring.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE data_keys RENAME TO away")
    with pytest.raises(DBAPIError):
        keyring_backup.back_up(house.keyring, tmp_path, now=now + timedelta(days=1))
    with house.keyring.database.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE away RENAME TO data_keys")
    house.keyring.database.engine.dispose()
    name = house.keyring.lookup_hash(owner, "phone", NUMBERS[0])
    keys = house.keyring.make_keys([owner])
    lose(house)

    keyring_backup.put_back(house.keyring, house.ledger, made.file, now=now)

    hashed = hmac.digest(keys[owner], f"phone\0{NUMBERS[0]}".encode(), "sha256")
    assert house.keyring.names.of(owner, [hashed]) == [name]


def test_a_backup_from_before_there_were_names_is_refused(house: House, tmp_path: Path) -> None:
    made = keyring_backup.back_up(house.keyring, tmp_path, now=datetime.now(UTC))
    told = json.dumps({"made_at": datetime.now(UTC).isoformat(), "keys": 0, "digest": ""})
    with sqlite3.connect(made.file) as copy:
        copy.execute("DROP TABLE names")
        copy.execute("DROP TABLE seed")
        copy.execute("DELETE FROM note")
        sealed = house.keyring.seal_note(told, UUID(int=1))
        copy.execute("INSERT INTO note VALUES (?, ?)", sealed)
    copy.close()

    with pytest.raises(BadKeyringBackupError, match="nobody would be found again"):
        keyring_backup.put_back(house.keyring, house.ledger, made.file, now=datetime.now(UTC))
