"""A restored database does not open before it has forgotten again what was deleted since."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.retention_rules import DataClass
from privacy import holds
from privacy.receipt_commands import accept_loss_command, restore_check_command
from privacy.restored_commands import restored_group
from storage import policies, receipt_notes, users
from storage.blobs import SUFFIX
from storage.house import House, close_house, house, open_house, reading, transaction
from storage.keyring import WrappedKey
from storage.ledger_check import check
from storage.policy_states import PolicyState
from storage.receipts import HOUSE_CHAIN, Detail, Erased, Receipt, Way, What
from storage.restoration import LedgerBehindError, RestoredDatabaseError
from storage.states import CampaignState, TranscriptState
from storage.tables import (
    Answer,
    Campaign,
    Comment,
    Customer,
    Hold,
    Objection,
    Organisation,
    Recording,
    Role,
    Row,
    Transcript,
    User,
)
from tests.privacy.backups import MAIN, back_up, restore
from tests.privacy.test_receipts import AGES_LATER, bodies, write_out
from tests.privacy.traces import leave_traces, run
from tests.rows import NOON, RETENTION, add, make_organisation

PASSWORD = "a password long enough"
HELD = [RETENTION[0] | {"extended_by": ["legal_hold"]}, *RETENTION[1:]]


def count(table: type[Row]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def restore_check() -> Any:
    result = CliRunner().invoke(restore_check_command, [])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("with_keyring", [False, True])
def test_back_up_delete_restore_and_nothing_can_be_read_or_is_there(
    house: House, tmp_path: Path, with_keyring: bool
) -> None:
    person = leave_traces(house)
    kept = ["recordings", *(["keyring.db"] if with_keyring else [])]
    back_up(house, tmp_path / "backup", *kept)
    run(house, AGES_LATER)
    no = Objection(id=uuid4(), organisation_id=person.organisation.id, subject_hash=b"h" * 32,
                   method="all", source="call", made_at=NOON)  # fmt: skip
    add(no)
    write_out(house)

    restore(house, tmp_path / "backup")
    with pytest.raises(RestoredDatabaseError, match="flask storage restore-check"):
        open_house(house.settings)
    opened = open_house(house.settings, restored=True)

    # All that an operator has now: rows and files are back, and none of them opens.
    assert (count(Customer), len(list(opened.blobs.items()))) == (1, 1)
    with opened.keyring.database.reading() as session:
        keys = set(session.scalars(select(WrappedKey.item_id)))
    assert keys == {person.organisation.id}

    said = restore_check()

    for table in (Customer, Answer, Comment, Recording):
        assert count(table) == 0, table
    assert list(opened.blobs.items()) == []
    with reading() as session:
        assert session.scalars(select(Objection.id)).all() == [no.id]
    assert "1  objections" in said
    close_house()
    again = open_house(house.settings)
    assert check(again.ledger, person.organisation.id, now=NOON) == []
    assert "0  rows" in restore_check()


def heard() -> TranscriptState:
    with reading() as session:
        return session.scalars(select(Transcript.state)).one()


def keep_everything(house: House, person: Any) -> Any:
    """After the backup: a hold, a longer schedule, and an account that is closed."""
    owner = person.organisation
    with transaction() as session:
        officer = account(session, "officer")
        left = account(session, "left")
        answers_for_it = make_user(session, "since")
        organisation = session.get_one(Organisation, owner.id)
        hold = holds.add(
            session, organisation, holds.of_class(DataClass.ANSWERS),
            reason="a claim of Kund Kundsson", owner=answers_for_it,
            review_at=AGES_LATER + timedelta(days=9), ends_at=None,
            keyring=house.keyring, now=NOON,
        )  # fmt: skip
        rules = [dict(one) for one in organisation.document["retention"]]
        rules[0] |= {"keep": "19 months"}
        version = policies.propose(session, organisation, rules, by=officer.id, at=NOON)
        assert version is not None
        policies.put_in_force(session, organisation, version, by=None, at=NOON)
        users.disable(session, left, at=NOON)
    write_out(house)
    return hold.id, version.number, rules


def make_user(session: Session, name: str) -> User:
    return users.create(
        session,
        house().keyring,
        name=name,
        password=PASSWORD,
        role=Role.OFFICER,
        organisation_id=None,
        at=NOON,
    )


def account(session: Session, name: str) -> User:
    found = users.find(session, house().keyring, name)
    assert found is not None
    return found


def test_a_hold_a_schedule_and_a_closed_account_outlive_the_restore_and_the_purge_waits(
    house: House, tmp_path: Path
) -> None:
    person = leave_traces(house, organisation=make_organisation(retention=HELD))
    with transaction() as session:
        for name in ("officer", "left"):
            make_user(session, name)
        policies.locked(session, session.get_one(Organisation, person.organisation.id))
    back_up(house, tmp_path / "backup", "recordings")
    hold_id, number, rules = keep_everything(house, person)
    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)

    said = restore_check()

    assert "flask privacy restored show" in said
    assert f"That waits in: {person.organisation.key}" in said
    with reading() as session:
        hold = session.scalars(select(Hold)).one()
        owner = session.get_one(User, hold.owner_id)
        organisation = session.get_one(Organisation, person.organisation.id)
        left = account(session, "left")
        versions = [one.state for one in policies.history(session, organisation)]
        kept = [d for _, d in opened.ledger.details(organisation.id) if d.wishes]
    assert hold.id == hold_id
    assert holds.reason_of(opened.keyring, hold) == "reason lost in a restore, ask the owner"
    assert "Kundsson" not in str(kept) + str([d for _, d in opened.ledger.details(HOUSE_CHAIN)])
    assert (owner.disabled_at, owner.password_hash) == (NOON, "")
    assert (organisation.policy_number, organisation.document["retention"]) == (number, rules)
    assert versions == [PolicyState.SUPERSEDED, PolicyState.IN_FORCE]
    assert left.disabled_at == NOON
    run(opened, AGES_LATER)
    assert heard() is TranscriptState.DONE
    place = ["--organisation", organisation.key]
    assert str(hold_id) in CliRunner().invoke(restored_group, ["show", *place]).output
    confirm = ["confirm", *place, "--by", "officer"]
    assert CliRunner().invoke(restored_group, confirm, input="wrong").exit_code == 2
    run(opened, AGES_LATER)
    assert heard() is TranscriptState.DONE
    assert CliRunner().invoke(restored_group, confirm, input=PASSWORD).exit_code == 0
    run(opened, AGES_LATER)
    assert heard() is TranscriptState.ERASED
    assert count(Answer) == 1
    again = CliRunner().invoke(restored_group, confirm, input=PASSWORD)
    assert (again.exit_code, "confirmed already" in again.output) == (2, True)


def test_a_backup_older_than_the_ledger_remembers_stays_shut_with_nothing_changed(
    house: House, tmp_path: Path
) -> None:
    person = leave_traces(house)
    back_up(house, tmp_path / "backup", "recordings")
    run(house, AGES_LATER)
    assert house.ledger.shred(now=AGES_LATER + house.ledger.kept) > 0
    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)

    refused = CliRunner().invoke(restore_check_command, [])

    assert refused.exit_code == 2
    assert f"line 1 of chain {person.organisation.id}" in refused.output
    assert f", of {AGES_LATER:%Y-%m-%d}," in refused.output
    assert "BACKUPS_KEPT is 90 days" in refused.output
    with reading() as session:
        assert session.scalars(select(Campaign.state)).all() == [CampaignState.RUNNING]
    assert (count(Customer), len(list(opened.blobs.items()))) == (1, 1)
    with pytest.raises(RestoredDatabaseError):
        open_house(house.settings)


def test_lines_of_an_organisation_that_is_not_in_the_backup_stand_in_nobodys_way(
    house: House, tmp_path: Path
) -> None:
    leave_traces(house)
    back_up(house, tmp_path / "backup", "recordings")
    later = leave_traces(house).organisation
    receipt = Receipt(What.PURGED, NOON, organisation_id=later.id, detail=Detail(
        erased=Erased("customers", (uuid4(),), Way.REMOVE)))  # fmt: skip
    with transaction() as session:
        receipt_notes.note(session, receipt)
    write_out(house)
    house.ledger.shred(now=AGES_LATER + house.ledger.kept)
    restore(house, tmp_path / "backup")
    open_house(house.settings, restored=True)

    assert "paused: campaign" in restore_check()

    close_house()
    open_house(house.settings)


def test_a_line_written_just_before_a_crash_is_no_restore(house: House) -> None:
    receipt = Receipt(What.PURGED, NOON, organisation_id=leave_traces(house).organisation.id)
    with transaction() as session:
        receipt_notes.note(session, receipt)
    house.ledger.append([receipt], at=NOON)  # and the power went out before anybody noted it
    close_house()

    opened = open_house(house.settings)

    assert write_out(opened) == 1
    close_house()
    open_house(house.settings)


def accept_loss() -> str:
    result = CliRunner().invoke(accept_loss_command, [])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_ledger_put_back_from_a_backup_stays_shut_until_the_loss_is_accepted(
    house: House, tmp_path: Path
) -> None:
    first, second = leave_traces(house), leave_traces(house)
    run(house, NOON)
    back_up(house, tmp_path / "backup", "ledger.db")
    for main in ("genklang.db", MAIN):  # only the ledger comes back from the backup
        (tmp_path / "backup" / main).unlink(missing_ok=True)
    run(house, AGES_LATER)
    lines = {one.organisation.id: len(bodies(house, one.organisation.id))
             for one in (first, second)}  # fmt: skip
    restore(house, tmp_path / "backup")

    with pytest.raises(LedgerBehindError, match="flask receipts accept-loss"):
        open_house(house.settings)
    opened = open_house(house.settings, restored=True)
    said = accept_loss()

    for chain, number in lines.items():
        assert f"{chain}: {number} lines lost, noted" in said
        (noted,) = bodies(opened, chain)
        assert (noted["what"], noted["count"]) == ("lines_lost", number)
    assert accept_loss() == "No line is lost.\n"
    close_house()
    again = open_house(house.settings)
    for chain in lines:
        assert check(again.ledger, chain, now=AGES_LATER) == []
    third = leave_traces(again, organisation=first.organisation)
    run(again, AGES_LATER)
    assert [b["what"] for b in bodies(again, third.organisation.id)][:2] == [
        "lines_lost",
        "purged_by_age",
    ]


def test_who_holds_a_mailed_head_sees_that_lines_were_lost(house: House, tmp_path: Path) -> None:
    person = leave_traces(house)
    back_up(house, tmp_path / "backup", "ledger.db")
    for main in ("genklang.db", MAIN):
        (tmp_path / "backup" / main).unlink(missing_ok=True)
    run(house, AGES_LATER)
    mailed = house.ledger.head(person.organisation.id, at=AGES_LATER)
    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)

    accept_loss()

    found = check(
        opened.ledger,
        person.organisation.id,
        heads=[(mailed.sequence, mailed.hash)],
        now=AGES_LATER,
    )
    # The chain has only the note of the loss; the next of the four lines that were told is missing.
    assert (mailed.sequence, [fault.line for fault in found]) == (4, [2])


def test_while_the_store_is_away_the_check_says_so_in_one_line_and_can_be_repeated(
    house: House, tmp_path: Path
) -> None:
    person = leave_traces(house)
    back_up(house, tmp_path / "backup", "recordings")
    run(house, AGES_LATER)
    write_out(house)
    restore(house, tmp_path / "backup")
    opened = open_house(house.settings, restored=True)
    # Where the file lay there is something now that no store deletes.
    (found,) = (house.settings.data_dir / "recordings").rglob(f"*{SUFFIX}")
    found.rename(found.with_suffix(".aside"))
    (found / "in the way").mkdir(parents=True)

    refused = CliRunner().invoke(restore_check_command, [])

    assert refused.exit_code == 2
    assert refused.stderr.startswith("Error: the store of RECORDINGS_URL cannot be reached")
    assert refused.stderr.count("\n") == 1
    close_house()
    with pytest.raises(RestoredDatabaseError):
        open_house(house.settings)
    opened = open_house(house.settings, restored=True)
    (found / "in the way").rmdir()
    found.rmdir()
    found.with_suffix(".aside").rename(found)
    restore_check()
    assert list(opened.blobs.items()) == []
    assert count(Customer) == 0
    assert check(opened.ledger, person.organisation.id, now=NOON) == []


def test_a_no_that_the_ledger_has_from_before_there_were_names_is_known(
    house: House, tmp_path: Path
) -> None:
    organisation, number = make_organisation(), "+46701740677"
    back_up(house, tmp_path / "backup")
    hashed = house.keyring.keyed_hash(organisation.id, "phone", number)
    add(Objection(organisation_id=organisation.id, subject_hash=hashed, method="all",
                  source="sms", made_at=NOON))  # fmt: skip
    write_out(house)
    name = house.keyring.lookup_hash(organisation.id, "phone", number)  # the update gave it

    restore(house, tmp_path / "backup")
    open_house(house.settings, restored=True)
    restore_check()

    with reading() as session:
        assert session.scalars(select(Objection.subject_hash)).all() == [name]
    close_house()
