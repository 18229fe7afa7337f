"""A mailbox that is in no file any more: no address stays, its messages do, and it may be back."""

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from config.directory import Configuration
from config.retention_rules import DataClass
from storage import keyring_backup, receipt_writing
from storage.house import House, open_house, reading, transaction
from storage.keyring import Keyring
from storage.matters import HoldScope
from storage.tables import Hold, Mailbox, Message, Organisation, Role, User
from survey import mailbox_staff, organisations
from survey.retirement import StaffHeldError
from tests.privacy.backups import back_up, restore
from tests.privacy.test_restoring import restore_check
from tests.privacy.traces import make_message, run
from tests.rows import NOON, add, make_call

SERVICE = "answering-service"
ADDRESS = "reception@exempelsvar.example"


class NobodyComesToIt(Keyring):
    """A keyring of a process that is killed before it destroys anything."""

    def destroy(self, items: Iterable[UUID]) -> int:
        raise KeyboardInterrupt


def apply(house: House, files: Configuration, *, keyring: Keyring | None = None) -> list[str]:
    with transaction() as session:
        return organisations.apply(session, files, keyring=keyring or house.keyring, now=NOON)


def without(files: Configuration, key: str = "reception") -> Configuration:
    """The same files without one mailbox."""
    file = files.organisations[SERVICE]
    left = tuple(one for one in file.mailboxes if one.key != key)
    changed = file.model_copy(update={"mailboxes": left})
    return replace(files, organisations={**files.organisations, SERVICE: changed})


def owner() -> Organisation:
    with reading() as session:
        return session.scalars(select(Organisation).where(Organisation.key == SERVICE)).one()


def reception() -> Mailbox:
    with reading() as session:
        return session.scalars(select(Mailbox).where(Mailbox.key == "reception")).one()


def row(mailbox: Mailbox) -> Mailbox | None:
    with reading() as session:
        return session.get(Mailbox, mailbox.id)


def write_out(house: House) -> None:
    receipt_writing.write_out(ledger=house.ledger, keyring=house.keyring, now=NOON)


def receipts(house: House) -> list[tuple[str, int, int]]:
    """The rule, the rows and the keys of what the ledger says of mailboxes."""
    lines = [json.loads(line.body) for line in house.ledger.lines(owner().id)]
    return [(b["rule"], b["count"], b["keys"]) for b in lines if b["kind"] == "mailboxes"]


def test_of_a_mailbox_that_vanished_no_address_and_no_key_is_left_and_its_messages_show_its_name(
    house: House, files: Configuration
) -> None:
    apply(house, files)
    before = reception()
    message = make_message(house, mailbox=before)

    changes = apply(house, without(files))
    write_out(house)

    closed = "mailbox reception: is in no file any more, takes no more messages"
    assert changes == [f"organisation {SERVICE}: {one}" for one in (closed, "changed")]
    after = row(before)
    assert after is not None
    assert (after.notify_sealed, after.script, after.name) == (None, {}, before.name)
    assert "reception" not in (after.key, after.number)
    assert house.keyring.keys([before.id]) == {}
    assert receipts(house) == [("staff_register: in no file any more", 1, 1)]
    with reading() as session:
        assert session.get_one(Message, message.id).mailbox_id == before.id
    assert apply(house, without(files)) == []


def test_a_key_whose_destruction_was_cut_off_is_destroyed_by_the_next_run_of_the_purge(
    house: House, files: Configuration
) -> None:
    apply(house, files)
    before = reception()
    make_message(house, mailbox=before)
    dying = NobodyComesToIt(house.keyring.database, house.keyring._masters)

    with pytest.raises(KeyboardInterrupt):
        apply(house, without(files), keyring=dying)
    assert set(house.keyring.keys([before.id])) == {before.id}
    run(house, NOON)

    assert house.keyring.keys([before.id]) == {}
    assert receipts(house) == [("staff_register: in no file any more", 1, 1)]


