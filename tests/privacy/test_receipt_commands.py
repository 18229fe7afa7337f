"""What an operator and a client company see of the receipts."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select, text

from config.settings import Settings
from privacy import head_mail
from privacy.receipt_commands import receipts_group
from storage.faults import TryAgain
from storage.house import House, reading
from storage.tables import Alarm
from tests.post import Post, listening
from tests.privacy.test_receipts import AGES_LATER, bodies
from tests.privacy.traces import leave_traces, run
from tests.rows import make_organisation

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def post() -> Iterator[Post]:
    with listening("127.0.0.1") as server:
        yield server


@pytest.fixture
def settings(settings: Settings, post: Post) -> Settings:
    return settings.model_copy(update={"mail_url": post.url})


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
    assert f"{key}: all well, 4 lines up to " in whole.output
    assert result.exit_code == 1
    assert f"{key}: line 2: altered: its content does not fit its hash" in result.output
    assert f"{other.organisation.key}: all well" in result.output
    assert call("verify", "--organisation", other.organisation.key).exit_code == 0


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
        (("verify", "--head", "0" * 64), "add --organisation KEY"),
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
