"""Looking for somebody finds them wherever anything of them lies, and shows nothing of them."""

import sqlite3
from pathlib import Path

from click.testing import CliRunner, Result

from privacy.empty_house import KINDS, needle, search
from privacy.map_commands import empty_house_command
from storage.house import House
from storage.queue import JobName
from storage.tables import Row
from tests.privacy.traces import leave_traces
from tests.rows import make_customer, make_organisation


def places(house: House, wanted: str, **more: list[Path]) -> set[str]:
    found = search(house, needle(house, "it", wanted), **more)
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
