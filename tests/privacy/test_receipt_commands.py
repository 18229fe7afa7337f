"""What an operator and a client company see of the receipts."""

import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from config.settings import Settings
from privacy import head_mail
from privacy.receipt_commands import receipts_group
from storage import receipt_notes
from storage.faults import TryAgain
from storage.house import House, reading, transaction, utc_now
from storage.receipts import HOUSE_CHAIN, Receipt, What
from storage.tables import Alarm
from tests.post import Post
from tests.privacy.test_receipts import AGES_LATER, bodies, write_out
from tests.privacy.traces import leave_traces, run
from tests.rows import make_organisation

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def witness() -> str | None:
    return None


@pytest.fixture
def settings(settings: Settings, post: Post, witness: str | None) -> Settings:
    return settings.model_copy(update={"mail_url": post.url, "witness_email": witness})


def call(*arguments: str) -> Any:
    return CliRunner().invoke(receipts_group, list(arguments))


def spoil(house: House, change: str, **values: Any) -> None:
    with house.ledger.database.transaction() as session:
        session.execute(text(change), values)


def test_verify_finds_what_was_altered_and_says_which_line(house: House) -> None:
    person, other = leave_traces(house), leave_traces(house)
    run(house, AGES_LATER)
    key = person.organisation.key
    whole = call("verify")
    change = """UPDATE receipts SET body = replace(body, '"count"\\:1', '"count"\\:9')
        WHERE sequence = 2 AND chain = :chain"""
    spoil(house, change, chain=person.organisation.id.hex)

    result = call("verify")

    assert whole.exit_code == 0
    assert f"{key}: all well: 4 lines, up to " in whole.output
    assert result.exit_code == 1
    assert f"{key}: line 2: altered: its content does not fit its hash" in result.output
    assert f"{other.organisation.key}: all well" in result.output
    assert call("verify", "--organisation", other.organisation.key).exit_code == 0


def test_verify_tells_the_lines_that_it_read_and_not_those_that_should_be_there(
    house: House,
) -> None:
    person = leave_traces(house)
    run(house, AGES_LATER)
    spoil(house, "DELETE FROM receipts WHERE sequence = 2")

    result = call("verify")

    assert result.exit_code == 1
    assert f"{person.organisation.key}: line 2: missing, as is all up to line 2" in result.output
    assert f"{person.organisation.key}: not well: 3 lines, " in result.output


def test_a_checkpoint_of_a_day_that_is_yet_to_come_is_a_fault_here_and_in_what_is_handed_out(
    house: House, tmp_path: Path
) -> None:
    person, coming = leave_traces(house), utc_now() + timedelta(days=4)
    run(house, AGES_LATER)
    key, chain = person.organisation.key, person.organisation.id
    house.ledger.shred(now=AGES_LATER + timedelta(days=1_000))
    vouch = Receipt(what=What.CHECKPOINT, happened_at=coming, organisation_id=chain)
    assert house.ledger.expire(chain, 3, vouch, at=coming) == 3

    result = call("verify")
    call("export", "--organisation", key, "--to", str(tmp_path))
    checked = subprocess.run(
        [sys.executable, "-I", str(tmp_path / "verify.py")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    told = f"line 5: is a checkpoint of '{coming:%Y-%m-%d}', a day that is yet to come"
    assert (result.exit_code, checked.returncode) == (1, 1)
    assert f"{key}: {told}" in result.output
    assert told in checked.stdout
    assert f"{key}: not well: 2 lines, 4 to 5, up to " in result.output


def test_a_printed_head_shows_that_the_last_lines_were_cut_off(
    house: House, tmp_path: Path
) -> None:
    person = leave_traces(house)
    run(house, AGES_LATER)
    key, paper = person.organisation.key, tmp_path / "head.txt"
    paper.write_text(call("head", "--organisation", key).output)
    digest = house.ledger.head(person.organisation.id, at=AGES_LATER).hash
    # Everything that remembers the last line is made to forget it.
    spoil(house, "DELETE FROM receipts WHERE sequence = 4")
    spoil(house, "DELETE FROM receipt_details WHERE sequence = 4")
    spoil(house, "UPDATE receipt_chains SET sequence = 3, "
                 "hash = (SELECT hash FROM receipts WHERE sequence = 3)")  # fmt: skip
    with house.database.transaction() as session:
        session.execute(text("DELETE FROM ledger_heads"))

    unaware, by_file = call("verify"), call("verify", "--head", str(paper))
    by_hash = call("verify", "--organisation", key, "--head", digest)

    assert unaware.exit_code == 0
    assert by_file.exit_code == 1
    assert f"{key}: line 4: missing" in by_file.output
    assert by_hash.exit_code == 1
    assert f"{key}: line 4: no line has the given hash {digest[:16]}" in by_hash.output


def test_the_main_database_too_remembers_how_far_the_chain_went(house: House) -> None:
    person = leave_traces(house)
    run(house, AGES_LATER)
    spoil(house, "DELETE FROM receipts")
    spoil(house, "DELETE FROM receipt_details")
    spoil(house, "DELETE FROM receipt_chains")

    result = call("verify")

    assert result.exit_code == 1
    assert f"{person.organisation.key}: line 1: missing, as is all up to line 4" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("head", "--organisation", "nobody"), "there is no organisation nobody"),
        (("verify", "--head", "0" * 64), "add --organisation KEY or --house"),
        (("head",), "--organisation KEY, or --house for the house itself"),
        (("head", "--house", "--organisation", "nobody"), "--organisation KEY, or --house"),
        (("verify", "--house", "--organisation", "nobody"), "--organisation KEY, or --house"),
        (("mail-head", "--house"), "WITNESS_EMAIL is not set"),
        (("verify", "--head", "no-such-file"), "nor a file that can be read"),
        (("verify", "--head", "setup.cfg"), "can be read"),
    ],
)
def test_a_wrong_word_is_answered_with_one_line(
    house: House, arguments: tuple[str, ...], said: str
) -> None:
    result = call(*arguments)

    assert result.exit_code == 2
    assert said in result.output
    assert result.output.count("\n") == 1


