"""Noting a receipt with the deletion itself, in the very transaction that does what it says.

So a receipt never claims what did not happen, and nothing happens without one. What is noted is
then written into the ledger (storage.receipt_writing).
"""

import functools
from typing import Final

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.database import after_commit
from storage.prepared import Prepared
from storage.queue import JobName
from storage.receipts import Receipt
from storage.tables import PendingReceipt

_RUNG: Final = "genklang.receipts_rung"
_COLUMNS: Final = ("receipt_id", "organisation_id", "document", "detail", "settled")


def note(session: Session, receipt: Receipt, *, urgent: bool = False) -> None:
    """Have the receipt written once this transaction has committed; noted twice it is one.

    An urgent one is written at once by a worker, any other by the next purge or sweep.
    """
    # Past the session, because rows are also noted while it flushes.
    _noting(session.get_bind().dialect.name).change(
        session,
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


@functools.cache
def _noting(dialect: str) -> Prepared:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    once = insert(PendingReceipt).on_conflict_do_nothing()
    return Prepared(once, sets=_COLUMNS)


def _ring() -> None:
    from storage.house import house  # it watches wishes, which are noted here

    house().bell.ring(JobName.SWEEP_RECEIPTS)
