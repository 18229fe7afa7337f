"""Alarms end with the row they are about: nobody can mend what is gone, or needs to know of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from privacy.descent import Descent
from storage.many_ids import among
from storage.prepared import Prepared
from storage.tables import Alarm, ProviderCopy

_PAGE: Final = 1_000
# Made once: every batch of every purge asks.
_OPEN: Final = Prepared(
    select(Alarm.id, Alarm.subject)
    .where(
        Alarm.cleared_at.is_(None),
        Alarm.subject != "",
        or_(Alarm.organisation_id == bindparam("owner"), Alarm.organisation_id.is_(None)),
        Alarm.id > bindparam("last"),
    )
    .order_by(Alarm.id)
    .limit(_PAGE)
)


def end(session: Session, found: Descent, *, organisation_id: UUID | None, now: datetime) -> None:
    """End the open alarms about these rows, by their ids and by the provider's names for them.

    It is to be called before they go, in the same transaction.
    """
    gone: set[str] | None = None
    for page in _open(session, organisation_id):
        if gone is None:  # nearly always nothing is open, and nobody has to write the ids out
            gone = {name for parts in found.parts.values() for one in parts for name in one.written}
            gone.update(_sids(session, found))
        ended = [alarm_id for alarm_id, subject in page if subject in gone]
        if ended:
            session.execute(update(Alarm).where(Alarm.id.in_(ended)).values(cleared_at=now))


def _open(session: Session, organisation_id: UUID | None) -> Iterator[Sequence[tuple[UUID, str]]]:
    """The open alarms about something of that organisation's, or of nobody known, by pages."""
    last = UUID(int=0)
    while page := _OPEN.rows(session, {"owner": organisation_id, "last": last}):
        yield [(one, subject) for one, subject in page]
        if len(page) < _PAGE:
            return
        last = page[-1][0]


def _sids(session: Session, found: Descent) -> Iterator[str]:
    for part in found.parts_of(ProviderCopy):
        yield from session.scalars(
            select(ProviderCopy.provider_sid).where(among(session, ProviderCopy.id, part))
        )
