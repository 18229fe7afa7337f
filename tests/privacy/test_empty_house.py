"""Looking for somebody finds them wherever anything of them lies, and shows nothing of them."""

import bz2
import gzip
import json
import lzma
import sqlite3
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import xlsxwriter
from click.testing import CliRunner, Result
from redis import Redis
from sqlalchemy import event, text

from privacy.empty_house import KINDS, search
from privacy.map_commands import empty_house_command
from privacy.needles import needle
from privacy.postgresql_places import write_ahead_log
from storage.house import House
from storage.queue import Bell, JobName
from storage.tables import Alarm, Row, User
from tests.accounts import call_account
from tests.privacy.traces import leave_traces
from tests.rows import NOON, add, make_customer, make_organisation


def places(house: House, wanted: str, **more: list[Path]) -> set[str]:
    found = search(house, needle(house, "it", wanted), journal=False, **more).found
    assert {one.name for one in found} <= {"it", "it (hash)"}
    return {one.place for one in found}


def looked_for(texts: str, *arguments: str) -> Result:
    return CliRunner().invoke(
        empty_house_command, ["-", *arguments], input=texts, catch_exceptions=False
    )


def test_every_sealed_column_can_be_opened_for_the_search() -> None:
    sealed = {
        f"{table.name}.{column.name}"
        for table in Row.metadata.sorted_tables
        for column in table.columns
        if column.info.get("sealed")
    }

    assert set(KINDS) == sealed


def test_what_is_sealed_is_found_as_long_as_its_key_opens_it(house: House) -> None:
    customer = make_customer(make_organisation(), name="Åsa Zqx", phone="+46701740677")

    assert places(house, "Åsa Zqx") == {"customers.name_sealed, opened"}
    assert {"customers.phone_sealed, opened", "customers.phone_hash"} <= places(
        house, "+46701740677"
    )

    house.keyring.destroy([customer.id])
    assert places(house, "Åsa Zqx") == set()


def test_a_sign_in_name_is_found_sealed_and_under_the_name_it_is_found_by(house: House) -> None:
    user = User(id=uuid4(), password_hash="x", created_at=NOON)
    add(user)
    call_account(user.id, "zqx.ek")

    columns = {one for one in places(house, " Zqx.Ek ") if "." in one and " " not in one}

    assert columns >= {"users.sign_in_name_hash", "lookup_names.found_by"}
    assert places(house, "zqx.ek") >= {"users.sign_in_name_sealed, opened"}


def test_a_sentence_is_found_in_the_words_of_a_transcript(house: House) -> None:
    leave_traces(house)

    assert "transcripts.words_sealed, opened" in places(house, "bra")


def test_a_free_page_of_a_database_file_holds_what_was_not_overwritten(
    house: House, tmp_path: Path
) -> None:
    careless = sqlite3.connect(tmp_path / "careless.db")
    careless.execute("PRAGMA secure_delete=OFF")
    careless.execute("CREATE TABLE notes (text)")
    careless.execute("INSERT INTO notes VALUES ('zqx was here')")
    careless.execute("DELETE FROM notes")
    careless.commit()
    careless.close()

    assert places(house, "zqx was here", folders=[tmp_path]) == {"file careless.db"}


def test_a_text_over_the_edge_of_two_pieces_of_a_file_is_found(
    house: House, tmp_path: Path
) -> None:
    (tmp_path / "long.log").write_bytes(b"." * 3_999_998 + b"zqx at the edge" + b".")

    assert places(house, "zqx at the edge", folders=[tmp_path]) == {"file long.log"}


def test_redis_is_looked_through(house: House) -> None:
    house.bell.redis.hset("rq:job:1", "data", "zqx in a job")
    house.bell.ring(JobName.PURGE)

    assert places(house, "zqx in a job") == {"redis"}


def test_while_redis_is_away_it_is_named_as_not_looked_through(house: House) -> None:
    make_customer(make_organisation(), name="Åsa Zqx")
    away = Redis.from_url("redis://127.0.0.1:9")

    searched = search(
        replace(house, bell=Bell(away)), needle(house, "it", "Åsa Zqx"), journal=False
    )

    assert "Redis, which does not answer" in searched.unseen
    assert {one.place for one in searched.found} == {"customers.name_sealed, opened"}


def test_the_command_says_where_and_never_what(house: House) -> None:
    make_customer(make_organisation(), name="Zqx Zqxsson")

    said = looked_for("Somebody Else\nZqx Zqxsson\n")

    assert said.exit_code == 1
    assert said.stdout == "line 2: customers.name_sealed, opened\n"
    assert "Zqx" not in said.output


def test_the_command_says_so_when_nothing_is_left(house: House) -> None:
    said = looked_for("Somebody Else\n")

    assert (said.exit_code, said.stdout) == (0, "nothing is left of any of 1\n")
    assert looked_for("\n").exit_code == 2


@pytest.mark.parametrize(
    "typed",
    ["070-174 06 77", "0701740677", "+46 70 174 06 77", "0046701740677", "46701740677"],
)
def test_a_number_is_found_however_it_is_typed(house: House, typed: str) -> None:
    make_customer(make_organisation(), phone="+46701740677")

    said = looked_for(f"{typed}\n")

    assert said.exit_code == 1
    assert "line 1: customers.phone_sealed, opened\n" in said.stdout
    if typed[0] in "0+":  # digits alone name no country
        assert "line 1 (hash): customers.phone_hash\n" in said.stdout


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("written", ["070-174 06 77", "070 174 06 77", "+46 70-174 06 77"])
def test_a_number_is_found_however_a_file_writes_it(
    house: House, tmp_path: Path, written: str
) -> None:
    make_organisation()
    (tmp_path / "mail.log").write_text(f"to {written} at noon")

    assert "file mail.log" in places(house, "+46701740677", folders=[tmp_path])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("typed", ["åsa zqx", "ÅSA ZQX", "Åsa Zqx"])
