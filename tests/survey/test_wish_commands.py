"""What people said about being contacted, as an operator types it and imports it."""

import csv
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from storage.house import House, reading, utc_now
from storage.states import InvitationState
from storage.tables import Consent, Invitation, Objection
from survey.wish_commands import consents_group, objections_group

PLACE = ("--organisation", "consumer-credit")
PHONE = "070-174 06 05"
NOES = "phone,email,method,made_at"
YESES = "phone,email,method,given_at,source,expires_at"


def run(group: click.Group, *arguments: str | Path, typed: str | None = None) -> Result:
    return CliRunner().invoke(
        group, [str(one) for one in arguments], input=typed, catch_exceptions=False
    )


def rows(table: Any) -> list[Any]:
    with reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def faults(path: Path) -> list[list[str]]:
    with path.with_name(path.name + ".errors.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.mark.parametrize(
    ("arguments", "typed"),
    [
        ((), f"{PHONE}\n"),
        (("--phone",), f"{PHONE}\n"),
        (("--phone", PHONE), None),
        (("--phone", "--email"), f"{PHONE}\nMaja@Example.org\n"),
    ],
)
def test_a_no_is_noted_for_whoever_is_typed_piped_or_given(
    shipped: House, invite: Any, arguments: tuple[str, ...], typed: str | None
) -> None:
    invite(phone="+46701740605")

    first = run(objections_group, "add", *PLACE, *arguments, typed=typed)
    again = run(objections_group, "add", *PLACE, *arguments, typed=typed)

    assert first.stdout == "noted: no contact (all); 1 open invitations withdrawn\n"
    assert again.stdout == "noted before: no contact (all); 0 open invitations withdrawn\n"
    assert [one.state for one in rows(Invitation)] == [InvitationState.WITHDRAWN]


def test_an_address_is_told_from_a_number_and_capitals_are_no_matter(shipped: House) -> None:
    run(objections_group, "add", *PLACE, "--method", "email", typed="Maja@Example.org\n")

    checked = run(objections_group, "check", *PLACE, typed="maja@example.ORG\n")

    assert checked.stdout.startswith("email: objected 20")
    assert checked.stdout.endswith("(command)\n")


def test_what_was_taken_back_is_told_with_when_and_from_where(shipped: House) -> None:
    run(objections_group, "add", *PLACE, "--source", "letter", typed=PHONE)

    taken = run(objections_group, "withdraw", *PLACE, typed=PHONE)
    twice = run(objections_group, "withdraw", *PLACE, typed=PHONE)

    assert taken.stdout == "1 objections withdrawn\n"
    assert twice.stdout == "there was no such objection\n"
    told = run(objections_group, "check", *PLACE, typed=PHONE).stdout
    assert "(letter), taken back 20" in told
    assert told.endswith("(command)\n")


def test_of_somebody_who_never_said_anything_that_is_said(shipped: House) -> None:
    assert (
        "no objection to Exempelkredit"
        in run(objections_group, "check", *PLACE, typed=PHONE).stdout
    )
    assert "no consent to Exempelkredit" in run(consents_group, "check", *PLACE, typed=PHONE).stdout


@pytest.mark.parametrize(
    ("typed", "clue"),
    [
        ("12\n", "is not a telephone number"),
        ("nobody@\n", "is not a mail address"),
        ("\n", "nothing was given"),
        (None, "nothing was given"),
    ],
)
def test_what_is_neither_number_nor_address_is_refused_without_repeating_it(
    shipped: House, typed: str | None, clue: str
) -> None:
    result = run(objections_group, "add", *PLACE, typed=typed)

    assert (result.exit_code, result.stdout) == (2, "")
    assert clue in result.stderr
    assert not typed or typed == "\n" or typed.strip() not in result.stderr
    assert rows(Objection) == []


def test_an_unknown_organisation_is_named_with_those_there_are(shipped: House) -> None:
    result = run(objections_group, "check", "--organisation", "nobody", typed=PHONE)

    assert result.exit_code == 2
    assert "consumer-credit" in result.stderr


def test_objections_of_a_file_bite_at_once_and_the_file_may_be_imported_again(
    shipped: House, invite: Any, write: Any
) -> None:
    invite(phone="+46701740605")
    path = write(
        NOES, f"{PHONE},,calls,2025-01-31", ",maja@example.org,,", "", "0701740699,,SMS,",
        name="noes.csv",
    )  # fmt: skip

    first = run(objections_group, "import", path, *PLACE)
    again = run(objections_group, "import", path, *PLACE)

    assert first.stdout == (
        "3 lines: 3 new objections, 0 known already, 0 left out, 1 open invitations withdrawn\n"
    )
    assert again.stdout.startswith("3 lines: 0 new objections, 3 known already")
    stored = {one.method: one for one in rows(Objection)}
    assert {(method, one.source) for method, one in stored.items()} == {
        ("calls", "import"), ("all", "import"), ("sms", "import"),
    }  # fmt: skip
    assert stored["calls"].made_at.isoformat() == "2025-01-30T23:00:00+00:00"
    (invitation,) = rows(Invitation)
    assert invitation.state is InvitationState.WITHDRAWN
    assert invitation.ended_at.year >= 2026


