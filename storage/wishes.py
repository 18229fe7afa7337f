"""What people wish is written into the ledger with the change itself, and so outlives a restore.

An objection, a consent taken back or a restriction that was recorded after a backup was made must
not be lost with the restore; nor a hold, a retention schedule that was decided about, or that an
account was closed. Whoever writes such a row need not think of it: it is noticed when the rows are
flushed. Nothing personal is written: no reason of a hold, no name of an account.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, TypeGuard
from uuid import UUID

from sqlalchemy import LargeBinary, Table, Uuid, event
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import get_history

from storage import receipt_notes
from storage.columns import Utc
from storage.receipts import Detail, Receipt, What, Wish, moment
from storage.tables import (
    Consent,
    Hold,
    Objection,
    PolicyVersion,
    Restriction,
    Row,
    User,
)

_Noted = Objection | Consent | Restriction | Hold | PolicyVersion | User

_TIMES: Final = (
    *("made_at", "given_at", "withdrawn_at", "lifted_at", "released_at", "decided_at", "ended_at"),
    "disabled_at",
)
TABLES: Final[dict[str, type[Row]]] = {
    table.__tablename__: table
    for table in (Objection, Consent, Restriction, Hold, PolicyVersion, User)
}
# Of an account only that it is closed, and when its name goes.
_OF_USER: Final = frozenset({"id", "organisation_id", "disabled_at", "erase_at"})


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
        {
            column.name: _plain(getattr(row, column.name))
            for column in table.columns
            if not column.info.get("sealed")
            and (not isinstance(row, User) or column.name in _OF_USER)
        },
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


def _changed(session: Session) -> Iterable[_Noted]:
    """Rows that say no, or less than before. A new yes that a restore loses is only asked anew."""
    for row in [*session.new, *session.dirty]:
        if session.is_modified(row) and _is_noted(row, new=row in session.new):
            yield row


def _is_noted(row: object, *, new: bool) -> TypeGuard[_Noted]:
    match row:
        case Objection() | Restriction() | Hold():
            return True
        case Consent():
            return row.withdrawn_at is not None
        case PolicyVersion():
            # Not the first one, which comes with the organisation; nor what only waits.
            return not new and row.decided_at is not None
        case User():
            closed = get_history(row, "disabled_at").added
            return not new and bool(closed) and row.disabled_at is not None
    return False


def watch() -> None:
    """Have every change of such rows noted from now on, in whichever room it is made."""
    if not event.contains(Session, "after_flush", _note):
        event.listen(Session, "after_flush", _note)


def _note(session: Session, _context: object) -> None:
    by_organisation: dict[UUID | None, list[Wish]] = {}
    latest: dict[UUID | None, datetime] = {}
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
