"""Who received people's data from us, and is to hear that something in them was put right.

Only exports carry an answer, a word or a number out of the house: notices about telephone messages
name the mailbox and the moment. Nobody knows who is in a file, so each that may have the wrong
value in it counts, and the alarm stays until the file is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from storage import alarms
from storage.columns import Utc
from storage.export_words import OUTDATED, ExportEnd, ExportKind
from storage.request_states import ERASES, Outcome
from storage.tables import Export, Receiver, RightsRequest

_CARRIES: Final = (ExportKind.RESPONSES, ExportKind.NUMBERS, ExportKind.PREVIEW)
"""The kinds for somebody else; a package goes to the person themself."""


def outdated(session: Session, request: RightsRequest) -> Sequence[Export]:
    """The exports that may hold what a correction put right or an erasure took away.

    Made before it, by somebody for somebody else; the oldest first. Nothing before it is done.
    """
    mine = (Export.organisation_id == request.organisation_id, Export.kind.in_(_CARRIES))
    if request.passed_on:
        wanted = [UUID(one["export"]) for one in request.passed_on]
        found = select(Export).where(*mine, Export.id.in_(wanted))
    elif _erased(request):
        # The decision began it, and ended every export of the organisation.
        found = select(Export).where(
            *mine,
            Export.made_at <= (request.done_at or request.decided_at),
            or_(
                Export.closed_at.is_(None),
                Export.closed_at >= request.decided_at,
                Export.ended == ExportEnd.HANDED_OUT,
            ),
        )
    else:
        return ()
    return session.scalars(found.order_by(Export.made_at, Export.id)).all()


def may_have(session: Session, organisation_id: UUID, *, known_since: datetime) -> Sequence[Export]:
    """The exports for somebody else that may hold a person known since then, the oldest first.

    Also those that were removed since: whoever may open our folder may have read them before. One
    that failed was never whole.
    """
    found = select(Export).where(
        Export.organisation_id == organisation_id,
        Export.kind.in_(_CARRIES),
        Export.made_at >= known_since,
        or_(Export.ended.is_(None), Export.ended != ExportEnd.FAILED),
    )
    return session.scalars(found.order_by(Export.made_at, Export.id)).all()


def listed(session: Session, organisation_id: UUID) -> tuple[Sequence[Receiver], datetime | None]:
    """The companies on the organisation's list now, and when the list last changed."""
    mine = Receiver.organisation_id == organisation_id
    changed = select(func.max(func.coalesce(Receiver.ended_at, Receiver.noted_at, type_=Utc)))
    now = select(Receiver).where(mine, Receiver.ended_at.is_(None))
    rows = session.scalars(now.order_by(Receiver.since, Receiver.name)).all()
    return rows, session.scalar(changed.where(mine))


@dataclass(frozen=True, slots=True)
class ToldOf:
    """What is said of a receiver: what it does, which data it gets, what allows the transfer."""

    work: str
    gets: str
    transfer: str | None


def told_of(receiver: Receiver, language: str | None) -> ToldOf:
    """The words about a receiver in that language, where the organisation's file has them."""

    def told(field: str) -> Any:
        texts = receiver.in_languages.get(field, {})
        return texts.get(language or "", getattr(receiver, field))

    return ToldOf(work=told("work"), gets=told("gets"), transfer=told("transfer"))


def _erased(request: RightsRequest) -> bool:
    granted = request.outcome in (Outcome.GRANTED, Outcome.PARTLY)
    return request.kind in ERASES and granted


def pass_on(session: Session, organisation_id: UUID, *, now: datetime) -> Sequence[Export]:
    """Have whoever has an export of the organisation told; the exports, the oldest first.

    A file that is still there becomes an alarm; of what went to standard output only the book of
    exports knows, and somebody has to say it.
    """
    found = session.scalars(
        select(Export)
        .where(
            Export.organisation_id == organisation_id,
            Export.kind.in_(_CARRIES),
            Export.made_at <= now,
            or_(Export.closed_at.is_(None), Export.ended == ExportEnd.HANDED_OUT),
        )
        .order_by(Export.made_at, Export.id)
    ).all()
    for one in found:
        if one.closed_at is None:
            alarms.sound(
                session, OUTDATED, subject=str(one.id), organisation_id=organisation_id, at=now
            )
    return found
