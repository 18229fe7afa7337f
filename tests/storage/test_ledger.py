"""The ledger: lines that are only ever added, by whichever process, and never altered unseen."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text, update

from config.retention_rules import DataClass
from storage.database import Database
from storage.ledger import Forgotten, Ledger, LedgerTooNewError
from storage.ledger_check import check
from storage.ledger_rows import Chain, DetailRow, IntentRow
from storage.master_keys import MasterKeys, WrongMasterKeyError
from storage.receipts import HOUSE_CHAIN, Detail, Erased, Receipt, Way, What, Wish

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32
KEPT = timedelta(days=90)
Opener = Callable[..., Ledger]


@pytest.fixture
def open_ledger(database_url: str) -> Iterator[Opener]:
    """Opens the same ledger again, with whichever master keys."""
    opened: list[Database] = []

    def open_it(*masters: bytes) -> Ledger:
        database = Database(database_url)
        opened.append(database)
        ledger = Ledger(database, MasterKeys(masters or (OLD,)), kept=KEPT)
        ledger.prepare()
        return ledger

    yield open_it
    for database in opened:
        database.close()


def erasure(organisation: UUID | None, *, items: int = 2, **more: Any) -> Receipt:
    ids = tuple(uuid4() for _ in range(items))
    gone = Erased(table="customers", roots=ids[:1], way=Way.REMOVE, items=ids, files=ids[1:])
    return Receipt(
        **{
            "what": What.PURGED, "organisation_id": organisation, "data_class": DataClass.ANSWERS,
            "kind": "customers", "rule": "18 months from answered", "count": 1, "keys": items,
            "happened_at": NOW, "detail": Detail(erased=gone), **more,
        }
    )  # fmt: skip


def lines(ledger: Ledger, chain: UUID) -> list[dict[str, Any]]:
    return [json.loads(line.body) for line in ledger.lines(chain)]


def test_each_organisation_has_a_chain_of_its_own_and_the_house_has_one(
    open_ledger: Opener,
) -> None:
    ledger, ours, theirs = open_ledger(), uuid4(), uuid4()

    ledger.append([erasure(ours), erasure(theirs), erasure(ours), erasure(None)], at=NOW)

    assert [line["sequence"] for line in lines(ledger, ours)] == [1, 2]
    assert [len(lines(ledger, chain)) for chain in (theirs, HOUSE_CHAIN)] == [1, 1]
    assert lines(ledger, ours)[0]["rule"] == "18 months from answered"
    for chain in (ours, theirs, HOUSE_CHAIN, uuid4()):
        assert check(ledger, chain, now=NOW) == []


def test_a_receipt_that_is_written_again_stands_there_once(open_ledger: Opener) -> None:
    ledger, receipt = open_ledger(), erasure(uuid4())

    first, again = ledger.append([receipt], at=NOW), ledger.append([receipt], at=NOW)

    assert first == again
    assert len(lines(ledger, receipt.chain)) == 1


def test_an_intent_becomes_the_line_that_says_it_happened(open_ledger: Opener) -> None:
    ledger, receipt = open_ledger(), erasure(uuid4())
    ledger.intend(receipt, at=NOW)
    assert ledger.intents() == [receipt]
    done = Receipt(id=receipt.id, what=What.PURGED, organisation_id=receipt.organisation_id,
                   count=1, happened_at=NOW)  # fmt: skip

    ledger.append([done], at=NOW)

    assert ledger.intents() == []
    ((line, detail),) = ledger.details(receipt.chain)
    assert (line.sequence, detail) == (1, receipt.detail)


def test_an_intent_that_somebody_slipped_in_is_not_acted_upon(open_ledger: Opener) -> None:
    ledger, receipt = open_ledger(), erasure(uuid4())
    ledger.intend(receipt, at=NOW)

    with ledger.database.transaction() as session:
        session.execute(
            text("UPDATE receipt_intents SET body = replace(body, 'customers', 'answers')")
        )

    assert ledger.intents() == []


def test_an_intent_of_ours_that_stands_under_another_id_is_not_acted_upon(
    open_ledger: Opener,
) -> None:
    ledger, other = open_ledger(), uuid4()
    ledger.intend(erasure(uuid4()), at=NOW)
    assert len(ledger.intents()) == 1

    with ledger.database.transaction() as session:
        session.execute(update(IntentRow).values(receipt_id=other))

    assert ledger.intents() == []


def test_ids_that_somebody_put_beside_a_line_are_not_acted_upon_and_count_as_forgotten(
    open_ledger: Opener,
) -> None:
    ledger, chain = open_ledger(), uuid4()
    ledger.append([erasure(chain), erasure(chain)], at=NOW)
    assert ledger.forgotten(chain, after=0) is None

    with ledger.database.transaction() as session:
        first = session.get_one(DetailRow, (chain, 1)).payload
        second = session.get_one(DetailRow, (chain, 2))
        second.payload = first

    assert [line.sequence for line, _ in ledger.details(chain)] == [1]
    assert ledger.forgotten(chain, after=0) == Forgotten(2, NOW)


def test_what_was_deleted_in_lines_that_expired_or_whose_ids_went_is_forgotten(
    open_ledger: Opener,
) -> None:
    ledger, chain = open_ledger(), uuid4()
    ledger.append([erasure(chain), erasure(chain)], at=NOW)
    ledger.shred(now=NOW + KEPT)
    assert ledger.forgotten(chain, after=0) == Forgotten(1, NOW)
    vouch = Receipt(what=What.CHECKPOINT, organisation_id=chain, happened_at=NOW)

    ledger.expire(chain, 2, vouch, at=NOW)

    assert ledger.forgotten(chain, after=0) == Forgotten(2, None)
    assert ledger.forgotten(chain, after=1) == Forgotten(2, None)
    assert ledger.forgotten(chain, after=2) is None


def test_objections_are_kept_beside_their_line_and_the_line_does_not_hold_them(
    open_ledger: Opener,
) -> None:
    ledger, chain = open_ledger(), uuid4()
    subject = "68" * 32
    wish = Wish("objections", {"subject_hash": subject, "method": "calls"})

    ledger.append(
        [Receipt(what=What.WISH_NOTED, organisation_id=chain, happened_at=NOW,
                 detail=Detail(wishes=(wish,)))], at=NOW,
    )  # fmt: skip

    ((_, detail),) = ledger.details(chain)
    assert detail.wishes == (wish,)
    assert subject not in next(ledger.lines(chain)).body


def test_the_ids_beside_a_line_go_when_no_backup_can_hold_them_and_the_chain_stays_whole(
    open_ledger: Opener,
) -> None:
    ledger, chain = open_ledger(), uuid4()
    ledger.append([erasure(chain)], at=NOW)
    end = NOW + KEPT

    assert ledger.shred(now=end - timedelta(microseconds=1)) == 0
    assert len(list(ledger.details(chain))) == 1
    assert ledger.shred(now=end) == 1

    assert list(ledger.details(chain)) == []
    assert check(ledger, chain, now=end) == []
    # Before its time it would have been missed.
    assert [f.line for f in check(ledger, chain, now=NOW)] == [1]


CHANGES = {
    """UPDATE receipts SET body = replace(body, '"count"\\:1', '"count"\\:2')""": 3,
    "UPDATE receipts SET hash = replace(hash, substr(hash, 1, 1), 'x')": 3,
    "UPDATE receipts SET signature = (SELECT max(o.signature) FROM receipts o"
    " WHERE o.sequence = 2)": 3,
    "UPDATE receipts SET what = 'dropped_unused'": 3,
    "UPDATE receipts SET written_at = (SELECT max(until) FROM receipt_details)": 3,
    "UPDATE receipts SET chain = '{other}'": 3,
    "UPDATE receipts SET receipt_id = '{other}'": 3,
    "UPDATE receipts SET sequence = 30": 3,
    "DELETE FROM receipts": 3,
    "UPDATE receipt_details SET payload = replace(payload, 'customers', 'messages')": 3,
    "UPDATE receipt_details SET salt = 'x'": 3,
    "UPDATE receipt_details SET sequence = 30": 3,
    "UPDATE receipt_details SET chain = '{other}'": 3,
    "UPDATE receipt_details SET until = (SELECT min(written_at) FROM receipts)": 3,
    "DELETE FROM receipt_details": 3,
}
CUTS = {
    "DELETE FROM receipts WHERE chain = '{chain}' AND sequence > 3": 4,
    "DELETE FROM receipts WHERE chain = '{chain}' AND sequence < 3": 1,
    "DELETE FROM receipts WHERE chain = '{chain}'": 1,
    "DELETE FROM receipt_chains WHERE chain = '{chain}'": 1,
    "UPDATE receipt_chains SET sequence = 6 WHERE chain = '{chain}'": 6,
    "UPDATE receipt_chains SET sequence = 4 WHERE chain = '{chain}'": 4,
    "UPDATE receipt_chains SET hash = base_hash WHERE chain = '{chain}'": 5,
    "UPDATE receipt_chains SET base = 1 WHERE chain = '{chain}'": 1,
}


def test_whatever_is_altered_or_cut_is_found_and_the_line_named(open_ledger: Opener) -> None:
    ledger = open_ledger()
    plain = ledger.database.is_sqlite
    at_three = " WHERE chain = '{chain}' AND sequence = 3"
    spoilt = {change + at_three: line for change, line in CHANGES.items()} | CUTS
    for change, line in spoilt.items():
        chain, other = uuid4(), uuid4()
        ledger.append([erasure(chain) for _ in range(5)], at=NOW)
        assert check(ledger, chain, now=NOW) == []
        named = {"chain": chain.hex if plain else chain, "other": other.hex if plain else other}

        with ledger.database.transaction() as session:
            for name, value in named.items():
                change = change.replace("{" + name + "}", str(value))
            assert session.execute(text(change)).rowcount > 0

        assert line in {fault.line for fault in check(ledger, chain, now=NOW)}, change


def test_what_lies_beside_a_line_that_says_nothing_of_it_is_found(open_ledger: Opener) -> None:
    ledger, chain = open_ledger(), uuid4()
    quiet = Receipt(what=What.LINES_LOST, organisation_id=chain, happened_at=NOW)
    ledger.append([erasure(chain), quiet], at=NOW)

    with ledger.database.transaction() as session:
        session.add(DetailRow(chain=chain, sequence=2, salt="x", payload="{}", until=NOW))

    (fault,) = check(ledger, chain, now=NOW)
    assert str(fault) == "line 2: something is kept beside no line that says so"


def test_a_chain_cut_with_all_its_traces_is_found_by_who_has_its_head(
    open_ledger: Opener,
) -> None:
    ledger, chain = open_ledger(), uuid4()
    ledger.append([erasure(chain) for _ in range(3)], at=NOW)
    head = ledger.head(chain, at=NOW)

    with ledger.database.transaction() as session:
        session.execute(text("DELETE FROM receipts WHERE sequence = 3"))
        session.execute(text("DELETE FROM receipt_details WHERE sequence = 3"))
        session.execute(
            text("UPDATE receipt_chains SET sequence = 2, hash = (SELECT hash FROM receipts "
                 "WHERE sequence = 2)")
        )  # fmt: skip

    assert check(ledger, chain, now=NOW) == []
    assert [f.line for f in check(ledger, chain, now=NOW, heads=[(3, head.hash)])] == [3]


def test_expired_lines_go_and_a_checkpoint_keeps_the_chain_whole(open_ledger: Opener) -> None:
    ledger, chain = open_ledger(), uuid4()
    ledger.append([erasure(chain) for _ in range(6)], at=NOW)
    vouch = {"what": What.CHECKPOINT, "organisation_id": chain, "happened_at": NOW}

    assert ledger.expire(chain, 4, Receipt(**vouch), at=NOW) == 0  # ids are still kept beside it
    ledger.shred(now=NOW + KEPT)
    assert ledger.expire(chain, 4, Receipt(**vouch), at=NOW) == 4
    assert ledger.expire(chain, 4, Receipt(**vouch), at=NOW) == 0

    later = NOW + KEPT
    assert [line["sequence"] for line in lines(ledger, chain)] == [5, 6, 7]
    assert (lines(ledger, chain)[-1]["up_to"], lines(ledger, chain)[-1]["count"]) == (4, 4)
    assert check(ledger, chain, now=later) == []
    with ledger.database.transaction() as session:
        session.execute(update(Chain).values(base=0))
    assert [fault.line for fault in check(ledger, chain, now=later)] == [5]
    with ledger.database.transaction() as session:
        session.execute(update(Chain).values(base=4))
    # The checkpoint itself expires when a later one vouches for more.
    assert ledger.expire(chain, 7, Receipt(**vouch), at=NOW) == 3
    assert [line["sequence"] for line in lines(ledger, chain)] == [8]
    assert check(ledger, chain, now=later) == []


def test_the_signing_key_opens_under_the_master_key_alone_and_rotates_with_it(
    open_ledger: Opener,
) -> None:
    first = open_ledger(OLD).public_key()
    with pytest.raises(WrongMasterKeyError):
        open_ledger(NEW)

    open_ledger(NEW, OLD).rewrap()

    assert open_ledger(NEW).public_key() == first
    with pytest.raises(WrongMasterKeyError):
        open_ledger(OLD)


def test_a_ledger_of_a_newer_version_is_refused(open_ledger: Opener) -> None:
    ledger = open_ledger()
    with ledger.database.transaction() as session:
        session.execute(text("UPDATE about_ledger SET schema = 99"))

    with pytest.raises(LedgerTooNewError, match="schema 99"):
        open_ledger()


APPENDER = """
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID
from storage.database import Database
from storage.ledger import Ledger
from storage.master_keys import MasterKeys
from storage.receipts import Receipt, What

ledger = Ledger(Database(sys.argv[1]), MasterKeys([b"o" * 32]), kept=timedelta(days=90))
ledger.prepare()
now = datetime.now(UTC)
sys.stdin.readline()
for _ in range(25):
    chains = [UUID(chain) for chain in sys.argv[2:]]
    ledger.append([Receipt(What.PURGED, now, organisation_id=one) for one in chains], at=now)
"""


def test_processes_that_write_at_once_never_fork_a_chain(
    open_ledger: Opener, database_url: str
) -> None:
    chains = [uuid4(), uuid4()]
    words = [str(chain) for chain in chains]
    writers = [
        subprocess.Popen(
            # Each begins with another chain: no order of theirs may lock both.
            [sys.executable, "-c", APPENDER, database_url, *words[:: 1 - 2 * (number % 2)]],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2], env={**os.environ, "PYTHONPATH": "."},
        )
        for number in range(3)
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()

    said = [writer.communicate(timeout=120)[1] for writer in writers]

    assert [writer.returncode for writer in writers] == [0, 0, 0], said
    ledger = open_ledger()
    for chain in chains:
        assert len(lines(ledger, chain)) == 75
        assert check(ledger, chain, now=NOW) == []
