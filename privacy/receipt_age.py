"""Receipts have a period too: old lines go, and the chain stays whole.

A line of the ledger says that the lines up to a certain one have expired, with the hash of the
last of them, so leaving out lines stays visible. What lies beside lines goes much earlier, and a
line beside which something is kept stays until then, with all after it. A hold on the class keeps
all lines of its organisation.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from config.periods import Period, Unit
from config.retention_rules import DataClass
from privacy import held_classes
from privacy.schedules import Schedule
from storage.house import reading
from storage.ledger import Ledger
from storage.ledger_ages import LineAge, ages, earliest_after
from storage.moments_ahead import SKEW
from storage.receipts import HOUSE_CHAIN, Receipt, What

COUNTED_AS: Final = str(DataClass.RECEIPTS)
# Not at each run, which would write a checkpoint of its own; less than a day, after which a line
# that is still there is overdue.
_PAUSE: Final = timedelta(hours=23)
_OF_THE_HOUSE: Final = Period(3, Unit.YEAR)


def expire(ledger: Ledger, schedule: Schedule, *, now: datetime) -> int:
    """Remove the receipts of an organisation or of the house that are over and not held; how many.

    Not at each run: those that are over soon after some went wait for a later one.
    """
    latest = ledger.latest(_chain(schedule), What.CHECKPOINT, until=now + SKEW)
    if latest is not None and now - latest < _PAUSE:
        return 0
    last = 0
    for sequence, _ in _over(ledger, schedule, at=now):
        last = sequence
    if not last:
        return 0
    with reading() as session:
        if held_classes.all_held(session, schedule, DataClass.RECEIPTS, now=now):
            return 0
    rule = f"{DataClass.RECEIPTS}: {_OF_THE_HOUSE} from event"
    receipt = Receipt(
        what=What.CHECKPOINT,
        happened_at=now,
        organisation_id=schedule.organisation_id,
        data_class=DataClass.RECEIPTS,
        rule=schedule.rules.get(DataClass.RECEIPTS, rule),
    )
    return ledger.expire(receipt.chain, last, receipt, at=now)


def foretold(
    session: Session, ledger: Ledger, schedule: Schedule, *, now: datetime, until: datetime
) -> Iterator[datetime]:
    """When each of the receipts there are goes, of those whose period is over by a moment.

    Those that are over within the pause after a run that took some go together at its end.
    """
    latest = ledger.latest(_chain(schedule), What.CHECKPOINT, until=now + SKEW)
    held = held_classes.all_held_until(session, schedule, DataClass.RECEIPTS, now=now)
    next_run = max(now, held or now, now if latest is None else latest + _PAUSE)
    goes: datetime | None = None
    for _, end in _over(ledger, schedule, at=until):
        if goes is None or end > goes:
            goes = max(end, next_run)
            if goes > until:
                return
            next_run = goes + _PAUSE
        yield goes


def overdue(session: Session, ledger: Ledger, schedule: Schedule, *, at: datetime) -> int:
    """How many receipts that were over at that moment, and not held then, are still there."""
    if held_classes.all_held(session, schedule, DataClass.RECEIPTS, now=at):
        return 0
    return sum(1 for _ in _over(ledger, schedule, at=at))


def kept_back(session: Session, ledger: Ledger, schedule: Schedule, *, at: datetime) -> int:
    """How many receipts are over by that moment and held then."""
    if not held_classes.all_held(session, schedule, DataClass.RECEIPTS, now=at):
        return 0
    return sum(1 for _ in _over(ledger, schedule, at=at))


def left(ledger: Ledger, schedule: Schedule) -> int:
    """How many receipts there are."""
    chain = ledger.chains().get(_chain(schedule))
    return 0 if chain is None else chain.sequence - chain.base


def never_goes(schedule: Schedule) -> bool:
    """Whether no receipt goes by age: never is what the schedule says, or nothing."""
    return _period(schedule) is None


def _chain(schedule: Schedule) -> UUID:
    return schedule.organisation_id or HOUSE_CHAIN


def _period(schedule: Schedule) -> Period | None:
    """How long receipts are kept; None for always."""
    if schedule.organisation_id is None:
        return _OF_THE_HOUSE
    return schedule.periods.get(DataClass.RECEIPTS)


def _over(ledger: Ledger, schedule: Schedule, *, at: datetime) -> Iterator[tuple[int, datetime]]:
    """The lines that may go by then, in order, and from when on: none goes before an earlier one.

    Nothing is taken out of the middle of a chain. None is younger than a line that comes after it,
    whatever moment a clock that ran ahead gave it: else it would hold up all of them.
    """
    period = _period(schedule)
    if period is None:
        return
    lines = list(_lines_over(ledger, schedule, period, at=at))
    written = [line.written_at for line in lines]
    for place in range(len(lines) - 2, -1, -1):
        written[place] = min(written[place], written[place + 1])
    end = datetime.min.replace(tzinfo=UTC)
    for line, written_at in zip(lines, written, strict=True):
        end = max(end, period.after(written_at, schedule.zone), line.kept_until or end)
        yield line.sequence, end


def _lines_over(
    ledger: Ledger, schedule: Schedule, period: Period, *, at: datetime
) -> Iterator[LineAge]:
    chain, older = _chain(schedule), None
    for line in ages(ledger, chain):
        if line.kept_until is not None and line.kept_until > at:
            return
        if period.after(line.written_at, schedule.zone) > at:
            if older is None or older.sequence <= line.sequence:
                older = earliest_after(ledger, chain, line.sequence)
            if older is None or period.after(older.written_at, schedule.zone) > at:
                return
        yield line
