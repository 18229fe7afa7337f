"""Recordings that lie at the provider and should not: reported and removed.

Those that no row of ours knows, and those of which the provider said before that they were gone.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import alarms, provider_copies, there_again, unheard
from storage.house import reading, transaction
from storage.provider import Provider, RecordingAtProvider
from storage.provider_copies import CopyKind
from storage.states import CALL_OVER, RecordingState
from storage.tables import Call, ProviderCopy, Recording

log = logging.getLogger(__name__)

ALARM: Final = there_again.STRANGER
LOOK_BACK: Final = timedelta(days=30)
# A recording this young may still be on its way into our rows.
YOUNG_IN_OUR_CALL: Final = timedelta(hours=2)
YOUNG: Final = timedelta(days=1)
_PAGE: Final = 200


def remove_strangers(*, provider: Provider, now: datetime) -> int:
    """Have unknown recordings of the last 30 days deleted, each with an alarm; how many.

    One that belongs to a call of ours goes two hours after it was made, when that call is over and
    no row of it still waits to learn its recording's name. Any other goes after a day: the account
    serves this installation alone. A younger one, and one without a date, is never touched. One
    that the provider called gone before goes at once.
    """
    since = now - LOOK_BACK
    with reading() as session:
        settled = there_again.reported(session, CopyKind.RECORDING, since=since, now=now)
    count = 0
    page: list[RecordingAtProvider] = []
    for one in provider.list_recordings(since=since):
        if one.status == "deleted":
            continue
        settled.discard(one.sid)
        page.append(one)
        if len(page) == _PAGE:
            count += _judge(page, now=now)
            page = []
    count += _judge(page, now=now)
    if settled:
        with transaction() as session:
            there_again.settle(session, settled, at=now)
    return count


def _judge(page: Sequence[RecordingAtProvider], *, now: datetime) -> int:
    if not page:
        return 0
    with transaction() as session:
        sids = [one.sid for one in page]
        known = set(
            session.scalars(
                select(ProviderCopy.provider_sid).where(
                    ProviderCopy.kind == CopyKind.RECORDING.value,
                    ProviderCopy.provider_sid.in_(sids),
                )
            )
        )
        strangers = [one for one in page if one.sid not in known]
        found = select(Call).where(
            Call.provider_sid.in_({one.call_sid for one in strangers if one.call_sid})
        )
        calls = {call.provider_sid: call for call in session.scalars(found)}
        # What somebody may have said is asked for first, by the telephone's own sweep.
        unasked = unheard.concerns(session, [sid for sid in calls if sid is not None])
        removed = there_again.take_back(session, CopyKind.RECORDING, sids, now=now)
        for one in strangers:
            if one.call_sid in unasked:
                continue
            call = calls.get(one.call_sid)
            if _may_go(session, one, call, now=now):
                _remove(session, one, call, now=now)
                removed += 1
    return removed


def _may_go(
    session: Session, one: RecordingAtProvider, call: Call | None, *, now: datetime
) -> bool:
    if one.created_at is None:
        return False
    age = now - one.created_at
    if call is None:
        return age > YOUNG
    if age <= YOUNG_IN_OUR_CALL or call.state not in CALL_OVER:
        return age > YOUNG
    nameless = select(Recording.id).where(
        Recording.call_id == call.id,
        Recording.provider_sid.is_(None),
        Recording.state == RecordingState.ANNOUNCED,
    )
    return session.scalars(nameless.limit(1)).first() is None


def _remove(
    session: Session, one: RecordingAtProvider, call: Call | None, *, now: datetime
) -> None:
    organisation_id = None if call is None else call.organisation_id
    provider_copies.note(
        session,
        CopyKind.RECORDING,
        one.sid,
        organisation_id=organisation_id,
        call_sid=one.call_sid,
        at=now,
    )
    provider_copies.let_go(session, CopyKind.RECORDING, one.sid, at=now)
    alarms.sound(session, ALARM, subject=one.sid, organisation_id=organisation_id, at=now)
    log.warning("recording.stranger", extra={"provider_sid": one.sid})