def test_lines_that_cannot_be_used_are_listed_by_number_and_the_good_ones_stored(
    shipped: House, write: Any
) -> None:
    path = write(
        NOES, f"{PHONE},,calls,", "12,,,", ",no address,,", ",,,", f"{PHONE},x", "12,no address,,",
        name="noes.csv",
    )  # fmt: skip

    result = run(objections_group, "import", path, *PLACE)

    assert result.exit_code == 1
    assert result.stdout.startswith("6 lines: 1 new objections, 0 known already, 5 left out")
    assert [(line, column) for line, column, _ in faults(path)] == [
        ("3", "phone"), ("4", "email"), ("5", ""), ("6", ""), ("7", "email"),
    ]  # fmt: skip
    assert "no address" not in path.with_name("noes.csv.errors.csv").read_text("utf-8")


def test_a_no_is_a_no_whatever_else_of_its_line_cannot_be_read(shipped: House, write: Any) -> None:
    path = write(
        NOES, "0701740601,,fax,", "0701740602,,calls,soon", "0701740603,,calls,2999-01-01",
        "0701740604,,never,yesterday", "0701740605,no address,sms,", "12,maja@example.org,email,",
        name="noes.csv",
    )  # fmt: skip

    result = run(objections_group, "import", path, *PLACE)
    again = run(objections_group, "import", path, *PLACE)

    assert result.exit_code == again.exit_code == 1
    assert result.stdout.startswith("6 lines: 6 new objections, 0 known already, 0 left out")
    assert again.stdout.startswith("6 lines: 0 new objections, 6 known already, 0 left out")
    assert "stored all the same, as a no: 7" in result.stderr
    assert [(line, column) for line, column, _ in faults(path)] == [
        ("2", "method"), ("3", "made_at"), ("4", "made_at"), ("5", "method"), ("5", "made_at"),
        ("6", "email"), ("7", "phone"),
    ]  # fmt: skip
    stored = rows(Objection)
    (owner,) = {one.organisation_id for one in stored}
    numbers = {f"+4670174060{digit}": "phone" for digit in range(1, 6)}
    of = [
        shipped.keyring.lookup_hash(owner, kind, value)
        for value, kind in (numbers | {"maja@example.org": "email"}).items()
    ]
    methods = {one.subject_hash: one.method for one in stored}
    assert [methods[one] for one in of] == ["all", "calls", "calls", "all", "sms", "email"]
    assert all(one.made_at.year >= 2026 for one in stored)
    assert max(one.made_at for one in stored) <= utc_now()


def test_a_yes_with_a_fault_is_no_yes(shipped: House, write: Any) -> None:
    path = write(
        YESES, f"{PHONE},,fax,2026-01-03,form,", f"{PHONE},no address,calls,2026-01-03,form,",
        name="yeses.csv",
    )  # fmt: skip

    result = run(consents_group, "import", path, *PLACE)

    assert result.stdout.startswith("2 lines: 0 new consents, 0 known already, 2 left out")
    assert rows(Consent) == []


@pytest.mark.parametrize("header", ["phone,email,method", "phone,email,method,made_at,name", ""])
def test_a_file_with_another_header_is_refused_whole(
    shipped: House, write: Any, header: str
) -> None:
    result = run(objections_group, "import", write(header, f"{PHONE},,,"), *PLACE)

    assert (result.exit_code, result.stdout) == (2, "")
    assert "phone,email,method,made_at" in result.stderr


def test_a_file_that_is_not_there_is_named_as_such(shipped: House, tmp_path: Path) -> None:
    result = run(objections_group, "import", tmp_path / "none.csv", *PLACE)

    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_consents_are_imported_checked_and_withdrawn(shipped: House, write: Any) -> None:
    path = write(
        YESES, f"{PHONE};;calls;2026-01-01T10:00;contract 2025;2999-01-01".replace(";", ","),
        ",maja@example.org,all,2026-01-02,web form,", f"{PHONE},,calls,2026-01-03,,",
        f"{PHONE},,calls,2026-01-03,form,2026-01-03", name="yeses.csv",
    )  # fmt: skip

    first = run(consents_group, "import", path, *PLACE)
    again = run(consents_group, "import", path, *PLACE)

    assert (first.exit_code, again.exit_code) == (1, 1)
    assert first.stdout == "4 lines: 2 new consents, 0 known already, 2 left out\n"
    assert again.stdout == "4 lines: 0 new consents, 2 known already, 2 left out\n"
    assert [(line, column) for line, column, _ in faults(path)] == [
        ("4", "source"), ("5", "expires_at"),
    ]  # fmt: skip
    assert run(consents_group, "check", *PLACE, typed=PHONE).stdout == (
        "calls: consented 2026-01-01 10:00 (contract 2025), until 2999-01-01 00:00\n"
    )
    taken = run(consents_group, "withdraw", *PLACE, "--method", "calls", typed=PHONE)
    assert taken.stdout == "1 consents withdrawn\n"
    assert "withdrawn 20" in run(consents_group, "check", *PLACE, typed=PHONE).stdout
    assert len([one for one in rows(Consent) if one.withdrawn_at is None]) == 1


def test_a_consent_told_again_with_another_end_gets_that_end(shipped: House, write: Any) -> None:
    run(
        consents_group, "import",
        write(YESES, f"{PHONE},,calls,2026-01-01,form,", name="a.csv"), *PLACE,
    )  # fmt: skip

    result = run(
        consents_group, "import",
        write(YESES, f"{PHONE},,calls,2026-01-01,form,2027-01-01", name="b.csv"), *PLACE,
    )  # fmt: skip

    assert result.stdout.startswith("1 lines: 1 new consents")
    (consent,) = rows(Consent)
    assert consent.expires_at.isoformat() == "2026-12-31T23:00:00+00:00"
