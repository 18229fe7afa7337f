"""Transactions commit whole or not at all, wait for each other, and survive forks."""

import os
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text

from storage.database import Database, NestedTransactionError, after_commit
from storage.house import House, reading, transaction
from storage.tables import Lease

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_transaction_that_raises_leaves_nothing(house: House) -> None:
    with pytest.raises(ZeroDivisionError), transaction() as session:
        session.add(Lease(name="x", holder="h", until=NOW))
        session.flush()
        raise ZeroDivisionError

    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Lease)) == 0


def test_a_bell_rings_after_the_commit_and_never_after_a_failure(house: House) -> None:
    rung: list[str] = []
    with transaction() as session:
        after_commit(session, lambda: rung.append("good"))
        assert rung == []
    with pytest.raises(ZeroDivisionError), transaction() as session:
        after_commit(session, lambda: rung.append("bad"))
        raise ZeroDivisionError

    assert rung == ["good"]


def test_a_naive_time_is_refused_and_an_aware_one_comes_back_in_utc(house: House) -> None:
    with (
        pytest.raises(Exception, match="without a zone"),
        transaction() as session,
    ):
        session.add(Lease(name="x", holder="h", until=datetime(2026, 3, 1)))  # noqa: DTZ001
    with transaction() as session:
        session.add(Lease(name="x", holder="h", until=NOW))

    with reading() as session:
        assert session.scalars(select(Lease.until)).one() == NOW


def test_what_a_reader_changes_is_thrown_away(house: House) -> None:
    with reading() as session:
        session.add(Lease(name="x", holder="h", until=NOW))
        session.flush()

    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Lease)) == 0


def test_writers_of_many_threads_all_get_their_turn(house: House) -> None:
    with transaction() as session:
        session.add(Lease(name="counter", holder="0", until=NOW))

    def count() -> None:
        for _ in range(10):
            with transaction() as session:
                lease = session.get_one(Lease, "counter", with_for_update=True)
                lease.holder = str(int(lease.holder) + 1)

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with reading() as session:
        assert session.get_one(Lease, "counter").holder == "60"


def test_a_forked_child_writes_beside_its_parent(house: House) -> None:
    with transaction() as session:
        session.add(Lease(name="counter", holder="0", until=NOW))
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            with transaction() as session:
                session.get_one(Lease, "counter", with_for_update=True).holder = "child"
            status = 0
        finally:
            os._exit(status)

    _, status = os.waitpid(pid, 0)

    assert status == 0
    with reading() as session:
        assert session.get_one(Lease, "counter").holder == "child"


def test_a_transaction_inside_another_is_a_mistake_said_at_once(tmp_path: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    with pytest.raises(NestedTransactionError), database.transaction():  # noqa: SIM117
        with database.transaction():
            pass
    database.close()


def test_deleted_text_is_gone_from_the_file_and_its_log_after_a_checkpoint(
    tmp_path: object,
) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    with database.transaction() as session:
        session.execute(text("CREATE TABLE t (words TEXT)"))
        session.execute(text("INSERT INTO t VALUES ('a-marker-to-find')"))
    with database.transaction() as session:
        session.execute(text("DELETE FROM t"))

    assert database.checkpoint()

    for name in os.listdir(str(tmp_path)):
        with open(f"{tmp_path}/{name}", "rb") as file:
            assert b"a-marker-to-find" not in file.read(), name
    database.close()
