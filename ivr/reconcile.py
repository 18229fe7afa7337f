"""Asking the provider about calls whose fate we do not know: never redialled on a guess."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from config.campaign_limits import LONGEST_CALL
from ivr import attempt_ends, calls_status, code_calls
from ivr.events import state_of
from ivr.orders import number_of
from ivr.turns import name_call
from storage import alarms
from storage.faults import GiveUp, TryAgain
from storage.house import house, reading, transaction
from storage.provider import CallAtProvider, Provider
from storage.states import CALL_OVER, AttemptState, CallState, Disposition
from storage.tables import Attempt, Call, Customer, Invitation, Line
from survey import attempts, probe_ends, spending

log = logging.getLogger(__name__)

# A process may still be at it: an order is given back when it found no moment within seconds, and
# the provider answers or not within a minute.
PLACING_PATIENCE: Final = timedelta(minutes=2)
UNCERTAIN_PATIENCE: Final = timedelta(seconds=30)
# The provider's lists lag behind: only after so long does "not found" mean "never placed".
NOT_FOUND_PATIENCE: Final = timedelta(minutes=2)
# A call of which no end was told is asked about after so long without an answer, or in talk.
RINGING_PATIENCE: Final = timedelta(minutes=2)
TALKING_PATIENCE: Final = timedelta(minutes=5)
# No telephone rings and nobody talks so long: hung up by us.
LONGEST_RINGING: Final = timedelta(minutes=10)
LONGEST_TALK: Final = LONGEST_CALL + timedelta(minutes=5)
# A provider that still calls it under way so long after we hung up is not asked any more.
HUNG_UP_PATIENCE: Final = timedelta(minutes=10)
NEVER_ENDS: Final = "call.never_ends"
_CLOCKS_DIFFER: Final = timedelta(seconds=30)
_BATCH: Final = 100


def reconcile_attempts(*, provider: Provider, now: datetime) -> int:
    """Settle the attempts that nobody finished placing; how many were looked at."""
    with reading() as session:
        wanted = (
            select(Call.id)
            .join(Attempt, Attempt.id == Call.attempt_id)
            .where(
                (
                    (Attempt.state == AttemptState.PLACING)
                    & (Attempt.placing_at <= now - PLACING_PATIENCE)
                )
                | (
                    (Attempt.state == AttemptState.UNCERTAIN)
                    & (Attempt.placing_at <= now - UNCERTAIN_PATIENCE)
                )
            )
            .order_by(Attempt.placing_at)
            .limit(_BATCH)
        )
        calls = session.scalars(wanted).all()
    for call_id in calls:
        _guarded(call_id, lambda one: _reconcile(one, provider=provider, now=now))
    return len(calls)


def end_lost_calls(*, provider: Provider, now: datetime) -> int:
    """Give an end to calls whose end we were never told; how many were looked at."""
    with reading() as session:
        wanted = (
            select(Call.id)
            .where(
                Call.state.not_in(CALL_OVER),
                (Call.started_at <= now - TALKING_PATIENCE)
                | (
                    (Call.started_at <= now - RINGING_PATIENCE)
                    & (Call.state != CallState.IN_PROGRESS)
                ),
                # An attempt in doubt is not a call yet; see `reconcile_attempts`.
                Call.attempt_id.is_(None)
                | exists().where(
                    Attempt.id == Call.attempt_id,
                    Attempt.state.not_in((AttemptState.PLACING, AttemptState.UNCERTAIN)),
                ),
            )
            # By chance, so that many long calls keep nobody from being asked about.
            .order_by(func.random())
            .limit(_BATCH)
        )
        calls = session.scalars(wanted).all()
    for call_id in calls:
        _guarded(call_id, lambda one: look(one, provider=provider, now=now))
    return len(calls)


def look(call_id: UUID, *, provider: Provider, now: datetime) -> None:
    """Ask where one call stands, and take the answer as if it had been told to us.

    One that nobody can be asked about, or that the provider does not know, has failed.
    """
    with reading() as session:
        call = session.get_one(Call, call_id)
    if call.state in CALL_OVER:
        return
    if call.provider_sid is None and call.code_id is not None:
        code_calls.name_from_provider(call, provider=provider, house=house(), now=now)
        with reading() as session:
            call = session.get_one(Call, call_id)
    found = None if call.provider_sid is None else provider.fetch_call(call.provider_sid)
    state = CallState.FAILED if found is None else state_of(found.status)
    too_long = _too_long(call, now=now)
    if state is not None and state in CALL_OVER:
        _end(call_id, state, found, now=now)
    elif too_long >= HUNG_UP_PATIENCE:
        with transaction() as session:
            owner = call.organisation_id
            alarms.sound(session, NEVER_ENDS, subject=str(call_id), organisation_id=owner, at=now)
        _end(call_id, CallState.FAILED, found, now=now)
    elif too_long >= timedelta() and call.provider_sid is not None:
        provider.end_call(call.provider_sid)


def _too_long(call: Call, *, now: datetime) -> timedelta:
    """By how much a call has lasted longer than any does; less than nothing before that."""
    if call.state is CallState.IN_PROGRESS:
        return now - (call.answered_at or call.started_at) - LONGEST_TALK
    return now - call.started_at - LONGEST_RINGING


def _end(call_id: UUID, state: CallState, found: CallAtProvider | None, *, now: datetime) -> None:
    with transaction() as session:
        call = session.scalars(select(Call).where(Call.id == call_id).with_for_update()).one()
        seconds = found.seconds if found else None
        calls_status.arrive(session, call, state, seconds=seconds, at=now)
        _note_price(session, call, found)


def _reconcile(call_id: UUID, *, provider: Provider, now: datetime) -> None:
    with reading() as session:
        call = session.get_one(Call, call_id)
        attempt = session.get_one(Attempt, call.attempt_id)
        invitation = session.get_one(Invitation, attempt.invitation_id)
        number = number_of(session.get_one(Customer, invitation.customer_id))
        line = session.get_one(Line, attempt.line_id).number
    found: tuple[CallAtProvider, ...] = ()
    if number is not None:  # somebody erased meanwhile can neither be looked up nor rung again
        since = attempt.placing_at - _CLOCKS_DIFFER
        found = provider.find_calls(to=number, from_=line, since=since)
    with transaction() as session:
        call = session.scalars(select(Call).where(Call.id == call_id).with_for_update()).one()
        attempt = session.scalars(
            select(Attempt).where(Attempt.id == call.attempt_id).with_for_update()
        ).one()
        if attempt.state not in (AttemptState.PLACING, AttemptState.UNCERTAIN):
            return
        theirs = _unknown_to_us(session, found)
        if theirs:
            _adopt(session, call, attempt, theirs, now=now)
        elif now - attempt.placing_at >= NOT_FOUND_PATIENCE:
            asked = attempt.state is AttemptState.UNCERTAIN
            why = Disposition.PROVIDER_ERROR if asked else Disposition.NEVER_PLACED
            code = attempt.error_code or "not_found"
            attempt_ends.write_off(session, call, attempt, why, code=code, at=now)


def _adopt(
    session: Session,
    call: Call,
    attempt: Attempt,
    found: Sequence[CallAtProvider],
    *,
    now: datetime,
) -> None:
    """The provider has a call that only this attempt can have placed: it is this one's."""
    first = found[-1]  # the newest comes first
    if len(found) > 1:
        alarms.sound(
            session,
            "call.placed_twice",
            subject=str(call.id),
            organisation_id=call.organisation_id,
            at=now,
        )
    name_call(session, call, first.sid, at=now)
    attempts.made(session, attempt)
    state = state_of(first.status)
    if state is not None:
        calls_status.arrive(session, call, state, seconds=first.seconds, at=now)
        _note_price(session, call, first)


def _note_price(session: Session, call: Call, found: CallAtProvider | None) -> None:
    if found is None or found.price_micros is None or call.attempt_id is None:
        return
    attempt = session.get_one(Attempt, call.attempt_id)
    spending.told(session, attempt, micros=found.price_micros, currency=found.currency or "")


def _unknown_to_us(session: Session, found: Sequence[CallAtProvider]) -> list[CallAtProvider]:
    unknown = set(probe_ends.unknown_to_us(session, [one.sid for one in found]))
    return [one for one in found if one.sid in unknown]


def _guarded(call_id: UUID, work: Callable[[UUID], None]) -> None:
    """One call that cannot be asked about must not keep the others waiting."""
    try:
        work(call_id)
    except (TryAgain, GiveUp) as fault:
        log.warning("call.not_asked", extra={"call_id": str(call_id), "code": fault.code})
