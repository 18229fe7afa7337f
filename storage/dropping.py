"""Destroying a key with the transaction that says so, and never without the ledger knowing of it.

The receipt names the key and is noted in the transaction that empties the row; the key goes once
that is committed. Where that is cut off, it goes before the receipt is written.
"""

from dataclasses import replace

from sqlalchemy.orm import Session

from storage import receipt_notes
from storage.database import after_commit
from storage.keyring import Keyring
from storage.receipts import Detail, Erased, Receipt


def drop_key(session: Session, receipt: Receipt, erased: Erased, *, keyring: Keyring) -> None:
    """Note the receipt with what it names, and have the keys destroyed after the commit."""
    receipt_notes.note(session, replace(receipt, detail=Detail(erased=erased)))

    def destroy() -> None:
        keyring.destroy(erased.items)

    after_commit(session, destroy)
