"""Receipts have a period too: old lines go, and the chain stays whole.

A line of the ledger says that the lines up to a certain one have expired, with the hash of the
last of them, so leaving out lines stays visible. What lies beside lines goes much earlier. A hold
on the class keeps all lines of its organisation.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from config.periods import Period, Unit
from config.retention_rules import DataClass
from privacy import keepers
from privacy.retention import NoRuleError, Schedule
from storage.house import reading
from storage.ledger import Ledger
from storage.receipts import Receipt, What

# One checkpoint a day at most, or each run would write one.
_PAUSE: Final = timedelta(days=1)
_OF_THE_HOUSE: Final = Period(3, Unit.YEAR)


def expire(ledger: Ledger, schedule: Schedule, *, now: datetime) -> int:
    """Remove an organisation's receipts whose period is over and that no hold keeps; how many."""
    if schedule.organisation_id is None:
        return 0
    try:
        period = schedule.period(DataClass.RECEIPTS)
    except NoRuleError:
        return 0
    if period is None:
        return 0
    with reading() as session:
        if keepers.all_held(session, schedule, DataClass.RECEIPTS, now=now):
            return 0
    receipt = Receipt(
        what=What.CHECKPOINT,
        happened_at=now,
        organisation_id=schedule.organisation_id,
        data_class=DataClass.RECEIPTS,
        rule=schedule.rules[DataClass.RECEIPTS],
    )
    return _expire(ledger, receipt, period, schedule.zone, now=now)


def expire_of_the_house(ledger: Ledger, *, now: datetime) -> int:
    """The same for the chain that is no organisation's, after three years; how many."""
    receipt = Receipt(
        what=What.CHECKPOINT,
        happened_at=now,
        data_class=DataClass.RECEIPTS,
        rule=f"{DataClass.RECEIPTS}: {_OF_THE_HOUSE} from event",
    )
    return _expire(ledger, receipt, _OF_THE_HOUSE, ZoneInfo("UTC"), now=now)


def _expire(
    ledger: Ledger, receipt: Receipt, period: Period, zone: ZoneInfo, *, now: datetime
) -> int:
    latest = ledger.latest(receipt.chain, What.CHECKPOINT)
    if latest is not None and now - latest < _PAUSE:
        return 0
    last = 0
    for line in ledger.lines(receipt.chain):
        if not period.is_over(line.written_at, at=now, zone=zone):
            break
        last = line.sequence
    return ledger.expire(receipt.chain, last, receipt, at=now) if last else 0
