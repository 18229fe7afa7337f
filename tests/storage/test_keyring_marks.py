"""The keyring is never behind what the ledger says is destroyed, whatever came between."""

from uuid import UUID, uuid4

from sqlalchemy import select

from storage import keyring_marks
from storage.house import House
from storage.keyring_rows import LedgerMark
from storage.ledger_writing import Place
from storage.receipts import Detail, Erased, Receipt, Way, What
from tests.rows import NOON


def told(house: House, organisation: UUID, item: UUID) -> list[Place]:
    """A line that says the item's key is destroyed."""
    erased = Erased("comments", roots=(item,), way=Way.REMOVE, items=(item,))
    receipt = Receipt(What.PURGED, NOON, organisation_id=organisation, detail=Detail(erased=erased))
    return house.ledger.append([receipt], at=NOON)


def mark(house: House, organisation: UUID) -> int | None:
    with house.keyring.database.reading() as session:
        wanted = select(LedgerMark.sequence).where(LedgerMark.chain == organisation)
        return session.scalar(wanted)


def test_a_line_that_nobody_marked_is_followed_with_the_next_that_is(house: House) -> None:
    organisation, missed, item = uuid4(), uuid4(), uuid4()
    house.keyring.make_keys([missed])
    told(house, organisation, missed)  # and whoever wrote it died

    keyring_marks.follow(house.keyring, house.ledger, told(house, organisation, item))

    assert house.keyring.keys([missed]) == {}
    assert mark(house, organisation) == 2


def test_an_old_line_that_is_told_again_takes_no_mark_back(house: House) -> None:
    organisation = uuid4()
    first = told(house, organisation, uuid4())
    keyring_marks.follow(house.keyring, house.ledger, first)
    keyring_marks.follow(house.keyring, house.ledger, told(house, organisation, uuid4()))

    keyring_marks.follow(house.keyring, house.ledger, first)

    assert mark(house, organisation) == 2
