"""Importing files: each fault of a line is named, nothing personal is in the list of faults."""

import csv
import os
import random
import signal
import subprocess
import sys
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from storage.faults import GiveUp
from storage.house import House, reading
from storage.tables import Customer, Interaction, Invitation
from survey.interaction_file import NotAnImportFileError, checked_source
from survey.interaction_import import BATCH, ImportReport, Progress, import_file
from survey.interactions import Outcome
from survey.permission import Rule
from survey.places import UnknownPlaceError
from tests.rows import case_of

NOW = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
HEADER = "case_reference,phone,email,name,locale,channel,reason,team,happened_at"
GOOD = "A-1,070-174 06 05,ada@example.org,Ada,sv-SE,phone,billing,east,2026-03-10T09:00"


def run(house: House, path: Path, **changed: Any) -> ImportReport:
    wanted = {"organisation": "consumer-credit", "campaign": "after-case", "now": NOW} | changed
    return import_file(house, path, **wanted)


def counts() -> tuple[int, int, int]:
    with reading() as session:
        people, cases, invited = (
            session.scalar(select(func.count()).select_from(one)) or 0
            for one in (Customer, Interaction, Invitation)
        )
    return people, cases, invited


def faults(path: Path) -> list[tuple[str, str]]:
    """Line and column of each line left out, as the list beside the file has them."""
    with path.with_name(path.name + ".errors.csv").open(encoding="utf-8", newline="") as file:
        return [(row["line"], row["column"]) for row in csv.DictReader(file)]


def test_a_good_line_becomes_an_invited_customer_with_everything_the_line_says(
    shipped: House, write: Any
) -> None:
    report = run(shipped, write(HEADER, GOOD))

    assert (report.outcomes, report.faulty, report.errors) == ({Outcome.INVITED: 1}, 0, None)
    with reading() as session:
        case, person = session.execute(
            select(Interaction, Customer).join(Customer, Customer.id == Interaction.customer_id)
        ).one()
    assert (case_of(case), case.channel, case.reason, case.team) == (
        "A-1", "phone", "billing", "east",
    )  # fmt: skip
    # Nine on the wall in Stockholm, because the line names no zone.
    assert case.happened_at == datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    keyring = shipped.keyring
    assert keyring.open(person.id, "customer.phone", person.phone_sealed) == "+46701740605"
    assert (
        keyring.open(person.id, "customer.phone_as_given", person.phone_as_given_sealed)
        == "070-174 06 05"
    )
    assert keyring.open(person.id, "customer.name", person.name_sealed) == "Ada"
    assert keyring.open(person.id, "customer.email", person.email_sealed) == "ada@example.org"
    assert person.locale == "sv"


MORE = ",minor,guardian_leave_on,customer_since,customer_until"


def about() -> tuple[bool, date | None, date | None, date | None]:
    """What is known of the only customer besides how to reach them."""
    with reading() as session:
        one = session.scalars(select(Customer)).one()
    return one.minor, one.guardian_leave_on, one.customer_since, one.customer_until


def test_what_a_file_says_of_a_person_is_kept_and_what_it_leaves_out_stays_as_it_was(
    shipped: House, write: Any
) -> None:
    run(shipped, write(HEADER + MORE, GOOD + ",yes,2026-03-01,2020-01-31,2026-02-28"))
    told = (True, date(2026, 3, 1), date(2020, 1, 31), date(2026, 2, 28))
    assert about() == told

    newer = GOOD.replace("A-1", "A-2").replace("T09:00", "T10:00")
    run(shipped, write(HEADER, newer))
    assert about() == told

    newest = GOOD.replace("A-1", "A-3").replace("T09:00", "T10:30")
    run(shipped, write(HEADER + MORE, newest + ",no,,,"))
    assert about() == (False, *told[1:])


def sources() -> list[str | None]:
    with reading() as session:
        return list(session.scalars(select(Customer.source).order_by(Customer.phone_hash)))


def test_where_a_number_came_from_is_kept_by_the_line_or_for_the_whole_file(
    shipped: House, write: Any
) -> None:
    run(shipped, write(HEADER, GOOD))
    assert sources() == [None]

    # An older case fills what was not known; a newer one that says nothing leaves it.
    run(shipped, write(HEADER + ",source", GOOD.replace("A-1", "A-2") + ",order form"))
    assert sources() == ["order form"]
    newer = GOOD.replace("A-1", "A-3").replace("T09:00", "T10:00")
    run(shipped, write(HEADER, newer))
    assert sources() == ["order form"]

    other = newer.replace("A-3", "A-4").replace("T10:00", "T10:30")
    run(shipped, write(HEADER + ",source", f"{other},"), source="web shop")
    assert sources() == ["web shop"]


