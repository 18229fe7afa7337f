"""What people wish is written into the ledger with the change itself, and so outlives a restore.

An objection, a consent taken back or a restriction that was recorded after a backup was made must
not be lost with the restore. Whoever writes such a row need not think of it: it is noticed when
the rows are flushed.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import LargeBinary, Table, Uuid, event
from sqlalchemy.orm import Session

from storage import receipt_notes
from storage.columns import Utc
from storage.receipts import Detail, Receipt, What, Wish, moment
from storage.tables import Consent, Objection, Restriction, Row

_TIMES: Final = ("made_at", "given_at", "withdrawn_at", "lifted_at")
TABLES: Final[dict[str, type[Row]]] = {
    table.__tablename__: table for table in (Objection, Consent, Restriction)
}


def values_of(wish: Wish) -> dict[str, Any]:
    """The columns of the row as they are stored."""
    columns = _table(TABLES[wish.table]).columns
    return {
        name: None if value is None else _read(columns[name].type, value)
        for name, value in wish.values.items()
    }


def _written(row: Row) -> Wish:
    table = _table(type(row))
    return Wish(
        table.name,
        {column.name: _plain(getattr(row, column.name)) for column in table.columns},
    )


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return moment(value)
    return str(value) if isinstance(value, UUID) else value


def _read(kind: Any, value: Any) -> Any:
    if isinstance(kind, LargeBinary):
        return bytes.fromhex(value)
    if isinstance(kind, Utc):
        return datetime.fromisoformat(value)
    return UUID(value) if isinstance(kind, Uuid) else value


def _table(table: type[Row]) -> Table:
    return Row.metadata.tables[table.__tablename__]


def _changed(session: Session) -> Iterable[Objection | Consent | Restriction]:
    """Rows that say no, or less than before. A new yes that a restore loses is only asked anew."""
    for row in [*session.new, *session.dirty]:
        if not session.is_modified(row):
            continue
        if isinstance(row, Objection | Restriction) or (
            isinstance(row, Consent) and row.withdrawn_at is not None
        ):
            yield row


def watch() -> None:
    """Have every change of such rows noted from now on, in whichever room it is made."""
    if not event.contains(Session, "after_flush", _note):
        event.listen(Session, "after_flush", _note)


def _note(session: Session, _context: object) -> None:
    by_organisation: dict[UUID, list[Wish]] = {}
    latest: dict[UUID, datetime] = {}
    for row in _changed(session):
        by_organisation.setdefault(row.organisation_id, []).append(_written(row))
        times = [getattr(row, name, None) for name in _TIMES]
        known = latest.get(row.organisation_id)
        latest[row.organisation_id] = max(at for at in (*times, known) if at is not None)
    for organisation_id, wishes in by_organisation.items():
        receipt_notes.note(
            session,
            Receipt(
                what=What.WISH_NOTED,
                happened_at=latest[organisation_id],
                organisation_id=organisation_id,
                count=len(wishes),
                detail=Detail(wishes=tuple(wishes)),
            ),
            urgent=True,
        )
