"""When the ledger itself has lost lines: the loss is written into the chain, and work goes on.

What was deleted in those lines is not known any more, so a backup from before them must not be
restored without this in mind. Whoever holds a mailed head can see that lines are missing.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from storage import keyring_marks
from storage.house import reading, transaction
from storage.keyring import Keyring
from storage.ledger import Ledger
from storage.receipts import HOUSE_CHAIN, Receipt, What
from storage.restoration import differs
from storage.tables import LedgerHead


def accept(*, ledger: Ledger, keyring: Keyring, now: datetime) -> dict[UUID, int]:
    """Note the loss in every chain that lost lines, or has others; how many lines by chain."""
    ends = ledger.chains()
    with reading() as session:
        heads = session.scalars(select(LedgerHead)).all()
    lost: dict[UUID, int] = {}
    for head in heads:
        last = ends[head.chain].sequence if head.chain in ends else 0
        if last >= head.sequence and not differs(ledger, head):
            continue
        lost[head.chain] = max(0, head.sequence - last)
        receipt = Receipt(
            what=What.LINES_LOST,
            happened_at=now,
            organisation_id=None if head.chain == HOUSE_CHAIN else head.chain,
            count=lost[head.chain],
        )
        (place,) = ledger.append([receipt], at=now)
        keyring_marks.set_back(keyring, place)
        with transaction() as session:
            row = session.get_one(LedgerHead, head.chain, with_for_update=True)
            row.sequence, row.hash = place.sequence, place.hash
    return lost
