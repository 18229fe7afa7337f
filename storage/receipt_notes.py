"""Noting a receipt with the deletion itself, in the very transaction that does what it says.

So a receipt never claims what did not happen, and nothing happens without one. What is noted is
then written into the ledger (storage.receipt_writing).
"""

from typing import Final

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.database import after_commit
from storage.queue import JobName
from storage.receipts import Receipt
from storage.tables import PendingReceipt

_RUNG: Final = "genklang.receipts_rung"


def note(session: Session, receipt: Receipt, *, urgent: bool = False) -> None:
    """Have the receipt written once this transaction has committed; noted twice it is one.

    An urgent one is written at once by a worker, any other by the next purge or sweep.
    """
    connection = session.connection()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    # Past the session, because rows are also noted while it flushes.
    connection.execute(
        insert(PendingReceipt).on_conflict_do_nothing(),
        {
            "receipt_id": receipt.id,
            "organisation_id": receipt.organisation_id,
            "document": receipt.document(),
            "detail": receipt.detail.document(),
            "settled": False,
        },
    )
    if urgent and not session.info.get(_RUNG):
        session.info[_RUNG] = True
        after_commit(session, _ring)


def _ring() -> None:
    from storage.house import house  # it watches wishes, which are noted here

    house().bell.ring(JobName.SWEEP_RECEIPTS)
