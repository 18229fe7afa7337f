"""A key goes with the transaction that says so, and with no other."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from storage import dropping
from storage.house import House, reading, transaction
from storage.receipts import Erased, Receipt, Way, What
from storage.tables import PendingReceipt
from tests.rows import NOON


def test_a_key_is_destroyed_once_its_transaction_is_committed_and_not_before(house: House) -> None:
    item = uuid4()
    house.keyring.make_keys([item])
    receipt = Receipt(What.DROPPED, NOON, organisation_id=uuid4())
    erased = Erased("exports", (item,), Way.BLANK_EXPORT, (item,))

    with pytest.raises(RuntimeError, match="not now"), transaction() as session:
        dropping.drop_key(session, receipt, erased, keyring=house.keyring)
        raise RuntimeError("not now")

    with reading() as session:
        assert session.scalars(select(PendingReceipt)).all() == []
    assert set(house.keyring.keys([item])) == {item}

    with transaction() as session:
        dropping.drop_key(session, receipt, erased, keyring=house.keyring)
        assert set(house.keyring.keys([item])) == {item}

    assert house.keyring.keys([item]) == {}