def test_a_name_is_found_in_small_and_capital_letters(
    house: House, tmp_path: Path, typed: str
) -> None:
    make_customer(make_organisation(), name="Åsa Zqx")
    (tmp_path / "loud.json").write_text(json.dumps({"name": "ÅSA ZQX"}))

    assert places(house, typed, folders=[tmp_path]) == {
        "customers.name_sealed, opened",
        "file loud.json",
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", ["zip", "xlsx", "gz", "bz2", "xz", "zip in zip"])
def test_what_is_packed_is_looked_into(house: House, tmp_path: Path, kind: str) -> None:
    pack(tmp_path / "packed", kind, "Åsa Zqx & son, was here. " * 20)

    assert places(house, "åsa zqx & SON", folders=[tmp_path]) == {"file packed, unpacked"}


def pack(path: Path, kind: str, text: str) -> None:
    streams: dict[str, Any] = {"gz": gzip, "bz2": bz2, "xz": lzma}
    if kind in streams:
        path.write_bytes(streams[kind].compress(text.encode()))
        return
    if kind == "xlsx":
        with xlsxwriter.Workbook(path) as book:
            book.add_worksheet().write(0, 0, text)
        return
    inner = path.with_name("inner") if "in" in kind else path
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", text)
    if inner != path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(inner)
        inner.unlink()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("start", "why"),
    [
        (b"7z\xbc\xaf\x27\x1c...", "a 7z archive"),
        (b"%PDF-1.7", "a PDF, whose pages are packed"),
        (b"PK\x03\x04 cut short", "packed, and damaged or locked with a password"),
        (gzip.compress(b"zqx" * 9)[:-9], "packed, and damaged or locked with a password"),
    ],
    ids=["7z", "pdf", "a zip cut short", "a gzip cut short"],
)
def test_what_could_not_be_looked_through_is_named_with_an_exit_code_of_its_own(
    house: House, tmp_path: Path, start: bytes, why: str
) -> None:
    (tmp_path / "shut").write_bytes(start)

    said = looked_for("Somebody Else\n", "--folder", str(tmp_path))

    assert said.stdout == (
        f"not looked through: file shut: {why}\nnothing is left of any of 1 where it was looked\n"
    )
    assert said.exit_code == 3


def become_plain(connection: Any, _: object) -> None:
    connection.execute("SET ROLE plain_zqx")
    connection.commit()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_pages_that_postgresql_shows_to_a_superuser_alone_are_named(house: House) -> None:
    make_customer(make_organisation(), name="Zqx Zqxsson")
    engine = house.database.engine
    with engine.begin() as asked:
        asked.execute(text("CREATE ROLE plain_zqx"))
        asked.execute(text("GRANT ALL ON ALL TABLES IN SCHEMA public TO plain_zqx"))
    event.listen(engine, "connect", become_plain)
    engine.dispose()

    try:
        said = looked_for("Zqx Zqxsson\nSomebody Else\n")
        nobody = looked_for("Somebody Else\n")
    finally:
        engine.dispose()
        with engine.begin() as asked:
            asked.execute(text("RESET ROLE"))
            asked.execute(text("DROP OWNED BY plain_zqx"))
            asked.execute(text("DROP ROLE plain_zqx"))

    assert said.exit_code == 1
    assert "line 1: customers.name_sealed, opened\n" in said.stdout
    assert nobody.exit_code == 3
    assert "not looked through: pages of PostgreSQL's database" in nobody.stdout
    assert "not looked through: write-ahead log of PostgreSQL: shown to a superu" in nobody.stdout


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_the_planner_has_sampled_is_found(house: House) -> None:
    organisations = [make_organisation() for _ in range(3)]
    with house.database.engine.begin() as asked:
        asked.execute(text("ALTER TABLE alarms ALTER COLUMN subject SET STATISTICS 10"))
    for one in organisations:
        add(Alarm(organisation_id=one.id, kind="x", subject=f"Zqx {one.id}", raised_at=NOON))
    with house.database.engine.begin() as asked:
        asked.execute(text("ANALYZE alarms"))
        asked.execute(text("DELETE FROM alarms"))

    assert "statistics of alarms.subject" in places(house, f"zqx {organisations[0].id}")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_log_holds_what_was_deleted_also_over_the_edge_of_a_page(house: House) -> None:
    organisation = make_organisation()
    # Long beside their rows: many lie over the edge of a page.
    marks = [f"{uuid4().hex * 5}" for _ in range(300)]
    add(
        *(
            Alarm(organisation_id=organisation.id, kind="x", subject=one, raised_at=NOON)
            for one in marks
        )
    )
    with house.database.engine.begin() as asked:
        asked.execute(text("DELETE FROM alarms"))
    with house.database.engine.connect() as asked:
        asked.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM FULL alarms"))

    said = looked_for(marks[0])

    assert (said.exit_code, said.stdout) == (1, "line 1: write-ahead log of PostgreSQL\n")
    written = bytearray()
    write_ahead_log(house.database, lambda _, data: written.extend(data))
    assert [one for one in marks if one.encode() not in written] == []