def test_a_mailbox_that_is_back_is_new_and_nothing_of_the_old_one_touches_it(
    house: House, files: Configuration
) -> None:
    apply(house, files)
    before = reception()
    dying = NobodyComesToIt(house.keyring.database, house.keyring._masters)
    with pytest.raises(KeyboardInterrupt):
        apply(house, without(files), keyring=dying)

    changes = apply(house, files)
    run(house, NOON)

    assert f"organisation {SERVICE}: mailbox reception: new" in changes
    after = reception()
    assert after.id != before.id
    assert (after.number, after.script) == (before.number, before.script)
    opened = house.keyring.open(after.id, "mailbox.notify", after.notify_sealed)
    assert json.loads(opened or "") == [ADDRESS]
    assert row(before) is None


def test_the_row_goes_with_its_last_message_by_age_and_not_before(
    house: House, files: Configuration
) -> None:
    apply(house, files)
    before = reception()
    make_message(house, mailbox=before)
    apply(house, without(files))

    run(house, NOON + timedelta(days=150))
    between = row(before)
    run(house, NOON + timedelta(days=200))

    assert between is not None
    assert row(before) is None
    assert receipts(house)[-1][0].startswith("staff_register: never by age")
    with reading() as session:  # the others are as they were
        others = {one.key for one in session.scalars(select(Mailbox)) if one.notify_sealed}
    assert "on-call" in others


def test_who_is_in_a_call_with_it_hears_the_rest(house: House, files: Configuration) -> None:
    apply(house, files)
    before = reception()
    call = make_call(before.organisation_id, at=NOON, mailbox_id=before.id)
    with transaction() as session:
        session.merge(call).ended_at = None

    apply(house, without(files))
    during = row(before)
    with transaction() as session:
        session.merge(call).ended_at = NOON
    apply(house, without(files))

    assert during is not None
    assert (during.script, during.notify_sealed) == (before.script, None)
    after = row(before)
    assert after is not None
    assert after.script == {}


def test_a_mailbox_that_closed_before_there_was_a_key_to_destroy_is_closed_by_the_next_apply(
    house: House, files: Configuration
) -> None:
    apply(house, files)
    before = reception()
    with transaction() as session:  # as an earlier version left it
        session.get_one(Mailbox, before.id).number = f"none-{before.id.hex[-14:]}"

    apply(house, without(files))

    assert house.keyring.keys([before.id]) == {}
    after = row(before)
    assert after is not None
    assert after.notify_sealed is None


def test_after_a_restore_the_addresses_are_erased_again(
    house: House, files: Configuration, tmp_path: Path
) -> None:
    apply(house, files)
    before = reception()
    sealed = before.notify_sealed
    make_message(house, mailbox=before)
    made = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    back_up(house, tmp_path / "backup")
    apply(house, without(files))
    write_out(house)
    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)

    keyring_backup.put_back(opened.keyring, opened.ledger, made.file, now=NOON)
    restore_check()

    assert sealed is not None
    assert opened.keyring.keys([before.id]) == {}
    after = row(before)
    assert after is not None
    nothing = f"none-{before.id.hex[-14:]}"
    assert (after.key, after.number, after.notify_sealed) == (nothing, nothing, None)
    assert (after.script, after.retired_at is None) == ({}, False)


def test_the_register_of_staff_names_the_mailboxes_that_take_messages(
    house: House, files: Configuration
) -> None:
    apply(house, files)
    apply(house, without(files, "on-call"))

    with reading() as session:
        found = mailbox_staff.register(session, owner(), keyring=house.keyring)

    assert [(one.mailbox, one.addresses) for one in found] == [("reception", (ADDRESS,))]


def telling(files: Configuration, *addresses: str) -> Configuration:
    """The same files with other addresses of the reception."""
    file = files.organisations[SERVICE]
    boxes = tuple(
        one.model_copy(update={"notify": addresses}) if one.key == "reception" else one
        for one in file.mailboxes
    )
    changed = file.model_copy(update={"mailboxes": boxes})
    return replace(files, organisations={**files.organisations, SERVICE: changed})


