"""Placing one call so that no crash places two: committed first, asked for once, then noted."""

import logging
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ivr import attempt_ends, pacing
from ivr.last_look import why_unwanted
from ivr.orders import Order
from ivr.pacing import Moment, Pace
from ivr.turns import name_call
from storage import alarms
from storage.faults import GiveUp, TryAgain
from storage.house import reading, transaction
from storage.provider import PlacedCall, Provider
from storage.provider_faults import ProviderBusy, ProviderRefusesUs
from storage.states import CALL_OVER, AttemptState, CallState, Disposition
from storage.tables import Attempt, Call
from survey import attempts, campaigns

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
REFUSES_US: Final = campaigns.REFUSES_US
# A decision should not grow old before it is used: an order that found no moment by then is given
# back, and one that the provider was too busy for is a failed attempt.
ORDER_PATIENCE: Final = 20.0


# Made once, for every call.
_LOCK_CALL: Final = select(Call).where(Call.id == bindparam("item")).with_for_update()
_LOCK_ATTEMPT: Final = select(Attempt).where(Attempt.id == bindparam("item")).with_for_update()


class Outcome(StrEnum):
    """What became of an order."""

    PLACED = "placed"
    UNCERTAIN = "uncertain"
    NOT_PLACED = "not_placed"


def place(order: Order, *, provider: Provider, pace: Pace, clock: Clock) -> Outcome:
    """Wait for a moment on the order's line, ask the provider for the call, write down its answer.

    A provider that is busy has done nothing with the request, so it is asked again at the line's
    next moment, as long as the order is fresh. A process that dies in here leaves the attempt in
    PLACING, and `reconcile` asks the provider what became of it. Raises TryAgain when the provider
    is busy or away, and ProviderRefusesUs; the attempt is settled first, or left UNCERTAIN when the
    call may have been placed.
    """
    until = pace.ticks() + ORDER_PATIENCE
    busy: ProviderBusy | None = None
    while (moment := pace.wait_for(order.line, until=until)) is not None:
        with reading() as session:
            unwanted = why_unwanted(session, order, now=clock())
        if unwanted is not None:
            pacing.unused(moment)
            give_back(order, code=unwanted, now=clock())
            return Outcome.NOT_PLACED
        if moment.is_past(pace.ticks()):
            pacing.unused(moment)
            continue
        try:
            return _Asking(order, moment, pace, clock).ask(provider)
        except ProviderBusy as fault:
            busy = fault
    if busy is None:
        code = "dialler_stopped" if pace.stopped else "no_moment"
        give_back(order, code=code, now=clock())
        return Outcome.NOT_PLACED
    write_off(order, Disposition.PROVIDER_ERROR, code=busy.code, now=clock())
    raise busy


def give_back(order: Order, *, code: str, now: datetime) -> None:
    """Let go of an order that nobody was asked for: it was no attempt, and is due again at once."""
    write_off(order, Disposition.GIVEN_BACK, code=code, now=now)


def write_off(order: Order, why: Disposition, *, code: str | None, now: datetime) -> None:
    """End an attempt of which we know that nobody's telephone rang."""
    with transaction() as session:
        call, attempt = locked(session, order)
        if attempt.state is AttemptState.PLACING:
            attempt_ends.write_off(session, call, attempt, why, code=code, at=now)


def locked(session: Session, order: Order) -> tuple[Call, Attempt]:
    """The call, then its attempt, both locked until the transaction ends."""
    call = session.scalars(_LOCK_CALL, {"item": order.call_id}).one()
    attempt = session.scalars(_LOCK_ATTEMPT, {"item": order.attempt_id}).one()
    return call, attempt


class _Asking:
    """One request to the provider at its moment, and what follows from each answer."""

    def __init__(self, order: Order, moment: Moment, pace: Pace, clock: Clock) -> None:
        self._order = order
        self._moment = moment
        self._pace = pace
        self._clock = clock
        self._late = 0.0

    def ask(self, provider: Provider) -> Outcome:
        """Ask once; raises ProviderBusy when it did nothing, and as `place` says."""
        asked = self._pace.ticks()
        try:
            placed = provider.place_call(self._order.wanted, self._order.permit)
        except TryAgain as fault:
            self._note_lateness(asked, answered=isinstance(fault, ProviderBusy))
            self._not_now(fault)
            if not fault.may_have_happened:
                raise
            return Outcome.UNCERTAIN
        except ProviderRefusesUs as fault:
            self._note_lateness(asked, answered=True)
            self._refused_us(fault)
            raise
        except GiveUp as fault:
            self._note_lateness(asked, answered=True)
            self._refused(code=fault.code)
            return Outcome.NOT_PLACED
        self._note_lateness(asked, answered=True)
        self._placed(placed)
        return Outcome.PLACED

    def _note_lateness(self, asked: float, *, answered: bool) -> None:
        at = self._pace.ticks() if answered else None
        self._late = self._pace.lateness(self._moment, asked=asked, answered=at)

    def _placed(self, placed: PlacedCall) -> None:
        now = self._clock()
        with transaction() as session:
            call, attempt = locked(session, self._order)
            # A webhook may have been quicker than this answer, and may know more.
            name_call(session, call, placed.sid, at=now)
            attempts.made(session, attempt)
            if call.state is CallState.NEW:
                call.state = CallState.QUEUED
            pacing.used(session, self._moment, lateness=self._late)
            pacing.bears_again(session, self._moment)
            alarms.clear(session, REFUSES_US, subject=str(self._order.organisation_id), at=now)

    def _not_now(self, fault: TryAgain) -> None:
        """Leave the line alone for a while. A call that may ring is never asked for again."""
        now = self._clock()
        with transaction() as session:
            call, attempt = locked(session, self._order)
            if attempt.state is AttemptState.PLACING and fault.may_have_happened:
                attempt.state, attempt.error_code = AttemptState.UNCERTAIN, fault.code
            elif attempt.state is AttemptState.PLACING and not isinstance(fault, ProviderBusy):
                attempt_ends.write_off(
                    session, call, attempt, Disposition.PROVIDER_ERROR, code=fault.code, at=now
                )
            pacing.used(session, self._moment, lateness=self._late)
            held = pacing.hold(session, self._order.line, after_seconds=fault.after_seconds)
        log.warning(
            "provider.not_now",
            extra={
                "attempt_id": str(self._order.attempt_id),
                "code": fault.code,
                "uncertain": fault.may_have_happened,
                "held_seconds": round(held, 1),
            },
        )

    def _refused_us(self, fault: ProviderRefusesUs) -> None:
        """Nothing will work until somebody has mended it: nobody of this organisation is rung."""
        give_back(self._order, code=fault.code or REFUSES_US, now=self._clock())
        with transaction() as session:
            pacing.used(session, self._moment, lateness=self._late)
            campaigns.refused_by_provider(
                session, organisation_id=self._order.organisation_id, now=self._clock()
            )

    def _refused(self, *, code: str | None) -> None:
        """The provider refuses this call for good, the number for instance."""
        now = self._clock()
        with transaction() as session:
            call, attempt = locked(session, self._order)
            attempt.error_code = code
            if call.state not in CALL_OVER:
                call.state, call.ended_at = CallState.FAILED, now
                attempt_ends.settle(session, call, at=now)
            pacing.used(session, self._moment, lateness=self._late)
        log.info("call.refused", extra={"attempt_id": str(self._order.attempt_id), "code": code})
