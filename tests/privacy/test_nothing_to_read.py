"""What an operator has left after a deletion and a restore opens nothing, key by key."""

import json
import shutil
from datetime import timedelta
from itertools import product
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from privacy import person_erasure
from privacy.empty_house import KINDS, search
from privacy.erasing import hands_of
from privacy.needles import Needle
from privacy.person_erasure import Errand
from privacy.persons import Person
from storage import keyring_backup, sealing
from storage.database import Database
from storage.house import House, close_house, open_house
from storage.keyring import WrappedKey
from storage.keyring_backup import BadKeyringBackupError
from storage.master_keys import MasterKeys
from storage.sealing import BrokenSealError
from storage.tables import Interaction, Row
from tests.privacy.backups import back_up, read, restore
from tests.privacy.planted import plant
from tests.privacy.test_receipts import write_out
from tests.privacy.test_request_steps import receive
from tests.privacy.test_restored_erasures import forget
from tests.privacy.traces import leave_traces, run
from tests.rows import NOON, make_campaign, make_customer, make_invitation, make_organisation

CASE = "Ärende-zqx-4711"
LATER = NOON + timedelta(days=1130)
"""Everything's time is over, but that of the staff register."""


def raw_keys(house: House) -> dict[UUID, bytes]:
    """Every key of the keyring's own rows, unwrapped with MASTER_KEY and nothing of ours."""
    masters = MasterKeys(house.settings.master_keys)
    database = Database(house.settings.keyring_url)
    with database.reading() as session:
        rows = session.scalars(select(WrappedKey)).all()
    database.close()
    return {one.item_id: masters.unwrap(one.wrapped, item=one.item_id, master=one.master)
            for one in rows}  # fmt: skip


def sealed_values(house: House) -> list[tuple[UUID, str, bytes]]:
    """Everything sealed in the main database and the recordings: id, what it is, bytes."""
    found: list[tuple[UUID, str, bytes]] = []
    for name, kind in KINDS.items():
        table_name, column = name.split(".")
        table = Row.metadata.tables[table_name]
        with house.database.reading() as session:
            rows = session.execute(select(table.c.id, table.c[column])).all()
        found += [(item, kind, bytes(value)) for item, value in rows if value is not None]
    found += [(item, "recording.audio", house.blobs.get(item)) for item in house.blobs.items()]
    return found


def readable(house: House) -> set[str]:
    """What any of the keys opens, taken for the key of whatever is sealed."""
    opened = set()
    for (item, kind, sealed), key in product(sealed_values(house), raw_keys(house).values()):
        unseal = sealing.unseal_file if kind == "recording.audio" else sealing.unseal
        try:
            unseal(key, sealed, item=item, kind=kind)
        except BrokenSealError:
            continue
        opened.add(kind)
    return opened


def spellings(text: str) -> set[bytes]:
    """A text as it might lie somewhere: plain, in PostgreSQL's hexadecimal, or as JSON has it."""
    plain = text.encode()
    return {plain, plain.hex().encode(), json.dumps(text)[1:-1].encode()}


def test_no_backup_tells_which_case_it_was(house: House, tmp_path: Path) -> None:
    """Neither one from before the deletion nor one from after it, of the keys as they were then."""
    organisation = make_organisation()
    invitation = make_invitation(
        make_campaign(organisation), make_customer(organisation), reference=CASE
    )
    with house.database.transaction() as session:
        session.get_one(Interaction, invitation.interaction_id).reason = "a reason-4711"
    needles = [Needle("case", tuple(spellings(CASE)))]
    place = "interactions.case_reference_sealed, opened"
    assert {one.place for one in search(house, needles).found} == {place}
    back_up(house, tmp_path / "before")
    run(house, LATER)
    back_up(house, tmp_path / "after", "keyring.db", "ledger.db")

    restore(house, tmp_path / "before")
    opened = open_house(house.settings, restored=True)

    before, after = read(tmp_path / "before"), read(tmp_path / "after")
    assert (b"a reason-4711" in before, b"a reason-4711" in after) == (True, False)
    assert [one for one in spellings(CASE) if one in before + after] == []
    with opened.database.reading() as session:
        sealed = session.scalars(select(Interaction.case_reference_sealed)).one()
    assert sealed is not None
    assert search(opened, needles).found == frozenset()
    close_house()


@pytest.mark.parametrize("days", [8, 400])
def test_a_restored_backup_opens_with_nothing_that_an_operator_still_has(
    house: House, tmp_path: Path, days: int
) -> None:
    """Not with MASTER_KEY, the keyring, or one of its backups that somebody kept past its life."""
    everything = {*KINDS.values(), "recording.audio"}
    plant(house, make_organisation())
    assert readable(house) == everything
    back_up(house, tmp_path / "backup", "recordings")
    made_at = LATER - timedelta(days=days)
    made = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=made_at)
    put_aside = Path(shutil.copy(made.file, tmp_path))
    run(house, LATER)
    kept = house.settings.keyring_backups_kept
    assert keyring_backup.remove_old(tmp_path / "apart", kept=kept, now=LATER) == 1

    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)

    assert {kind for _, kind, _ in sealed_values(opened)} == everything
    assert readable(opened) == set()
    if made_at + opened.ledger.kept < LATER:
        with pytest.raises(BadKeyringBackupError):
            keyring_backup.put_back(opened.keyring, opened.ledger, put_aside, now=LATER)
    else:
        done = keyring_backup.put_back(opened.keyring, opened.ledger, put_aside, now=LATER)
        assert done.restored == done.destroyed > 0
    assert readable(opened) == set()
    close_house()


def test_nor_does_anything_of_a_person_who_was_erased_on_request(
    house: House, tmp_path: Path
) -> None:
    traces = leave_traces(house)
    request = receive(house, traces.organisation)
    before = readable(house)
    assert {"customer.phone", "recording.audio", "transcript.words", "request.contact"} <= before
    back_up(house, tmp_path / "backup", "recordings")
    made = keyring_backup.back_up(house.keyring, tmp_path / "apart", now=NOON)
    hashes = (traces.customer.phone_hash or b"",)
    person = Person(traces.organisation.id, traces.customer.id, hashes)
    person_erasure.erase(person, Errand("r-1", None), hands=hands_of(house), now=NOON)
    forget(house, request)
    write_out(house)

    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)

    assert {kind for _, kind, _ in sealed_values(opened)} == before
    assert readable(opened) == set()
    keyring_backup.put_back(opened.keyring, opened.ledger, made.file, now=NOON)
    assert readable(opened) == set()
    close_house()