def test_a_source_is_some_words_and_no_more(shipped: House, write: Any) -> None:
    path = write(HEADER + ",source", f"{GOOD},{'x' * 81}")

    assert run(shipped, path).faulty == 1
    assert faults(path) == [("2", "source")]
    for wrong in ("", "  ", "x" * 81, "a\nb"):
        with pytest.raises(GiveUp, match="--source"):
            checked_source(wrong)


def test_without_the_columns_nobody_is_a_minor(shipped: House, write: Any) -> None:
    run(shipped, write(HEADER, GOOD))

    assert about() == (False, None, None, None)


@pytest.mark.parametrize(
    ("more", "column"),
    [
        ("perhaps,,,", "minor"),
        ("yes,1/3 2026,,", "guardian_leave_on"),
        (",,2020,", "customer_since"),
        (",,,tomorrow", "customer_until"),
    ],
)
def test_what_cannot_be_read_of_a_person_leaves_the_line_out(
    shipped: House, write: Any, more: str, column: str
) -> None:
    path = write(HEADER + MORE, f"{GOOD},{more}")

    assert run(shipped, path).faulty == 1
    assert faults(path) == [("2", column)]
    assert counts() == (0, 0, 0)


def test_a_minor_of_a_file_is_foreseen_and_refused(shipped: House, write: Any) -> None:
    path = write(HEADER + MORE, f"{GOOD},yes,,,")

    ahead = run(shipped, path, dry_run=True).ahead

    assert ahead is not None
    assert [one.rule for one in ahead.held_back] == [Rule.MINOR]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";"])
def test_columns_in_any_order_with_either_separator_with_or_without_a_mark(
    shipped: House, write: Any, separator: str, encoding: str
) -> None:
    names, values = list(reversed(HEADER.split(","))), list(reversed(GOOD.split(",")))
    path = write(separator.join(names), separator.join(values), "", encoding=encoding)

    assert run(shipped, path).outcomes == {Outcome.INVITED: 1}


def test_importing_again_doubles_nothing_and_says_so(shipped: House, write: Any) -> None:
    path = write(HEADER, GOOD, GOOD, GOOD.replace("A-1", "A-2"))

    first, second = run(shipped, path), run(shipped, path)

    assert first.outcomes == {Outcome.INVITED: 2, Outcome.KNOWN_ALREADY: 1}
    assert second.outcomes == {Outcome.KNOWN_ALREADY: 3}
    assert counts() == (1, 2, 2)


BAD = [
    ("A,12,,,,,,,2026-03-10T09:00", "phone"),
    ("A,,,,,,,,2026-03-10T09:00", "phone"),
    ("A,secret-phone,,,,,,,2026-03-10T09:00", "phone"),
    (",0701740605,,,,,,,2026-03-10T09:00", "case_reference"),
    (f"{'x' * 81},0701740605,,,,,,,2026-03-10T09:00", "case_reference"),
    ("A,0701740605,secret-mail,,,,,,2026-03-10T09:00", "email"),
    (f"A,0701740605,,{'secret-name' * 30},,,,,2026-03-10T09:00", "name"),
    ("A,0701740605,,sec\x07ret,,,,,2026-03-10T09:00", "name"),
    ("A,0701740605,,,secret locale,,,,2026-03-10T09:00", "locale"),
    ("A,0701740605,,,,,,,", "happened_at"),
    ("A,0701740605,,,,,,,secret-time", "happened_at"),
    ("A,0701740605,,,,,,,10/03/2026", "happened_at"),
    ("A,0701740605,,,,,,,2062-03-10T09:00", "happened_at"),
    ("A,0701740605,,,,,,,9999-12-31T23:59-14:00", "happened_at"),
    ("A,0701740605,,secret,,,,2026-03-10T09:00", ""),
    ("A,0701740605,,secret,,,,,2026-03-10T09:00,secret", ""),
    ('A,0701740605,,"secret,,,,,2026-03-10T09:00', ""),
    (f"A,0701740605,,{'secret' * 100_000},,,,,2026-03-10T09:00", ""),
]


def test_each_bad_line_is_left_out_with_its_number_and_column_and_the_good_ones_are_in(
    shipped: House, write: Any
) -> None:
    lines = [line for line, _ in BAD]
    path = write(HEADER, GOOD, *lines, GOOD.replace("A-1", "A-2"))

    report = run(shipped, path)

    assert report.outcomes == {Outcome.INVITED: 2}
    assert (report.faulty, report.lines) == (len(BAD), len(BAD) + 2)
    expected = [(str(number), column) for number, (_, column) in enumerate(BAD, start=3)]
    assert faults(path) == expected


