"""Alarms: things a person must look at, one open row per kind and subject."""

import logging
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from storage.prepared import Prepared
from storage.tables import Alarm

log = logging.getLogger(__name__)

_CLEAR: Final = Prepared(
    update(Alarm).where(
        Alarm.kind == bindparam("what"),
        Alarm.subject == bindparam("about"),
        Alarm.cleared_at.is_(None),
    ),
    sets=("cleared_at",),
)

_CLEAR_EARLIER: Final = Prepared(
    update(Alarm).where(
        Alarm.kind == bindparam("what"),
        Alarm.subject == bindparam("about"),
        Alarm.cleared_at.is_(None),
        Alarm.raised_at < bindparam("asked_at"),
    ),
    sets=("cleared_at",),
)


def sound(
    session: Session,
    kind: str,
    *,
    subject: str = "",
    organisation_id: UUID | None = None,
    at: datetime,
) -> bool:
    """Raise an alarm unless the same one is still open; True when it is new.

    `subject` is a row id or a provider's sid, never anything personal.
    """
    still_open = select(Alarm.id).where(
        Alarm.kind == kind, Alarm.subject == subject, Alarm.cleared_at.is_(None)
    )
    if session.scalars(still_open.limit(1)).first() is not None:
        return False
    session.add(Alarm(kind=kind, subject=subject, organisation_id=organisation_id, raised_at=at))
    session.flush()
    return True


def is_open(session: Session, kind: str, *, subject: str = "") -> bool:
    """Whether that alarm is open."""
    wanted = select(Alarm.id).where(
        Alarm.kind == kind, Alarm.subject == subject, Alarm.cleared_at.is_(None)
    )
    return session.scalars(wanted.limit(1)).first() is not None


def open_subjects(session: Session, kind: str) -> set[str]:
    """What the open alarms of that kind are about."""
    wanted = select(Alarm.subject).where(Alarm.kind == kind, Alarm.cleared_at.is_(None))
    return set(session.scalars(wanted))


def clear(session: Session, kind: str, *, subject: str = "", at: datetime) -> None:
    """End the alarm, if it is open: what it said is no longer so."""
    # On the connection: nearly always there is nothing to end, and every call asks.
    session.flush()
    _CLEAR.write(session, {"what": kind, "about": subject, "cleared_at": at})


def see(alarm: Alarm, *, by: UUID, at: datetime) -> None:
    """End the alarm because somebody has seen it; one that is over already stays as it ended.

    What finds the same fault again sounds another one.
    """
    if alarm.cleared_at is None:
        alarm.cleared_at, alarm.seen_by = at, by
        log.info("alarm.seen", extra={"alarm_id": alarm.id, "user_id": by})


def clear_earlier(
    session: Session, kind: str, *, subject: str, asked_at: datetime, at: datetime
) -> None:
    """End the alarm if it was raised before somebody asked, then, and was told that all is well.

    Of one that was raised since, that answer knows nothing.
    """
    session.flush()
    names = {"what": kind, "about": subject, "asked_at": asked_at, "cleared_at": at}
    _CLEAR_EARLIER.write(session, names)
