"""Ringing an operator's own telephone from a line: stored first, asked for once, and watched.

The number lives in this process's memory alone. A process that dies in here leaves the row; the
provider's callbacks say what became of the call, or `look_after` ends it. Nothing rings again by
itself.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from ivr.addresses import ProbeAddresses
from ivr.events import state_of
from ivr.probe_words import IN_DOUBT, NOT_TOLD
from storage.asked_states import AskedPurpose
from storage.faults import GiveUp, TryAgain
from storage.house import House, reading, transaction
from storage.permits import AskedFor
from storage.provider import AskedCall, Provider
from storage.states import CALL_OVER, CallState
from storage.tables import LineProbe
from survey import line_probes, probe_ends
from survey.line_probes import Wish

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Pause = Callable[[float], None]

# It rings for half a minute and lasts three at most.
PATIENCE: Final = timedelta(minutes=4)
# The provider's lists lag behind.
NOT_FOUND_PATIENCE: Final = timedelta(minutes=2)
_LOOK_SECONDS: Final = 2.0
_CLOCKS_DIFFER: Final = timedelta(seconds=30)
_MOST: Final = 100


def probe(wish: Wish, *, house: House, clock: Clock, pause: Pause) -> LineProbe:
    """Ring, watch, and say how it ended; a refusal is a result like any other."""
    with transaction() as session:
        row, paper = line_probes.begin(
            session,
            wish,
            keyring=house.keyring,
            allowed_numbers=house.settings.allowed_numbers,
            now=clock(),
        )
        probe_id = row.id
        urls = ProbeAddresses(house.settings.public_base_url, row.token)
    if paper is not None:
        order = AskedCall(
            to=wish.to,
            from_=wish.line.number,
            answer_url=urls.answer,
            status_url=urls.status,
            purpose=AskedPurpose.PROBE,
        )
        if _ask(probe_id, order, paper, house=house, clock=clock, pause=pause):
            _watch(probe_id, provider=house.provider, clock=clock, pause=pause)
    with reading() as session:
        return session.get_one(LineProbe, probe_id)


def look_after(*, provider: Provider, now: datetime) -> int:
    """Give an end to probes that nobody watches any more; how many were looked at."""
    waiting = select(LineProbe.id).where(
        LineProbe.state.not_in(CALL_OVER), LineProbe.asked_at <= now - PATIENCE
    )
    with reading() as session:
        found = session.scalars(waiting.order_by(LineProbe.asked_at).limit(_MOST)).all()
    for probe_id in found:
        try:
            _look(probe_id, provider=provider, now=now, last=True)
        except (TryAgain, GiveUp) as fault:
            log.warning("probe.not_asked", extra={"probe_id": str(probe_id), "code": fault.code})
    return len(found)


def _ask(
    probe_id: UUID,
    order: AskedCall,
    paper: AskedFor,
    *,
    house: House,
    clock: Clock,
    pause: Pause,
) -> bool:
    """Ask the provider, once; whether a telephone may ring."""
    try:
        placed = house.provider.call_asked_for(order, paper)
    except (TryAgain, GiveUp) as fault:
        if isinstance(fault, TryAgain) and fault.may_have_happened:
            return _find(probe_id, order, provider=house.provider, clock=clock, pause=pause)
        with transaction() as session:
            row = probe_ends.locked(session, probe_id)
            probe_ends.refused(session, row, code=fault.code, rang=False, at=clock())
        return False
    with transaction() as session:
        row = probe_ends.locked(session, probe_id)
        # A callback may have been quicker than this answer, and may know more.
        probe_ends.name(session, row, placed.sid, at=clock())
        probe_ends.arrive(session, row, CallState.QUEUED, seconds=None, at=clock())
    return True


def _find(
    probe_id: UUID, order: AskedCall, *, provider: Provider, clock: Clock, pause: Pause
) -> bool:
    """No answer came: the provider's list says whether there is a call. Never asked for again."""
    asked_at = clock()
    while clock() - asked_at < NOT_FOUND_PATIENCE:
        pause(_LOOK_SECONDS)
        with reading() as session:
            if session.get_one(LineProbe, probe_id).provider_sid is not None:
                return True  # a callback told us
        try:
            found = provider.find_calls(
                to=order.to, from_=order.from_, since=asked_at - _CLOCKS_DIFFER
            )
        except (TryAgain, GiveUp) as fault:
            log.warning("probe.not_found", extra={"probe_id": str(probe_id), "code": fault.code})
            continue
        with transaction() as session:
            row = probe_ends.locked(session, probe_id)
            theirs = probe_ends.unknown_to_us(session, [one.sid for one in found])
            if theirs:
                probe_ends.name(session, row, theirs[0], at=clock())
                return True
    with transaction() as session:
        row = probe_ends.locked(session, probe_id)
        probe_ends.refused(session, row, code=IN_DOUBT, rang=True, at=clock())
    return False


def _watch(probe_id: UUID, *, provider: Provider, clock: Clock, pause: Pause) -> None:
    """Until it is over, by callback or by asking."""
    until = clock() + PATIENCE
    while clock() < until:
        try:
            if _look(probe_id, provider=provider, now=clock()):
                return
        except (TryAgain, GiveUp) as fault:
            log.warning("probe.not_asked", extra={"probe_id": str(probe_id), "code": fault.code})
        pause(_LOOK_SECONDS)


def _look(probe_id: UUID, *, provider: Provider, now: datetime, last: bool = False) -> bool:
    """Ask where it stands, and take the answer as if it had been told; whether it is over.

    At `last` one of which the provider says nothing ends as not told.
    """
    with reading() as session:
        row = session.get_one(LineProbe, probe_id)
    if row.state in CALL_OVER:
        return True
    found = None if row.provider_sid is None else provider.fetch_call(row.provider_sid)
    state = None if found is None else state_of(found.status)
    with transaction() as session:
        row = probe_ends.locked(session, probe_id)
        if state is not None and state is not CallState.IN_PROGRESS:
            seconds = None if found is None else found.seconds
            probe_ends.arrive(session, row, state, seconds=seconds, at=now)
        if last and row.state not in CALL_OVER:
            probe_ends.refused(session, row, code=NOT_TOLD, rang=True, at=now)
        return row.state in CALL_OVER