def test_the_list_of_faults_repeats_nothing_that_stood_in_a_line(
    shipped: House, write: Any
) -> None:
    path = write(HEADER, *(line for line, _ in BAD))

    errors = run(shipped, path).errors

    assert errors is not None
    told = errors.read_text("utf-8")
    for personal in ("secret", "0701740605", "174 06 05", "xxx", "10/03/2026"):
        assert personal not in told


def test_a_line_in_another_encoding_is_left_out_and_the_others_are_in(
    shipped: House, write: Any
) -> None:
    path = write(HEADER, GOOD, GOOD.replace("A-1", "A-2").replace("Ada", "Åsa"), encoding="latin-1")

    report = run(shipped, path)

    assert report.outcomes == {Outcome.INVITED: 1}
    assert faults(path) == [("3", "")]
    assert report.errors is not None
    assert "UTF-8" in report.errors.read_text()


def test_a_list_of_faults_of_an_earlier_run_does_not_stay(shipped: House, write: Any) -> None:
    path = write(HEADER, "A,12,,,,,,,2026-03-10T09:00")
    errors = run(shipped, path).errors
    assert errors is not None

    write(HEADER, GOOD)
    run(shipped, path)

    assert not errors.exists()


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("", ["lacks the columns", "case_reference"]),
        (HEADER.replace("phone,", ""), ["lacks the columns phone;"]),
        (HEADER + ",shoe_size,iq", ["not known here: 'shoe_size', 'iq'"]),
        (HEADER.replace("phone", "Phone"), ["lacks the columns phone", "'Phone'"]),
        (HEADER + ",phone", ["names columns twice: phone"]),
        (HEADER.replace(",", "\t"), ["lacks the columns", "commas or semicolons"]),
        ("\N{LATIN SMALL LETTER A WITH RING ABOVE}", ["not UTF-8"]),
    ],
)
def test_a_wrong_header_refuses_the_file_and_names_each_column(
    shipped: House, write: Any, header: str, words: list[str]
) -> None:
    encoding = "latin-1" if header == "å" else "utf-8"
    path = write(header, GOOD, encoding=encoding)

    with pytest.raises(NotAnImportFileError) as caught:
        run(shipped, path)

    for word in words:
        assert word in str(caught.value)
    assert counts() == (0, 0, 0)


