"""Placing one call so that no crash places two: committed first, asked for once, then noted."""

import logging
import random
import time
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from ivr import attempt_ends
from ivr.orders import Order, still_wanted
from ivr.turns import name_call
from storage import alarms
from storage.faults import GiveUp, TryAgain
from storage.house import reading, transaction
from storage.provider import PlacedCall, Provider
from storage.provider_faults import ProviderBusy, ProviderRefusesUs
from storage.states import CALL_OVER, AttemptState, CallState
from storage.tables import Attempt, Call

log = logging.getLogger(__name__)

REFUSES_US: Final = "provider.refuses_us"
# Seconds before a busy provider is asked again, after which the whole round gives way.
BUSY_WAITS: tuple[float, ...] = (0.5, 1.0, 2.0)


class Outcome(StrEnum):
    """What became of an order."""

    PLACED = "placed"
    UNCERTAIN = "uncertain"
    NOT_PLACED = "not_placed"


def place(order: Order, *, provider: Provider, now: datetime) -> Outcome:
    """Ask the provider for the call, once, and write down what it said.

    A provider that is busy has done nothing with the request, so it is asked again a few times.
    A process that dies in here leaves the attempt in PLACING, and `reconcile` asks the provider
    what became of it. Raises TryAgain when the provider is busy or away, and ProviderRefusesUs;
    the attempt is settled first, or left UNCERTAIN when the call may have been placed.
    """
    try:
        placed = _asked(order, provider)
    except TryAgain as fault:
        if fault.may_have_happened:
            _doubt(order, code=fault.code)
            return Outcome.UNCERTAIN
        write_off(order, code=fault.code, now=now)
        raise
    except ProviderRefusesUs as fault:
        write_off(order, code=fault.code, now=now)
        with transaction() as session:
            alarms.sound(session, REFUSES_US, at=now)
        raise
    except GiveUp as fault:
        _failed(order, code=fault.code, now=now)
        return Outcome.NOT_PLACED
    if placed is None:
        write_off(order, code="no_longer_wanted", now=now)
        return Outcome.NOT_PLACED
    _placed(order, placed, now=now)
    return Outcome.PLACED


def _asked(order: Order, provider: Provider) -> PlacedCall | None:
    """The provider's answer; None when the person must not be rung any more."""
    for wait in (*BUSY_WAITS, None):
        with reading() as session:
            if not still_wanted(session, order):
                return None
        try:
            return provider.place_call(order.wanted, order.permit)
        except ProviderBusy:
            if wait is None:
                raise
            # Spread, so that several diallers do not come back in step.
            time.sleep(wait * random.uniform(0.7, 1.3))  # noqa: S311 - no secret
    return None


def write_off(order: Order, *, code: str | None, now: datetime) -> None:
    """End an attempt of which we know that nobody's telephone rang."""
    with transaction() as session:
        call, attempt = locked(session, order)
        if attempt.state is AttemptState.PLACING:
            attempt_ends.never_placed(session, call, attempt, code=code, at=now)


def locked(session: Session, order: Order) -> tuple[Call, Attempt]:
    """The call, then its attempt, both locked until the transaction ends."""
    call = session.scalars(select(Call).where(Call.id == order.call_id).with_for_update()).one()
    attempt = session.scalars(
        select(Attempt).where(Attempt.id == order.attempt_id).with_for_update()
    ).one()
    return call, attempt


def _placed(order: Order, placed: PlacedCall, *, now: datetime) -> None:
    with transaction() as session:
        call, attempt = locked(session, order)
        # A webhook may have been quicker than this answer, and may know more.
        name_call(session, call, placed.sid, at=now)
        if attempt.state in (AttemptState.PLACING, AttemptState.UNCERTAIN):
            attempt.state = AttemptState.PLACED
        if call.state is CallState.NEW:
            call.state = CallState.QUEUED
        alarms.clear(session, REFUSES_US, at=now)


def _doubt(order: Order, *, code: str | None) -> None:
    """The call may ring: never ask again for it, only about it."""
    with transaction() as session:
        _, attempt = locked(session, order)
        if attempt.state is AttemptState.PLACING:
            attempt.state, attempt.error_code = AttemptState.UNCERTAIN, code
    log.warning("call.uncertain", extra={"attempt_id": str(order.attempt_id), "code": code})


def _failed(order: Order, *, code: str | None, now: datetime) -> None:
    """The provider refuses this call for good, the number for instance."""
    with transaction() as session:
        call, attempt = locked(session, order)
        attempt.error_code = code
        if call.state not in CALL_OVER:
            call.state, call.ended_at = CallState.FAILED, now
            attempt_ends.settle(session, call, at=now)
    log.info("call.refused", extra={"attempt_id": str(order.attempt_id), "code": code})