def test_a_head_that_names_no_chain_is_answered_with_one_line(house: House, tmp_path: Path) -> None:
    printed = call("head", "--organisation", make_organisation().key).output
    spoilt = tmp_path / "head.txt"
    spoilt.write_text(re.sub("(?m)^chain: .*$", "chain: the-first", printed), "utf-8")

    result = call("verify", "--head", str(spoilt))

    assert result.exit_code == 2
    assert "holds no signed head" in result.output
    assert result.output.count("\n") == 1


def test_an_export_into_a_place_that_is_no_folder_says_so(house: House, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", "utf-8")
    place = tmp_path / "taken" / "receipts"

    result = call("export", "--organisation", make_organisation().key, "--to", str(place))

    assert result.exit_code == 2
    assert "cannot be written to" in result.output
    assert result.output.count("\n") == 1


def test_an_export_can_be_checked_by_who_has_nothing_of_ours(house: House, tmp_path: Path) -> None:
    person = leave_traces(house)
    run(house, AGES_LATER)
    folder = tmp_path / "handed-out"

    result = call("export", "--organisation", person.organisation.key, "--to", str(folder))

    checked = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py")],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.output.startswith("4 receipts in ")
    assert (checked.returncode, checked.stdout[:17]) == (0, "all well: 4 lines")
    lines = (folder / "receipts.jsonl").read_text()
    (folder / "receipts.jsonl").write_text(lines.replace("free_comments", "telephone_messages"))
    assert subprocess.run([sys.executable, "-I", str(folder / "verify.py")],
                          capture_output=True, check=False).returncode == 1  # fmt: skip


def test_the_head_is_mailed_once_a_month_and_the_mail_proves_the_chain(
    house: House, post: Post, tmp_path: Path
) -> None:
    person = leave_traces(house)
    make_organisation()  # of which nothing was deleted: nothing to mail
    run(house, AGES_LATER)
    last_of_month = AGES_LATER.replace(day=31, hour=22, minute=59)

    def mail(at: Any) -> int:
        return head_mail.mail_due(ledger=house.ledger, settings=house.settings, now=at)

    assert [mail(AGES_LATER), mail(AGES_LATER), mail(last_of_month.replace(hour=21))] == [1, 0, 0]
    # In Stockholm the month ends earlier than in Greenwich.
    assert mail(last_of_month) == 1

    first = post.taken[0]
    assert first["To"] == "privacy@example.org"
    assert person.organisation.name in first["Subject"]
    (tmp_path / "mail.eml").write_bytes(first.as_bytes())
    (tmp_path / "mail.txt").write_text(first.get_content())
    assert call("verify", "--head", str(tmp_path / "mail.txt")).exit_code == 0
    assert call("verify", "--head", str(tmp_path / "mail.eml")).exit_code == 0
    assert len(bodies(house, person.organisation.id)) == 4


def test_a_month_that_is_still_to_come_keeps_no_head_back(house: House, post: Post) -> None:
    leave_traces(house)
    run(house, AGES_LATER)

    def mail(at: datetime) -> int:
        return head_mail.mail_due(ledger=house.ledger, settings=house.settings, now=at)

    assert mail(AGES_LATER + timedelta(days=400)) == 1  # the clock ran ahead, and was set right
    assert [mail(AGES_LATER), mail(AGES_LATER)] == [1, 0]


def test_a_mail_server_that_is_away_is_asked_again_and_one_that_refuses_is_told_of(
    house: House, post: Post
) -> None:
    leave_traces(house)
    run(house, AGES_LATER)
    post.says = ["451 later", "550 no such mailbox"]

    def mail() -> int:
        return head_mail.mail_due(ledger=house.ledger, settings=house.settings, now=AGES_LATER)

    with pytest.raises(TryAgain):
        mail()
    assert mail() == 0
    with reading() as session:
        assert session.scalars(select(Alarm.kind)).one() == head_mail.ALARM
    assert mail() == 1
    with reading() as session:
        assert session.scalars(select(Alarm.cleared_at)).one() == AGES_LATER


WITNESS = "auditor@example.org"


def of_the_house(house: House) -> None:
    """Two receipts of what belongs to no organisation."""
    for _ in range(2):
        with transaction() as session:
            receipt = Receipt(what=What.PURGED, happened_at=AGES_LATER, kind="sittings", count=1)
            receipt_notes.note(session, receipt)
    write_out(house, at=AGES_LATER)


def test_the_houses_own_chain_has_a_head_an_export_and_a_check(
    house: House, tmp_path: Path
) -> None:
    of_the_house(house)
    leave_traces(house)
    run(house, AGES_LATER)
    paper, folder = tmp_path / "head.txt", tmp_path / "handed-out"
    paper.write_text(call("head", "--house").stdout)

    exported = call("export", "--house", "--to", str(folder))
    verified = call("verify", "--house", "--head", str(paper))

    assert exported.output.startswith("2 receipts in ")
    checked = subprocess.run(
        [sys.executable, "-I", str(folder / "verify.py"), "--head", str(paper)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (checked.returncode, checked.stdout[:17]) == (0, "all well: 2 lines")
    assert verified.output.startswith("(the house itself): all well: 2 lines, up to ")
    assert verified.output.count("\n") == 1
    spoil(
        house, "DELETE FROM receipts WHERE sequence = 2 AND chain = :chain", chain=HOUSE_CHAIN.hex
    )
    digest = house.ledger.head(HOUSE_CHAIN, at=AGES_LATER).hash
    assert call("verify", "--house", "--head", digest).exit_code == 1


@pytest.mark.parametrize("witness", [WITNESS])
def test_the_head_of_the_house_is_mailed_to_its_witness_once_a_month_beside_the_others(
    house: House, post: Post, tmp_path: Path
) -> None:
    person = leave_traces(house)
    run(house, AGES_LATER)

    def mail(at: datetime) -> list[str]:
        del post.taken[:]
        head_mail.mail_due(ledger=house.ledger, settings=house.settings, now=at)
        return [str(one["To"]) for one in post.taken]

    assert mail(AGES_LATER) == ["privacy@example.org"]  # the house has no line yet
    of_the_house(house)
    assert mail(AGES_LATER) == [WITNESS]
    (told,) = post.taken
    assert told["Subject"] == "Deletion receipts of the house at genklang.example: head, line 2"
    (tmp_path / "mail.eml").write_bytes(told.as_bytes())
    (tmp_path / "mail.txt").write_text(told.get_content())
    assert "flask receipts verify --house --head FILE" in told.get_content()
    assert call("verify", "--house", "--head", str(tmp_path / "mail.txt")).exit_code == 0
    wrong = call("verify", "--house", "--head", str(tmp_path / "mail.eml"))
    assert wrong.exit_code == 0
    of_another = call(
        "verify", "--organisation", person.organisation.key, "--head", str(tmp_path / "mail.eml")
    )
    assert (of_another.exit_code, "is of another chain" in of_another.output) == (2, True)

    assert mail(AGES_LATER.replace(day=31, hour=23, minute=59)) == ["privacy@example.org"]
    assert mail(AGES_LATER.replace(month=AGES_LATER.month + 1, day=1, hour=0)) == [WITNESS]


@pytest.mark.parametrize("witness", [WITNESS])
def test_the_house_s_head_is_mailed_when_somebody_says_so_and_a_refusal_is_an_alarm(
    house: House, post: Post
) -> None:
    of_the_house(house)

    assert call("mail-head", "--house").output == f"line 2 mailed to {WITNESS}\n"
    assert [str(one["To"]) for one in post.taken] == [WITNESS]

    later = AGES_LATER + timedelta(days=9_000)
    post.says = ["550 no such mailbox"]
    assert head_mail.mail_due(ledger=house.ledger, settings=house.settings, now=later) == 0
    with reading() as session:
        alarm = session.scalars(select(Alarm)).one()
    assert (alarm.kind, alarm.subject) == (head_mail.ALARM, str(HOUSE_CHAIN))
    assert alarm.organisation_id is None


def test_without_a_witness_nobody_is_mailed_the_houses_head(house: House, post: Post) -> None:
    of_the_house(house)

    assert head_mail.mail_due(ledger=house.ledger, settings=house.settings, now=AGES_LATER) == 0

    assert post.taken == []