def test_an_empty_file_is_refused_and_a_header_alone_imports_nothing(
    shipped: House, tmp_path: Path, write: Any
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    with pytest.raises(NotAnImportFileError, match="is empty"):
        run(shipped, empty)

    assert run(shipped, write(HEADER)).lines == 0


def test_a_file_of_two_byte_letters_is_refused_with_a_word_what_to_do(
    shipped: House, write: Any
) -> None:
    with pytest.raises(NotAnImportFileError, match="UTF-16"):
        run(shipped, write(HEADER, GOOD, encoding="utf-16"))


def test_a_file_that_is_not_there_and_a_folder_are_refused(shipped: House, tmp_path: Path) -> None:
    with pytest.raises(NotAnImportFileError, match="cannot be read"):
        run(shipped, tmp_path / "none.csv")
    with pytest.raises(NotAnImportFileError, match="cannot be read"):
        run(shipped, tmp_path)


def test_an_unknown_organisation_or_campaign_is_named_with_the_known_ones(
    shipped: House, write: Any
) -> None:
    path = write(HEADER, GOOD)

    with pytest.raises(UnknownPlaceError, match=r"'acme'; there are: answering-service, consumer"):
        run(shipped, path, organisation="acme")
    with pytest.raises(UnknownPlaceError, match=r"'before'; there are: after-case"):
        run(shipped, path, campaign="before")


def test_a_dry_run_foresees_what_the_run_does_and_writes_nothing(
    shipped: House, write: Any
) -> None:
    old = "OLD,0701740606,,,,,,,2026-01-01T09:00"
    filler = [GOOD.replace("A-1", f"B-{number}") for number in range(BATCH)]
    path = write(HEADER, GOOD, GOOD, old, BAD[0][0], *filler, GOOD)

    foreseen = run(shipped, path, dry_run=True)
    assert counts() == (0, 0, 0)
    done = run(shipped, path)

    assert foreseen.outcomes == done.outcomes
    assert done.outcomes == {
        Outcome.INVITED: BATCH + 1, Outcome.KNOWN_ALREADY: 2, Outcome.TOO_OLD: 1,
    }  # fmt: skip
    assert foreseen.faulty == done.faulty == 1


def test_what_was_committed_before_an_import_broke_off_is_known_to_the_next(
    shipped: House, write: Any
) -> None:
    path = write(HEADER, *(GOOD.replace("A-1", f"A-{number}") for number in range(3 * BATCH)))

    def break_off(at: Progress) -> None:
        if at.done > at.total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(shipped, path, tell=break_off)
    assert counts() == (1, 2 * BATCH, 2 * BATCH)

    assert run(shipped, path).outcomes == {
        Outcome.KNOWN_ALREADY: 2 * BATCH, Outcome.INVITED: BATCH,
    }  # fmt: skip


def test_the_lines_of_a_file_in_any_order_and_doubled_end_in_the_same_rows(
    shipped: House, write: Any
) -> None:
    lines = [
        f"A-{number},07017406{number % 90 + 10},,Name {number},,,,,"
        f"{(NOW - timedelta(minutes=number + 61)).isoformat()}"
        for number in range(300)
    ]
    shuffled = 2 * lines
    random.Random(7).shuffle(shuffled)
    run(shipped, write(HEADER, *lines[:200]))
    run(shipped, write(HEADER, *shuffled))

    with reading() as session:
        people = session.scalars(select(Customer)).all()
    newest = {
        shipped.keyring.open(one.id, "customer.phone", one.phone_sealed): shipped.keyring.open(
            one.id, "customer.name", one.name_sealed
        )
        for one in people
    }
    assert counts() == (90, 300, 300)
    assert newest == {f"+467017406{number + 10}": f"Name {number}" for number in range(90)}


@pytest.mark.slow
# The rows never meet the memory of this process; one kind of database shows it.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_memory_does_not_grow_with_the_file(shipped: House, tmp_path: Path) -> None:
    def peak(lines: int, name: str) -> int:
        path = tmp_path / name
        with path.open("w", encoding="utf-8") as file:
            file.write(HEADER + "\n")
            for number in range(lines):
                phone = f"+467017406{number % 90 + 10}" if number % 3 else f"bad {number}"
                file.write(
                    f"{name}-{number},{phone},p{number}@example.org,Name {number},sv,phone,"
                    f"billing,east,2026-03-10T09:00:00+00:00\n"
                )
        tracemalloc.start()
        report = run(shipped, path)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert report.lines == lines
        return highest

    peak(2 * BATCH, "warm")
    small = peak(4 * BATCH, "small")
    large = peak(20_000, "large")

    # Caches of libraries fill slowly. A line has over 100 bytes as text and several times that as
    # objects, so anything kept for each line would show many times over.
    kept_per_line = (large - small) / (20_000 - 4 * BATCH)
    assert kept_per_line < 50


@pytest.mark.parametrize("commits", [1, 2, 3, 4])
def test_an_import_that_was_killed_is_run_again_and_ends_as_if_it_had_not_been(
    shipped: House, write: Any, commits: int
) -> None:
    path = write(
        HEADER,
        *(
            f"K-{number},+4670174{number:04d},k{number}@example.org,Kund,sv,phone,,,"
            "2026-03-10T09:00:00+00:00"
            for number in range(2 * BATCH)
        ),
    )
    settings = shipped.settings
    environment = {
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "KEYRING_URL": settings.keyring_url,
        "REDIS_URL": settings.redis_url,
        "MASTER_KEY": settings.master_key.get_secret_value(),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": settings.twilio_auth_token.get_secret_value(),
        "TWILIO_API_BASE_URL": settings.twilio_api_base_url,
        "PUBLIC_BASE_URL": settings.public_base_url,
        "RECORDINGS_URL": settings.recordings_url,
        "SIMULATOR": "off",
    }

    died = subprocess.run(
        [sys.executable, "-m", "tests.survey.dying_import", path, str(commits), NOW.isoformat()],
        env=os.environ | environment,
        check=False,
    )
    before = counts()
    report = run(shipped, path)

    assert died.returncode == -signal.SIGKILL
    assert before[1] < 2 * BATCH
    assert report.outcomes.total() == 2 * BATCH
    assert counts() == (2 * BATCH, 2 * BATCH, 2 * BATCH)
    assert run(shipped, path).outcomes == {Outcome.KNOWN_ALREADY: 2 * BATCH}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_import_has_the_database_look_at_its_tables_before_they_grow_large(
    shipped: House, write: Any
) -> None:
    """Without, PostgreSQL takes them for empty and reads a whole organisation for each batch."""
    lines = [
        f"L-{number},+4670174{number:04d},,,,,,,2026-03-10T09:00:00+00:00"
        for number in range(4 * BATCH)
    ]

    run(shipped, write(HEADER, *lines))

    looked = text(
        "SELECT relname FROM pg_class WHERE reltuples >= :most AND relname IN "
        "('customers', 'interactions', 'invitations') ORDER BY relname"
    )
    with reading() as session:
        seen = session.scalars(looked, {"most": 4 * BATCH}).all()
    assert seen == ["customers", "interactions", "invitations"]
