"""Counting together: the main database and the ledger keep a number in common that only grows.

The database counts first and the ledger follows, so no crash leaves the ledger ahead. Where it is
ahead, the database is older than it: restored, also when nothing was deleted since the backup.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.database import Database
from storage.insertion import insert_missing
from storage.ledger import Ledger
from storage.tables import LedgerBeat

EVERY: Final = timedelta(minutes=1)
"""How often whoever contacts people counts: what a backup is younger than goes unnoticed."""
_ROW: Final = 1


def is_behind(database: Database, ledger: Ledger) -> bool:
    """Whether the database has counted less than the ledger; safe while others count."""
    there = ledger.beat()  # earlier than what the database has counted
    with database.reading() as session:
        return (session.scalar(select(LedgerBeat.number)) or 0) < there


def count(database: Database, ledger: Ledger, *, at: datetime) -> bool:
    """Count once more; False, with nothing counted, when the database is behind."""
    there = ledger.beat()
    with database.transaction() as session:
        row = _row(session, at=at)
        if row.number < there:
            return False
        row.number, row.counted_at = row.number + 1, at
        number = row.number
    ledger.note_beat(number)
    return True


def catch_up(session: Session, number: int, *, at: datetime) -> None:
    """Have a restored database go on from where the ledger is."""
    row = _row(session, at=at)
    row.number, row.counted_at = max(row.number, number), at


def last_counted_at(session: Session) -> datetime | None:
    """When this database last counted; of a restored one about when its backup was made."""
    return session.scalar(select(LedgerBeat.counted_at))


def _row(session: Session, *, at: datetime) -> LedgerBeat:
    insert_missing(session, LedgerBeat, [{"id": _ROW, "number": 0, "counted_at": at}])
    return session.get_one(LedgerBeat, _ROW, with_for_update=True)
