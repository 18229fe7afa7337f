"""Every deletion leaves a receipt, and no receipt holds anything of a person."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from config.retention_rules import DataClass
from storage import receipt_notes, receipt_writing
from storage.blobs import BlobStore, StorageUnreachable
from storage.house import House, reading, transaction
from storage.keyring_rows import LedgerMark
from storage.ledger_check import check
from storage.queue import QueueName
from storage.receipts import HOUSE_CHAIN, Receipt, What
from storage.tables import (
    Consent,
    Interaction,
    LedgerHead,
    Objection,
    Organisation,
    PendingReceipt,
    Restriction,
    Row,
)
from tests.privacy.traces import leave_traces, make_message, run
from tests.rows import NOON, RETENTION, add, make_mailbox, make_organisation

AGES_LATER = NOON + timedelta(days=3 * 365)


def bodies(house: House, chain: UUID) -> list[dict[str, Any]]:
    return [json.loads(line.body) for line in house.ledger.lines(chain)]


def write_out(house: House, *, at: datetime = NOON) -> int:
    return receipt_writing.write_out(ledger=house.ledger, keyring=house.keyring, now=at)


def pending() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(PendingReceipt)) or 0


def test_each_class_gets_its_receipt_with_the_rule_that_decided(house: House) -> None:
    person = leave_traces(house)
    neighbour = leave_traces(house)

    run(house, AGES_LATER)

    told = [(b["what"], b["class"], b["kind"], b["rule"], b["count"], b["keys"], b["files"])
            for b in bodies(house, person.organisation.id)]  # fmt: skip
    answers = "answers: 18 months from answered; version 1"
    # The person, the case, the recording and the words had keys of their own; the comment none.
    assert told == [
        ("purged_by_age", "free_comments", "free_comments",
         "free_comments: 12 months from answered; version 1", 1, 3, 1),
        ("purged_by_age", "answers", "answers", answers, 1, 4, 1),
        ("purged_by_age", "answers", "interactions", answers, 1, 1, 0),
        ("purged_by_age", "answers", "customers", answers, 1, 1, 0),
    ]  # fmt: skip
    assert len(bodies(house, neighbour.organisation.id)) == 4
    assert check(house.ledger, person.organisation.id, now=AGES_LATER) == []
    with reading() as session:
        seen = session.get_one(LedgerHead, person.organisation.id)
    with house.keyring.database.reading() as session:
        mark = session.get_one(LedgerMark, person.organisation.id)
    assert (seen.sequence, mark.sequence, pending()) == (4, 4, 0)
    run(house, AGES_LATER)
    assert len(bodies(house, person.organisation.id)) == 4


def test_a_deletion_that_a_full_day_could_not_end_has_one_receipt_in_the_end(
    house: House,
) -> None:
    person = leave_traces(house)

    for _ in range(3):
        assert run(house, AGES_LATER, blobs=Refusing(house.blobs)).left > 0
    begun = [receipt.kind for receipt in house.ledger.intents()]
    run(house, AGES_LATER)

    assert begun == ["free_comments", "answers"]  # not one more with each try
    assert house.ledger.intents() == []
    kinds = [body["kind"] for body in bodies(house, person.organisation.id)]
    assert kinds == ["free_comments", "answers", "interactions", "customers"]


class Refusing(BlobStore):
    """A real store that deletes nothing."""

    def __init__(self, real: BlobStore) -> None:
        super().__init__(real.url)

    def delete(self, item: UUID) -> None:
        raise StorageUnreachable("away", code="storage_unreachable")


def test_what_was_written_before_the_process_died_is_not_written_again(house: House) -> None:
    receipt = Receipt(What.PURGED, NOON, organisation_id=make_organisation().id, count=1)
    with transaction() as session:
        receipt_notes.note(session, receipt)
    house.ledger.append([receipt], at=NOON)  # and then the power went out

    assert write_out(house) == 1

    assert [body["receipt"] for body in bodies(house, receipt.chain)] == [str(receipt.id)]
    assert pending() == 0


def test_what_did_not_commit_has_no_receipt(house: House) -> None:
    receipt = Receipt(What.PURGED, NOON, organisation_id=make_organisation().id, count=1)

    with pytest.raises(LookupError), transaction() as session:
        receipt_notes.note(session, receipt)
        raise LookupError

    assert write_out(house) == 0
    assert bodies(house, receipt.chain) == []


def test_many_confirmations_of_the_provider_become_one_receipt(house: House) -> None:
    chain = make_organisation().id
    with transaction() as session:
        for proofs in [("DELETE 204", "GET 404")] * 5 + [("DELETE 404", "GET 404")]:
            receipt_notes.note(
                session,
                Receipt(What.PROVIDER_CONFIRMED, NOON, organisation_id=chain, count=1,
                        kind="recordings", proofs=proofs),
            )  # fmt: skip

    write_out(house)

    assert [(b["count"], b["proofs"]) for b in bodies(house, chain)] == [
        (5, ["DELETE 204", "GET 404"]),
        (1, ["DELETE 404", "GET 404"]),
    ]


def test_a_no_is_in_the_ledger_as_soon_as_it_is_written_down_and_when_it_is_taken_back(
    house: House,
) -> None:
    person = leave_traces(house)
    organisation = person.organisation.id
    no = Objection(id=uuid4(), organisation_id=organisation, subject_hash=b"h" * 32, method="all",
                   source="call", made_at=NOON)  # fmt: skip
    add(no)
    with transaction() as session:
        session.get_one(Objection, no.id).withdrawn_at = NOON + timedelta(hours=1)
    add(
        Restriction(organisation_id=organisation, customer_id=person.customer.id, cause="x",
                    made_at=NOON),
        Consent(organisation_id=organisation, subject_hash=b"c" * 32, method="call", source="web",
                given_at=NOON),
    )  # fmt: skip
    rung = house.bell.queue(QueueName.DEFAULT).job_ids
    write_out(house)

    (line,) = bodies(house, organisation)
    ((_, detail),) = house.ledger.details(organisation)
    assert rung == ["sweep_receipts-all"]
    assert (line["what"], line["count"]) == ("wish_noted", 3)
    # A yes is not among them: one that a restore loses is asked for anew.
    assert [(w.table, w.values.get("withdrawn_at") is None) for w in detail.wishes] == [
        ("objections", True), ("objections", False), ("restrictions", True)
    ]  # fmt: skip


def test_old_receipts_expire_by_their_own_rule_and_the_chain_stays_whole(house: House) -> None:
    rule = {"class": "receipts", "keep": "3 years", "from": "event"}
    organisation = make_organisation(retention=[*RETENTION, rule])
    leave_traces(house, organisation=organisation)
    purged = datetime(2028, 6, 1, 12, tzinfo=UTC)
    run(house, purged)
    over = purged.replace(year=2031)

    run(house, over - timedelta(microseconds=1))
    assert len(bodies(house, organisation.id)) == 4
    run(house, over)

    (checkpoint,) = bodies(house, organisation.id)
    assert (checkpoint["what"], checkpoint["class"], checkpoint["count"]) == (
        "checkpoint", "receipts", 4
    )  # fmt: skip
    assert check(house.ledger, organisation.id, now=over) == []


def markers(house: House, chance: Random) -> tuple[UUID, list[str]]:
    """A person and a caller with a marker in whatever can hold something personal."""
    seen = []

    def marker() -> str:
        seen.append(f"MARK{chance.randrange(10**12):012d}")
        return seen[-1]

    organisation = make_organisation()
    mailbox = make_mailbox(organisation, notify=(f"{marker()}@example.org",))
    person = leave_traces(house, organisation=organisation)
    message = make_message(house, mailbox=mailbox)
    with transaction() as session:
        interaction = session.scalars(
            select(Interaction).where(Interaction.customer_id == person.customer.id)
        ).one()
        for column in ("channel", "reason", "team"):
            setattr(interaction, column, marker())
        session.get_one(Organisation, organisation.id).name = marker()
    # Whatever column is sealed or hashed, of whichever table, also one made tomorrow.
    with transaction() as session:
        for table in Row.metadata.sorted_tables:
            for column in table.columns:
                if not column.info.get("personal") or "organisation_id" not in table.columns:
                    continue
                rows = session.execute(
                    select(table.c.id).where(table.c.organisation_id == organisation.id)
                ).scalars()
                for item in rows.all() if "id" in table.columns else ():
                    told = marker()
                    value = (
                        house.keyring.lookup_hash(organisation.id, column.name, told)
                        if column.info.get("hash")
                        else house.keyring.seal_one(item, column.name, told)
                    )
                    seen.append(value.hex())
                    session.execute(
                        table.update().where(table.c.id == item).values({column.name: value})
                    )
    assert message.id is not None
    return organisation.id, seen


def spellings(marker: str) -> list[bytes]:
    raw = marker.encode()
    bare = [raw] if marker.startswith("MARK") else [raw, bytes.fromhex(marker)]
    return [
        spelt
        for one in bare
        for spelt in (
            one, one.hex().encode(), hashlib.sha256(one).digest(), base64.b64encode(one)[:-4],
            hashlib.sha256(one).hexdigest().encode(), one.decode("latin-1").encode("utf-16-le"),
        )
    ]  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", range(3))
def test_nothing_of_a_person_gets_into_the_ledger(house: House, seed: int) -> None:
    organisation_id, planted = markers(house, Random(seed))
    assert len(planted) > 25

    run(house, AGES_LATER, batch=Random(seed).randrange(1, 4))
    write_out(house, at=AGES_LATER)

    assert len(bodies(house, organisation_id)) >= 5
    path = house.settings.data_dir / "ledger.db"
    files = [path, path.with_name("ledger.db-wal")]
    kept = b"".join(file.read_bytes() for file in files if file.exists())
    assert str(organisation_id).encode() in kept
    for marker in planted:
        for spelt in spellings(marker):
            assert spelt not in kept, marker


def test_a_receipt_refuses_words_that_could_be_somebodys(house: House) -> None:
    for wrong in ({"proofs": ("Åsa rang",)}, {"kind": "Åsa"}, {"rule": "Åsa Öberg, 12 months"}):
        with pytest.raises(ValueError, match=r"a (proof|kind|rule) is"):
            Receipt(What.PURGED, NOON, **wrong)  # type: ignore[arg-type]
    assert Receipt(What.PURGED, NOON, data_class=DataClass.ANSWERS).chain == HOUSE_CHAIN
