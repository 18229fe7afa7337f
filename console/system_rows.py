"""How the machinery stands, read from the rows, which are the queue of record; nothing personal."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from console.visitor import Visitor
from storage.request_states import REQUEST_OPEN
from storage.states import (
    AttemptState,
    DeliveryState,
    InvitationState,
    ProviderCopyState,
    RecordingState,
    TranscriptState,
)
from storage.tables import (
    Alarm,
    Attempt,
    Delivery,
    Invitation,
    Lease,
    Organisation,
    PeriodicJob,
    ProviderCopy,
    PurgeRun,
    Recording,
    RightsRequest,
    Transcript,
)

_IS_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows that wait for one kind of work, and since when the oldest does."""

    name: str
    explained: str
    count: int
    oldest: datetime | None
    # Waiting longer than this many seconds is worth a look.
    patience: int


@dataclass(frozen=True, slots=True)
class Failure:
    """How many rows failed with one code."""

    what: str
    code: str
    count: int


def queues(session: Session, who: Visitor, *, now: datetime) -> list[Queue]:
    """Every kind of waiting work, also the ones where nothing waits."""
    plans: list[tuple[str, str, int, Any, Any, ColumnElement[bool]]] = [
        ("Calls due", "wait for calling hours, or for a free line", 4 * 86_400,
         Invitation, Invitation.due_at,
         Invitation.state.in_([InvitationState.PLANNED, InvitationState.TRYING])
         & (Invitation.due_at <= now) & ~_being_called()),
        ("Calls being placed", "the provider has been asked", 300,
         Attempt, Attempt.placing_at,
         Attempt.state.in_([AttemptState.PLACING, AttemptState.UNCERTAIN])),
        ("Recordings on their way", "still to be fetched from the provider", 600,
         Recording, Recording.recorded_at,
         Recording.state.in_([RecordingState.ANNOUNCED, RecordingState.READY])),
        ("Transcripts waiting", "recordings to be put into words", 900,
         Transcript, Transcript.created_at,
         Transcript.state.in_([TranscriptState.WAITING, TranscriptState.RUNNING])),
        ("Notices waiting", "mails about messages", 600,
         Delivery, Delivery.created_at, Delivery.state == DeliveryState.WAITING),
        ("Requests about data", "people who wait for the privacy officer", 20 * 86_400,
         RightsRequest, RightsRequest.received_at, RightsRequest.state.in_(REQUEST_OPEN)),
        ("Copies at the provider", "due to be deleted there", 3600,
         ProviderCopy, ProviderCopy.delete_at,
         (ProviderCopy.state == ProviderCopyState.PRESENT) & (ProviderCopy.delete_at <= now)),
    ]  # fmt: skip
    found = []
    for name, explained, patience, table, since, condition in plans:
        query = select(func.count(), func.min(since)).select_from(table)
        count, oldest = session.execute(query.where(condition, who.sees(table))).one()
        found.append(Queue(name, explained, count, oldest, patience))
    return found


def _being_called() -> ColumnElement[bool]:
    alive = Attempt.state.in_([AttemptState.PLACING, AttemptState.UNCERTAIN, AttemptState.PLACED])
    return exists().where(Attempt.invitation_id == Invitation.id, alive)


def failures(session: Session, who: Visitor) -> list[Failure]:
    """What failed for good, by code, most frequent first."""
    found = []
    tables: list[tuple[str, Any, Any]] = [
        ("Recording", Recording, RecordingState.FAILED),
        ("Transcript", Transcript, TranscriptState.FAILED),
        ("Notice", Delivery, DeliveryState.FAILED),
    ]
    for what, table, state in tables:
        query = (
            select(table.error_code, func.count())
            .where(table.state == state, who.sees(table))
            .group_by(table.error_code)
        )
        found += [Failure(what, code or "unknown", n) for code, n in session.execute(query)]
    return sorted(found, key=lambda failure: -failure.count)


def copies_kept(session: Session, who: Visitor) -> int:
    """How many things of ours lie at the provider, needed there or not."""
    query = select(func.count()).select_from(ProviderCopy)
    present = ProviderCopy.state == ProviderCopyState.PRESENT
    return session.scalar(query.where(present, who.sees(ProviderCopy))) or 0


def alarms(session: Session, who: Visitor) -> list[Alarm]:
    """What a person must look at, newest first."""
    query = select(Alarm).where(Alarm.cleared_at.is_(None), who.sees(Alarm))
    return list(session.scalars(query.order_by(Alarm.raised_at.desc()).limit(50)))


def references(session: Session, found: Sequence[Alarm]) -> dict[str, str]:
    """By what requests about data are called, by the subjects of the alarms about them."""
    subjects = [one.subject for one in found if one.kind.startswith("rights.")]
    ids = [UUID(one) for one in subjects if one and _IS_ID(one)]
    asked = select(RightsRequest.id, RightsRequest.reference).where(RightsRequest.id.in_(ids))
    return {str(item): reference for item, reference in session.execute(asked)}


def last_purged(session: Session, who: Visitor, run: PurgeRun | None) -> dict[str, int]:
    """What that run of the purge took, by kind, of the organisations that the visitor sees."""
    seen = set(session.scalars(select(Organisation.key).where(who.sees(Organisation))))
    totals: dict[str, int] = {}
    for organisation, counts in (run.counts if run is not None else {}).items():
        if organisation in seen:
            for name, number in counts.items():
                totals[name] = totals.get(name, 0) + number
    return totals


def periodic(session: Session) -> list[PeriodicJob]:
    """The periodic jobs by name."""
    return list(session.scalars(select(PeriodicJob).order_by(PeriodicJob.name)))


def leases(session: Session) -> list[Lease]:
    """Who holds what only one process may do."""
    return list(session.scalars(select(Lease).order_by(Lease.name)))
