"""The retention is changed at the terminal in sight of what it does, and by the right person."""

import io
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from config.settings import PROJECT
from privacy.policy_commands import foreseen, policy_group, prove
from storage import users
from storage.house import House, house, reading, transaction, utc_now
from storage.policies import PolicyError
from storage.tables import Organisation, PolicyVersion, Role
from survey.apply_command import make_apply_command

CREDIT = ("--organisation", "consumer-credit")
PASSWORD = "a password long enough"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "operator"
    for name in ("organisations", "surveys", "prompts"):
        shutil.copytree(PROJECT / "config" / name, place / name)
    return place


def change(folder: Path, old: str, new: str) -> None:
    file = folder / "organisations" / "consumer-credit.yaml"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def policy(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(policy_group, arguments, input=typed, catch_exceptions=False)


def applied(folder: Path, *more: str, typed: str = "") -> Result:
    command = make_apply_command(foreseen, prove)
    arguments = ["--config-dir", str(folder), *more]
    return CliRunner().invoke(command, arguments, input=typed, catch_exceptions=False)


def apply(folder: Path, *more: str, typed: str = "") -> str:
    return applied(folder, *more, typed=typed).stdout


def make_officers(*names: str) -> None:
    with transaction() as session:
        for name in names:
            users.create(
                session, house().keyring, name=name, password=PASSWORD, role=Role.OFFICER,
                organisation_id=None,
                at=utc_now(),
            )  # fmt: skip


def number_in_force() -> int:
    with reading() as session:
        wanted = select(Organisation.policy_number).where(Organisation.key == "consumer-credit")
        return session.scalars(wanted).one()


def test_from_a_changed_file_to_a_version_in_force(house: House, folder: Path) -> None:
    make_officers("ada", "eva")
    apply(folder)
    change(folder, "free_comments, keep: 12 months", "free_comments, keep: 6 months")

    said = apply(folder, "--by", "ada", typed=PASSWORD)
    own = policy("confirm", *CREDIT, "--version", "2", "--by", "ada", typed=PASSWORD)
    nobody = policy("confirm", *CREDIT, "--version", "2")
    forged = policy("confirm", *CREDIT, "--version", "2", "--by", "eva", typed="not her password")

    assert "free_comments: 12 months from answered, extended by legal hold → 6 months" in said
    assert "What goes by it cannot be brought back." in said
    assert {one.exit_code for one in (own, nobody, forged)} == {2}
    assert "somebody else than who proposed it" in own.stderr
    assert "a privacy officer of the organisation" in nobody.stderr
    assert "is not the password of eva" in forged.stderr
    assert number_in_force() == 1

    done = policy("confirm", *CREDIT, "--version", "2", "--by", "eva", typed=PASSWORD)
    history = policy("history", *CREDIT).stdout

    assert (done.exit_code, number_in_force()) == (0, 2)
    assert "version 1: superseded" in history
    assert "by ada, decided" in history
    assert "  free_comments: 12 months" in history
    assert "free_comments: 6 months from answered" in policy("show", *CREDIT).stdout


def test_a_proposal_of_nobody_is_adopted_by_one_and_confirmed_by_another(
    house: House, folder: Path
) -> None:
    make_officers("ada", "eva")
    apply(folder)
    change(folder, "free_comments, keep: 12 months", "free_comments, keep: 6 months")
    apply(folder)
    version = ("--version", "2", "--by")

    alone = policy("confirm", *CREDIT, *version, "ada", typed=PASSWORD)
    forged = policy("adopt", *CREDIT, *version, "ada", typed="not her password")
    adopted = policy("adopt", *CREDIT, *version, "ada", typed=PASSWORD)
    own = policy("confirm", *CREDIT, *version, "ada", typed=PASSWORD)
    assert number_in_force() == 1
    done = policy("confirm", *CREDIT, *version, "eva", typed=PASSWORD)

    assert (alone.exit_code, forged.exit_code, own.exit_code) == (2, 2, 2)
    assert "flask privacy policy adopt" in alone.stderr
    assert "version 2 is proposed by ada; another officer confirms" in adopted.stdout
    assert (done.exit_code, number_in_force()) == (0, 2)


def test_nobody_proposes_in_the_name_of_somebody_whose_password_they_do_not_know(
    house: House, folder: Path
) -> None:
    make_officers("ada", "eva")
    apply(folder)
    change(folder, "name: Exempelkredit\n", "name: Exempelkredit AB\n")
    change(folder, "free_comments, keep: 12 months", "free_comments, keep: 6 months")
    propose = ("propose", *CREDIT, "--config-dir", str(folder), "--by", "ada")

    forged = (
        applied(folder, "--by", "ada", typed="not her password"),
        policy(*propose, typed="not her password"),
        policy(*propose),
    )
    with reading() as session:
        names = session.scalars(select(Organisation.name)).all()
        proposed = session.scalars(select(PolicyVersion.number)).all()

    assert [one.exit_code for one in forged] == [2, 2, 1]
    assert "is not the password of ada; nothing is done" in forged[0].stderr
    assert ("Exempelkredit" in names, set(proposed)) == (True, {1})
    done = policy(*propose, typed=PASSWORD)
    assert "version 2 proposed" in done.stdout
    confirm = ("confirm", *CREDIT, "--version", "2", "--by")
    assert policy(*confirm, "ada", typed=PASSWORD).exit_code == 2
    assert policy(*confirm, "eva", typed=PASSWORD).exit_code == 0


def test_a_password_that_a_script_gives_is_read_without_a_warning_that_it_may_be_seen(
    house: House, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_officers("ada")
    with reading() as session:
        ada = users.find(session, house.keyring, "ada")
    assert ada is not None

    # Warnings are errors here, and the runner of other tests asks in a way of its own.
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{PASSWORD}\nwhat else the script reads\n"))
    prove(ada)

    assert capsys.readouterr().err == "Password of ada: read from standard input\n"
    assert sys.stdin.read() == "what else the script reads\n"
    with pytest.raises(PolicyError, match="is not the password of ada"):
        monkeypatch.setattr(sys, "stdin", io.StringIO("not her password"))
        prove(ada)


def test_no_password_is_asked_for_and_no_name_noted_where_no_retention_changes(
    house: House, folder: Path
) -> None:
    make_officers("ada")
    apply(folder)
    change(folder, "name: Exempelkredit\n", "name: Exempelkredit AB\n")

    renamed = applied(folder, "--by", "ada")
    change(folder, "answers, keep: 18 months", "answers, keep: 2 years")
    apply(folder)
    change(folder, "answers, keep: 2 years", "answers, keep: 18 months")
    taken_back = applied(folder, "--by", "ada")

    assert (renamed.exit_code, renamed.stderr) == (0, "")
    assert (taken_back.exit_code, "Password of ada" in taken_back.stderr) == (1, True)
    assert "by ada" not in policy("history", *CREDIT).stdout


def test_who_begins_an_organisation_in_somebodys_name_is_asked_for_the_password(
    house: House, folder: Path
) -> None:
    make_officers("ada")

    forged = applied(folder, "--by", "ada", typed="not her password")
    done = applied(folder, "--by", "ada", typed=PASSWORD)

    assert (forged.exit_code, done.exit_code) == (2, 0)
    assert "by ada" in policy("history", *CREDIT).stdout


def test_a_proposal_without_the_rest_of_the_file_is_seen_and_withdrawn(
    house: House, folder: Path
) -> None:
    apply(folder)
    change(folder, "name: Exempelkredit\n", "name: Exempelkredit AB\n")
    nothing = policy("propose", *CREDIT, "--config-dir", str(folder))
    change(folder, "answers, keep: 18 months", "answers, keep: 2 years")

    proposed = policy("propose", *CREDIT, "--config-dir", str(folder))
    seen = policy("preview", *CREDIT)
    waits = policy("show", *CREDIT)
    taken = policy("withdraw", *CREDIT)
    none = policy("preview", *CREDIT)

    assert "nothing is proposed" in nothing.stdout
    assert proposed.stdout == seen.stdout
    assert "answers: 18 months from answered" in seen.stdout
    assert "told the shorter period" in seen.stdout
    assert "to be confirmed: 'flask privacy policy confirm" in seen.stdout
    assert "version 2 waits" in waits.stdout
    assert "version 2 withdrawn, version 1 stays" in taken.stdout
    assert (none.exit_code, "nothing is proposed" in none.stderr) == (2, True)
    with reading() as session:
        names = session.scalars(select(Organisation.name)).all()
    assert "Exempelkredit" in names


def test_nobody_takes_a_proposal_back_in_the_name_of_somebody_whose_password_they_do_not_know(
    house: House, folder: Path
) -> None:
    make_officers("ada")
    apply(folder)
    change(folder, "answers, keep: 18 months", "answers, keep: 2 years")
    apply(folder)
    withdraw = ("withdraw", *CREDIT, "--by", "ada")

    forged = (policy(*withdraw, typed="not her password"), policy(*withdraw))

    assert [one.exit_code for one in forged] == [2, 1]
    assert "is not the password of ada; nothing is done" in forged[0].stderr
    assert "version 2 waits" in policy("show", *CREDIT).stdout
    done = policy(*withdraw, typed=PASSWORD)
    history = policy("history", *CREDIT).stdout
    assert "version 2 withdrawn, version 1 stays" in done.stdout
    assert "version 2: withdrawn" in history
    assert "by ada" in history.split("version 2: withdrawn")[1].splitlines()[0]
    nothing = policy(*withdraw)
    assert (nothing.exit_code, "Password" in nothing.stderr) == (2, False)


def test_a_period_beyond_its_ceiling_ends_with_one_line(house: House, folder: Path) -> None:
    apply(folder)
    change(folder, "answers, keep: 18 months", "answers, keep: 4 years")

    said = policy("propose", *CREDIT, "--config-dir", str(folder))

    assert said.exit_code == 2
    assert said.stderr == (
        "Error: the retention of consumer-credit stays version 1: answers would be kept for 4 "
        "years; 3 years is the most\n"
    )
