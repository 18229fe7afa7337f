"""How old the lines of a chain are: what is read of the ledger to tell which may go."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import and_, select

from storage.ledger import Ledger
from storage.ledger_rows import DetailRow, LineRow

_PAGE: Final = 500


@dataclass(frozen=True, slots=True)
class LineAge:
    """How old a line is, and until when ids are kept beside it; None where there are none."""

    sequence: int
    written_at: datetime
    kept_until: datetime | None


def ages(ledger: Ledger, chain: UUID) -> Iterator[LineAge]:
    """The lines of a chain in order, a page at a time."""
    beside = and_(DetailRow.chain == LineRow.chain, DetailRow.sequence == LineRow.sequence)
    wanted = (
        select(LineRow.sequence, LineRow.written_at, DetailRow.until)
        .join(DetailRow, beside, isouter=True)
        .where(LineRow.chain == chain)
        .order_by(LineRow.sequence)
        .limit(_PAGE)
    )
    after = 0
    while True:
        with ledger.database.reading() as session:
            page = session.execute(wanted.where(LineRow.sequence > after)).all()
        yield from (LineAge(*row) for row in page)
        if len(page) < _PAGE:
            return
        after = page[-1].sequence


def earliest_after(ledger: Ledger, chain: UUID, sequence: int) -> LineAge | None:
    """The oldest of the lines that come after that one; older than it, where a clock ran ahead."""
    wanted = (
        select(LineRow.sequence, LineRow.written_at)
        .where(LineRow.chain == chain, LineRow.sequence > sequence)
        .order_by(LineRow.written_at, LineRow.sequence.desc())
        .limit(1)
    )
    with ledger.database.reading() as session:
        row = session.execute(wanted).first()
    return None if row is None else LineAge(*row, kept_until=None)
