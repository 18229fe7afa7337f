"""Ringing again for rows that nobody works on: what a lost bell or a dead worker left behind."""

import logging
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from storage import alarms, comments
from storage.house import house, reading, transaction
from storage.queue import JobName
from storage.states import (
    CommentKind,
    CommentState,
    DeliveryState,
    ProviderCopyState,
    RecordingState,
)
from storage.tables import Comment, Delivery, ProviderCopy, Recording
from voicemail import other_accounts

log = logging.getLogger(__name__)

# One run rings at most this often for each kind; the oldest come first and the next run is near.
MOST_RINGS: Final = 500
_LOST_AFTER: Final = timedelta(hours=1)


def sweep_recordings(*, now: datetime) -> int:
    """Ring for recordings and provider copies that are due; how many bells were rung."""
    _revive_failed(now=now)
    _notice_lost_comments(now=now)
    other_accounts.watch(now=now)
    with reading() as session:
        due = _ids(
            session,
            Recording.id,
            or_(
                Recording.state.in_([RecordingState.ANNOUNCED, RecordingState.READY]),
                # Dropped after it had come home, and our copy not yet destroyed.
                (Recording.state == RecordingState.DROPPED) & Recording.sealed_sha256.is_not(None),
            ),
            Recording.next_try_at <= now,
            _free(Recording.lease_until, now=now),
            order=Recording.next_try_at,
        )
        copies = _ids(
            session,
            ProviderCopy.id,
            ProviderCopy.state == ProviderCopyState.PRESENT,
            ProviderCopy.delete_at <= now,
            other_accounts.here(),
            _free(ProviderCopy.lease_until, now=now),
            order=ProviderCopy.delete_at,
        )
    return _ring(JobName.FETCH_RECORDING, due) + _ring(JobName.DELETE_AT_PROVIDER, copies)


def sweep_deliveries(*, now: datetime) -> int:
    """Ring for notices that are due; how many bells were rung."""
    with reading() as session:
        due = _ids(
            session,
            Delivery.id,
            Delivery.state == DeliveryState.WAITING,
            Delivery.next_try_at <= now,
            _free(Delivery.lease_until, now=now),
            order=Delivery.next_try_at,
        )
    return _ring(JobName.DELIVER, due)


def _revive_failed(*, now: datetime) -> None:
    """Try failed recordings once more on the day their row names."""
    with reading() as session:
        due = _ids(
            session,
            Recording.id,
            Recording.state == RecordingState.FAILED,
            Recording.next_try_at <= now,
            order=Recording.next_try_at,
        )
    for recording_id in due:
        with transaction() as session:
            session.execute(
                update(Recording)
                .where(Recording.id == recording_id, Recording.state == RecordingState.FAILED)
                .values(state=RecordingState.READY, tries=0, lease_until=None)
            )
            comment_id = session.scalar(
                select(Recording.comment_id).where(Recording.id == recording_id)
            )
            if comment_id is not None:
                comments.settle(session, comment_id, at=now)


def _notice_lost_comments(*, now: datetime) -> None:
    """Say so when a spoken comment has no recording at all: somebody spoke and nothing is here."""
    missing = (
        select(Comment.id)
        .outerjoin(Recording, Recording.comment_id == Comment.id)
        .where(
            Comment.kind == CommentKind.SPOKEN,
            Comment.state == CommentState.RECORDED,
            Comment.made_at < now - _LOST_AFTER,
            Recording.id.is_(None),
        )
        .limit(MOST_RINGS)
    )
    with reading() as session:
        lost = session.scalars(missing).all()
    for comment_id in lost:
        with transaction() as session:
            comment = session.get_one(Comment, comment_id)
            comment.state = CommentState.LOST
            alarms.sound(
                session,
                comments.LOST,
                subject=str(comment.id),
                organisation_id=comment.organisation_id,
                at=now,
            )


def _free(lease: InstrumentedAttribute[datetime | None], *, now: datetime) -> ColumnElement[bool]:
    return or_(lease.is_(None), lease <= now)


def _ids(
    session: Session,
    column: InstrumentedAttribute[UUID],
    *where: ColumnElement[bool],
    order: InstrumentedAttribute[Any],
) -> list[UUID]:
    wanted = select(column).where(*where).order_by(order, column).limit(MOST_RINGS)
    return list(session.scalars(wanted))


def _ring(job: JobName, rows: list[UUID]) -> int:
    for row in rows:
        if not house().bell.ring(job, row):
            return 0  # Redis is away; the next sweep finds the same rows
    if rows:
        log.info("sweep.rang", extra={"job": job.name, "rows": len(rows)})
    return len(rows)
