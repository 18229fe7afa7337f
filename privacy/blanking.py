"""Rows that stay when what was personal in them goes: a comment is kept as the fact that it was."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from privacy.descent import Descent
from privacy.retention import CALLERS, COMMENTS, LOOSE_RECORDINGS
from storage.receipts import Way
from storage.states import CommentState, RecordingState, TranscriptState
from storage.tables import Call, Comment, Recording, Transcript

WAYS: Final = {COMMENTS: Way.BLANK, LOOSE_RECORDINGS: Way.BLANK, CALLERS: Way.BLANK_CALLER}
"""The kinds of which the row stays until its response or call goes."""


def blank(
    session: Session, roots: Iterable[UUID], found: Descent, *, caller: bool, now: datetime
) -> int:
    """Empty the personal columns of these rows and of what hangs below; how many roots there were.

    With `caller` the rows are calls, and only the number that was shown goes. The keys are
    destroyed already, so this only takes away what nobody can open.
    """
    items = list(roots)
    if caller:
        session.execute(
            update(Call).where(Call.id.in_(items)).values(caller_sealed=None, caller_hash=None)
        )
        return len(items)
    session.execute(
        update(Comment)
        .where(Comment.id.in_(found.of(Comment)))
        .values(state=CommentState.ERASED, text_sealed=None)
    )
    session.execute(
        update(Transcript)
        .where(Transcript.id.in_(found.of(Transcript)))
        .values(
            state=TranscriptState.ERASED,
            words_sealed=None,
            model=None,
            next_try_at=None,
            lease_until=None,
        )
    )
    session.execute(
        update(Recording)
        .where(Recording.id.in_(found.of(Recording)))
        .values(
            state=RecordingState.ERASED,
            seconds=None,
            announced_seconds=None,
            sample_rate=None,
            sealed_sha256=None,
            peaks=None,
            next_try_at=None,
            lease_until=None,
            erased_at=now,
        )
    )
    return len(items)