def test_an_address_that_a_mailbox_tells_no_more_opens_in_no_backup(
    house: House, files: Configuration, tmp_path: Path
) -> None:
    apply(house, files)
    before = reception()
    message = make_message(house, mailbox=before)
    back_up(house, tmp_path / "backup")

    changes = apply(house, telling(files, "new@exempelsvar.example"))
    write_out(house)

    assert f"organisation {SERVICE}: mailbox reception: changed" in changes
    after = reception()
    assert (after.id != before.id, row(before)) == (True, None)
    assert (after.number, after.name, after.retired_at) == (before.number, before.name, None)
    opened = house.keyring.open(after.id, "mailbox.notify", after.notify_sealed)
    assert json.loads(opened or "") == ["new@exempelsvar.example"]
    with reading() as session:
        assert session.get_one(Message, message.id).mailbox_id == after.id
    assert house.keyring.keys([before.id]) == {}
    assert receipts(house) == [("staff_register: an address in no file any more", 1, 1)]
    assert apply(house, telling(files, "new@exempelsvar.example")) == []

    restore(house, tmp_path / "backup")
    again = open_house(house.settings, restored=True)
    restore_check()
    there = row(before)
    assert there is not None
    assert (there.notify_sealed, there.retired_at is not None) == (None, True)
    # Until the files are applied, which the release does: it is another one then.
    apply(again, telling(files, "new@exempelsvar.example"))
    assert reception().number == before.number


@pytest.mark.parametrize("change", [without, lambda files: telling(files, "new@x.example")])
def test_no_address_goes_while_the_register_of_staff_is_held(
    house: House, files: Configuration, change: Callable[[Configuration], Configuration]
) -> None:
    apply(house, files)
    before = reception()
    clerk = User(
        id=uuid4(), organisation_id=owner().id, role=Role.OFFICER,
        password_hash="x", created_at=NOON,
    )  # fmt: skip
    add(clerk)
    known: dict[str, Any] = {"owner_id": clerk.id, "review_at": NOON, "made_at": NOON}
    register = {"scope": HoldScope.DATA_CLASS, "data_class": DataClass.STAFF_REGISTER}
    hold = Hold(id=uuid4(), organisation_id=owner().id, **register, **known)
    add(hold)

    with pytest.raises(StaffHeldError, match=f"hold {hold.id} keeps .* mailbox reception"):
        apply(house, change(files))

    after = reception()
    assert (after.id, after.notify_sealed) == (before.id, before.notify_sealed)
    assert set(house.keyring.keys([before.id])) == {before.id}
    assert receipts(house) == []
    assert apply(house, telling(files, ADDRESS, "one@more.example")) != []
    with transaction() as session:
        session.get_one(Hold, hold.id).ends_at = NOON
    assert apply(house, change(files)) != []
    assert house.keyring.keys([before.id]) == {}


def test_what_others_hold_and_of_which_class_keeps_no_address(
    house: House, files: Configuration
) -> None:
    apply(house, files)
    with reading() as session:
        other = session.scalars(select(Organisation).where(Organisation.key != SERVICE)).first()
    assert other is not None
    clerk = User(
        id=uuid4(), organisation_id=other.id, role=Role.OFFICER,
        password_hash="x", created_at=NOON,
    )  # fmt: skip
    add(clerk)
    for organisation, data_class in (
        (other.id, DataClass.STAFF_REGISTER),
        (owner().id, DataClass.TELEPHONE_MESSAGES),
    ):
        add(
            Hold(
                organisation_id=organisation, scope=HoldScope.DATA_CLASS, data_class=data_class,
                owner_id=clerk.id, review_at=NOON, made_at=NOON,
            )
        )  # fmt: skip

    assert apply(house, without(files)) != []


def test_an_address_that_is_added_moves_nothing(house: House, files: Configuration) -> None:
    apply(house, files)
    before = reception()

    apply(house, telling(files, ADDRESS, "new@exempelsvar.example"))

    assert reception().id == before.id
    assert receipts(house) == []
