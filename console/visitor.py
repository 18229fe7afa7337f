"""The signed-in user as the views know them, and the one way to look for an organisation's rows."""

from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage.restrictions import may_be_used
from storage.tables import Organisation, Role, Row

R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, what they may see, and in which sitting; without an organisation: all of them."""

    user_id: UUID
    sitting_id: UUID
    name: str
    role: Role
    organisation_id: UUID | None
    zone: tzinfo

    def sees(self, table: type[Row]) -> ColumnElement[bool]:
        """The condition that belongs into every query: rows of the visitor's organisation only.

        Of nobody whose data are frozen: those are kept, and neither shown nor counted.
        """
        usable = may_be_used(table)
        if self.organisation_id is None:
            return usable
        column: InstrumentedAttribute[UUID] = (
            Organisation.id if table is Organisation else table.organisation_id  # type: ignore[attr-defined]
        )
        return and_(column == self.organisation_id, usable)

    def find(self, session: Session, table: type[R], row: UUID) -> R:
        """The row; 404 when there is none or it is not the visitor's, and nothing tells which."""
        query = select(table).where(table.id == row, self.sees(table))  # type: ignore[attr-defined]
        found = session.scalars(query).one_or_none()
        if found is None:
            abort(404)
        return found


def zone_of(names: list[str]) -> tzinfo:
    """The zone that all these organisations share; UTC when they differ or there are none."""
    return ZoneInfo(names[0]) if len(set(names)) == 1 else UTC
