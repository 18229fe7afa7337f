"""How a package writes moments and days, and how it finds an organisation's rows."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

Document = dict[str, Any]
_PART: Final = 500


def among(
    session: Session,
    table: type[Any],
    column: Any,
    items: Iterable[UUID | None],
    organisation_id: UUID,
) -> list[Any]:
    """The organisation's rows of which that column is one of these, in the order of their ids."""
    found: list[Any] = []
    for part in _parts(items):
        wanted = select(table).where(table.organisation_id == organisation_id, column.in_(part))
        found += session.scalars(wanted.order_by(table.id))
    return found


def at(moment: datetime | None) -> str | None:
    """A moment as the package writes it."""
    return None if moment is None else moment.isoformat(timespec="seconds")


def on(day: date | None) -> str | None:
    """The day as it is written in a package."""
    return None if day is None else day.isoformat()


def _parts(items: Iterable[UUID | None]) -> Iterator[list[UUID]]:
    wanted = sorted({one for one in items if one is not None})
    for place in range(0, len(wanted), _PART):
        yield wanted[place : place + _PART]
