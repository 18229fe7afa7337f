"""Another id for a customer, and with it another key: what was wrong is told by no backup then.

The new id follows from the old one, so that a database that is older than the correction finds it
too. What refers to the customer refers to the new row from then on.
"""

from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.orm import Session

from storage.tables import Customer, Row

_LONGEST: Final = 50  # so many times nobody is corrected


def move(session: Session, old: UUID) -> UUID | None:
    """Give the customer another id; None when there is no such customer.

    What is sealed in the row is bound to the old id: seal it anew, or empty it.
    """
    session.flush()
    table = _table()
    row = session.execute(select(table).where(table.c.id == old).with_for_update()).one_or_none()
    if row is None:
        return None
    fresh = _next(old)
    # Two rows of one number are not allowed, not even for a moment.
    session.execute(update(table).where(table.c.id == old).values(phone_hash=None))
    session.execute(insert(table).values({**row._mapping, "id": fresh}))
    for referring in Row.metadata.sorted_tables:
        if "customer_id" in referring.columns:
            theirs = referring.c.customer_id == old
            session.execute(update(referring).where(theirs).values(customer_id=fresh))
    session.execute(delete(table).where(table.c.id == old))
    session.expire_all()
    return fresh


def known_as(session: Session, item: UUID) -> UUID:
    """The id that a customer has now; the same when there is none."""
    now = item
    for _ in range(_LONGEST):
        if session.scalar(select(_table().c.id).where(_table().c.id == now)) is not None:
            return now
        now = _next(now)
    return item


def _next(old: UUID) -> UUID:
    return uuid5(old, "corrected")


def _table() -> Table:
    return Row.metadata.tables[Customer.__tablename__]
