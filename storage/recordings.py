"""Recordings as rows: announced by a call, ready at the provider, absent, or recorded again.

The webhooks of the telephone call these within their own transaction, holding the call's row
lock. Whatever repeats, comes late or in another order leads to the same rows. The order of locks
is always the call first, then its recordings, then what hangs on them.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import alarms, comments, messages, provider_copies
from storage.house import house
from storage.provider_copies import CopyKind
from storage.queue import JobName
from storage.states import RECORDING_FOLLOWS, RecordingState, Verdict, judge
from storage.tables import Call, Recording

log = logging.getLogger(__name__)

# How long the provider's "recording ready" may be away before we ask for ourselves.
CALLBACK_PATIENCE: Final = timedelta(minutes=2)
FAILED_ALARM: Final = "recording.failed"
LOST_AT_PROVIDER: Final = "recording.lost_at_provider"


class CallId(Protocol):
    """What must be known of the call that recorded: its row, or values read from it."""

    @property
    def id(self) -> UUID:
        """Its row."""
        ...

    @property
    def organisation_id(self) -> UUID:
        """Whose call."""
        ...

    @property
    def provider_sid(self) -> str | None:
        """What the provider calls it."""
        ...


def announce(
    session: Session,
    call: CallId,
    *,
    visit: int,
    language: str,
    at: datetime,
    provider_sid: str | None = None,
    seconds: int | None = None,
    comment_id: UUID | None = None,
    message_id: UUID | None = None,
) -> Recording:
    """The recording made in that visit of the call, made once and filled in as more is known.

    The "recording ready" callback may have made the row already; what it did not know (whose
    comment or message it is) is added here, and the other way round.
    """
    recording = _of(session, call, visit=visit, provider_sid=provider_sid)
    if recording is None:
        recording = Recording(
            organisation_id=call.organisation_id,
            call_id=call.id,
            visit=visit,
            language=language,
            state=RecordingState.ANNOUNCED,
            recorded_at=at,
            next_try_at=at + CALLBACK_PATIENCE,
        )
        session.add(recording)
    recording.comment_id = recording.comment_id or comment_id
    recording.message_id = recording.message_id or message_id
    if recording.announced_seconds is None:
        recording.announced_seconds = seconds
    if provider_sid is not None and recording.provider_sid is None:
        recording.provider_sid = provider_sid
    session.flush()
    if recording.provider_sid is not None:
        provider_copies.note(
            session,
            CopyKind.RECORDING,
            recording.provider_sid,
            organisation_id=call.organisation_id,
            call_sid=call.provider_sid,
            at=at,
        )
        if recording.state in _NOT_WANTED:
            provider_copies.let_go(session, CopyKind.RECORDING, recording.provider_sid, at=at)
    settle(session, recording, at=at)
    return recording


def ready(
    session: Session,
    call: CallId,
    *,
    visit: int,
    language: str,
    provider_sid: str,
    at: datetime,
    seconds: int | None = None,
) -> Verdict:
    """The provider has the file: have it fetched after the commit.

    `seconds` is the provider's final figure and wins over one announced before.
    """
    recording = announce(
        session,
        call,
        visit=visit,
        language=language,
        at=at,
        provider_sid=provider_sid,
        seconds=seconds,
    )
    verdict = _move(recording, RecordingState.READY)
    if verdict is Verdict.APPLIED:
        if seconds is not None:
            recording.announced_seconds = seconds
        recording.next_try_at, recording.tries, recording.error_code = at, 0, None
        session.flush()
        house().bell.ring_after(session, JobName.FETCH_RECORDING, recording.id)
    return verdict


def absent(
    session: Session,
    call: CallId,
    *,
    visit: int,
    language: str,
    at: datetime,
    provider_sid: str | None = None,
    failed: bool = False,
) -> Verdict:
    """Nothing usable was recorded in that visit; the provider's leavings are deleted.

    `failed` says that the provider lost it, which is an alarm: somebody may have spoken.
    """
    recording = announce(
        session, call, visit=visit, language=language, at=at, provider_sid=provider_sid
    )
    return drop(session, recording, code="lost_at_provider" if failed else "absent", at=at)


def discard(session: Session, call: CallId, *, visit: int, at: datetime) -> Verdict:
    """The caller recorded again: drop what was recorded in that visit, wherever it is by now.

    A copy already at home is destroyed by the job that is rung here.
    """
    recording = of_visit(session, call, visit=visit)
    if recording is None:
        return Verdict.REFUSED
    recording.superseded = True
    return drop(session, recording, code="superseded", at=at)


def drop(session: Session, recording: Recording, *, code: str, at: datetime) -> Verdict:
    """Move to DROPPED for the reason `code`, and have every copy of it deleted."""
    was_home = recording.state is RecordingState.STORED
    verdict = _move(recording, RecordingState.DROPPED)
    if verdict is Verdict.APPLIED:
        recording.error_code = code
        recording.next_try_at = at if was_home else None
        alarms.clear(session, FAILED_ALARM, subject=str(recording.id), at=at)
        if was_home:
            house().bell.ring_after(session, JobName.FETCH_RECORDING, recording.id)
        if code == "lost_at_provider":
            alarms.sound(
                session,
                LOST_AT_PROVIDER,
                subject=str(recording.id),
                organisation_id=recording.organisation_id,
                at=at,
            )
    if recording.provider_sid is not None and recording.state in _NOT_WANTED:
        provider_copies.let_go(session, CopyKind.RECORDING, recording.provider_sid, at=at)
    settle(session, recording, at=at)
    return verdict


def is_home(session: Session, call: CallId, *, visit: int) -> bool:
    """Whether what was recorded in that visit can be played from our own copy."""
    recording = of_visit(session, call, visit=visit)
    return recording is not None and recording.state is RecordingState.STORED


def of_visit(session: Session, call: CallId, *, visit: int) -> Recording | None:
    """The recording made in that visit of the call, if any."""
    wanted = select(Recording).where(Recording.call_id == call.id, Recording.visit == visit)
    return session.scalars(wanted.with_for_update()).one_or_none()


def of_call(session: Session, call_id: UUID) -> Sequence[Recording]:
    """All recordings of the call in the order they were made."""
    wanted = select(Recording).where(Recording.call_id == call_id).order_by(Recording.visit)
    return session.scalars(wanted).all()


def lock(session: Session, recording_id: UUID) -> Recording | None:
    """The recording, locked after its call as everywhere; None when there is no such row."""
    call_id = session.scalar(select(Recording.call_id).where(Recording.id == recording_id))
    if call_id is None:
        return None
    session.execute(select(Call.id).where(Call.id == call_id).with_for_update())
    wanted = select(Recording).where(Recording.id == recording_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def settle(session: Session, recording: Recording, *, at: datetime) -> None:
    """Bring the comment or message of this recording into the state that its recordings give."""
    if recording.comment_id is not None:
        comments.settle(session, recording.comment_id, at=at)
    if recording.message_id is not None:
        messages.settle(session, recording.message_id, at=at)


_NOT_WANTED: Final = frozenset({RecordingState.DROPPED, RecordingState.ERASED})


def _of(
    session: Session, call: CallId, *, visit: int, provider_sid: str | None
) -> Recording | None:
    if provider_sid is not None:
        known = select(Recording).where(
            Recording.provider_sid == provider_sid, Recording.call_id == call.id
        )
        recording = session.scalars(known.with_for_update()).one_or_none()
        if recording is not None:
            return recording
    return of_visit(session, call, visit=visit)


def _move(recording: Recording, to: RecordingState) -> Verdict:
    verdict = judge(recording.state, to, RECORDING_FOLLOWS)
    if verdict is Verdict.APPLIED:
        recording.state = to
    elif verdict is Verdict.REFUSED:
        log.info(
            "recording.refused",
            extra={"recording_id": recording.id, "was": recording.state, "wanted": to},
        )
    return verdict
