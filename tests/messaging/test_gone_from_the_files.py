"""After a deletion no byte of it lies in SQLite's files, nor in their logs."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text

from messaging.jobs import sweep_requests
from privacy import answer_erasure, emptied_logs, receipt_codes
from storage import alarms
from storage.house import House, reading, transaction, utc_now
from storage.tables import Answer, Customer, Interaction, ReceiptCode, Response
from tests.messaging.test_erasing_a_person import ask, erase, whole_life
from tests.rows import make_organisation

MARK = b"MARKER-4711"

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def in_the_files(house: House) -> bool:
    """Whether the mark lies in any database, in use, in a free page or in a log."""
    paths = [path for path in house.settings.data_dir.iterdir() if ".db" in path.name]
    assert len(paths) >= 3
    return any(MARK in Path(path).read_bytes() for path in paths)


@pytest.fixture
def customer(house: House) -> Customer:
    """Somebody with the mark in a contact and in an answer, moved from the log into the file."""
    customer = whole_life(house, make_organisation())
    with transaction() as session:
        for contact in session.scalars(select(Interaction)):
            contact.reason = MARK.decode()
        for answer in session.scalars(select(Answer)):
            answer.choice = MARK.decode()
    assert house.database.checkpoint()
    assert in_the_files(house)
    return customer


def test_whoever_was_erased_is_in_no_file_the_moment_it_is_done(
    house: House, customer: Customer
) -> None:
    erase(house, ask(customer))

    assert not in_the_files(house)


def test_an_answer_that_the_sweep_deletes_is_in_no_file_after_it(
    house: House, customer: Customer
) -> None:
    with transaction() as session:
        for contact in session.scalars(select(Interaction)):
            contact.reason = None  # that stays when an answer goes
    with reading() as session:
        responses = session.scalars(select(Response)).all()
    for response in responses:
        with transaction() as session:
            receipt_codes.give(
                session, response.organisation_id, response.id, keyring=house.keyring, at=utc_now()
            )
    with reading() as session:
        codes = session.scalars(select(ReceiptCode.id)).all()
    for code in codes:
        answer_erasure.ask(code, keyring=house.keyring, now=utc_now())

    sweep_requests()

    with reading() as session:
        assert session.scalars(select(Answer)).all() == []
    assert not in_the_files(house)


def test_where_a_reader_was_in_the_way_the_next_sweep_has_the_files_clean(
    house: House, customer: Customer
) -> None:
    event.listen(house.database.engine, "checkout", _wait_for_nobody)
    with house.database.reading() as reader:
        reader.execute(text("SELECT name FROM sqlite_master")).all()
        with transaction() as session:
            for contact in session.scalars(select(Interaction)):
                contact.reason = None
            for answer in session.scalars(select(Answer)):
                answer.choice = None
        assert not emptied_logs.empty(house, now=utc_now(), patience=0)
        with reading() as session:
            assert alarms.is_open(session, emptied_logs.BUSY)
        assert in_the_files(house)

    sweep_requests()

    assert not in_the_files(house)
    with reading() as session:
        assert not alarms.is_open(session, emptied_logs.BUSY)


def _wait_for_nobody(connection: Any, *_: object) -> None:
    connection.execute("PRAGMA busy_timeout=0")
