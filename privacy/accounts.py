"""Emptying the account of somebody who left, now, instead of when its time is over."""

from datetime import datetime
from uuid import UUID

from config.retention_rules import DataClass
from privacy import erasing
from privacy.erasing import Hands
from storage import receipt_writing
from storage.receipts import Receipt, Way, What
from storage.tables import User


def empty(user_id: UUID, *, organisation_id: UUID | None, hands: Hands, now: datetime) -> None:
    """Empty name and password; the role stays with what the account's user listened to.

    Repeating it, or dying in it, does no harm. Raises StorageUnreachable.
    """
    receipt = Receipt(
        what=What.ERASED,
        happened_at=now,
        organisation_id=organisation_id,
        data_class=DataClass.STAFF_REGISTER,
        kind="accounts",
        rule="staff_register: removed by command",
    )
    erasing.erase(receipt, User, [user_id], Way.BLANK_ACCOUNT, hands=hands, now=now)
    receipt_writing.write_out(ledger=hands.ledger, keyring=hands.keyring, now=now)
