"""The keyring: one key per item, wrapped, destroyed for good, under master keys that rotate."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.keyring import KeyDestroyedError, Keyring, KeyringTooNewError
from storage.master_keys import MasterKeys, WrongMasterKeyError

OLD, NEW = b"o" * 32, b"n" * 32
Opener = Callable[..., Keyring]


@pytest.fixture
def open_keyring(database_url: str) -> Iterator[Opener]:
    """Opens the same keyring again, with whichever master keys."""
    opened: list[Database] = []

    def open_it(*masters: bytes) -> Keyring:
        database = Database(database_url)
        opened.append(database)
        keyring = Keyring(database, MasterKeys(masters or (OLD,)))
        keyring.prepare()
        return keyring

    yield open_it
    for database in opened:
        database.close()


def test_fields_sealed_for_an_item_open_again_in_another_process(open_keyring: Opener) -> None:
    item = uuid4()
    sealed = open_keyring().seal(item, {"customer.name": "Åsa", "customer.email": None})

    name = open_keyring().open(item, "customer.name", sealed["customer.name"])

    assert name == "Åsa"
    assert sealed["customer.email"] is None


def test_a_destroyed_key_takes_the_text_with_it(open_keyring: Opener) -> None:
    keyring, item = open_keyring(), uuid4()
    sealed = keyring.seal_one(item, "comment.text", "the invoice was wrong")

    assert keyring.destroy([item]) == 1

    with pytest.raises(KeyDestroyedError):
        keyring.open(item, "comment.text", sealed)
    assert keyring.open_many([(item, "comment.text", sealed)]) == [None]
    assert keyring.destroy([item]) == 0


def test_the_keyring_holds_no_key_in_the_open(open_keyring: Opener, tmp_path: Path) -> None:
    keyring, item = open_keyring(), uuid4()
    key = keyring.make_keys([item])[item]

    with keyring.database.reading() as session:
        stored = session.execute(text("SELECT wrapped FROM data_keys")).scalar_one()

    assert key not in bytes(stored)


def test_two_makers_of_one_key_end_with_the_same_key(open_keyring: Opener) -> None:
    item = uuid4()

    first, second = open_keyring().make_keys([item]), open_keyring().make_keys([item])

    assert first == second


def test_a_wrong_master_key_is_refused_at_the_door(open_keyring: Opener) -> None:
    open_keyring(OLD)

    with pytest.raises(WrongMasterKeyError, match="which MASTER_KEY does not hold"):
        open_keyring(NEW)


def test_a_keyring_of_a_newer_version_is_refused_and_left_alone(open_keyring: Opener) -> None:
    keyring = open_keyring()
    with keyring.database.transaction() as session:
        session.execute(text("UPDATE about SET schema = 99"))

    with pytest.raises(KeyringTooNewError, match="schema 99"):
        open_keyring()


def test_master_keys_rotate_without_a_pause(open_keyring: Opener) -> None:
    item = uuid4()
    sealed = open_keyring(OLD).seal_one(item, "comment.text", "hello")
    both = open_keyring(NEW, OLD)

    rewrapped = both.rewrap(batch=10)

    assert rewrapped == 1
    assert both.rewrap() == 0
    assert open_keyring(NEW).open(item, "comment.text", sealed) == "hello"
    with pytest.raises(WrongMasterKeyError):
        open_keyring(OLD)


def test_look_up_hashes_find_the_same_number_of_one_organisation_only(
    open_keyring: Opener,
) -> None:
    keyring, ours, theirs = open_keyring(), uuid4(), uuid4()

    hashed = keyring.lookup_hash(ours, "phone", "+46701740605")

    assert hashed == open_keyring().lookup_hash(ours, "phone", "+46701740605")
    assert hashed != keyring.lookup_hash(theirs, "phone", "+46701740605")
    assert hashed != keyring.lookup_hash(ours, "email", "+46701740605")
    assert len(hashed) == 32


def test_a_key_left_under_a_master_key_that_was_taken_away_too_early_is_told_at_the_door(
    open_keyring: Opener,
) -> None:
    both = open_keyring(NEW, OLD)
    open_keyring(OLD, NEW).make_keys([uuid4()])  # a process that still began with the old one
    assert both.rewrap() == 1
    open_keyring(OLD, NEW).make_keys([uuid4()])

    with pytest.raises(WrongMasterKeyError, match="flask keys rotate"):
        open_keyring(NEW)
