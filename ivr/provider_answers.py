"""What the provider's answers to our requests for calls change: written together where they came
together, and otherwise one by one."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from ivr import attempt_ends, pacing
from ivr.orders import Order
from ivr.pacing import Moment
from storage import provider_copies
from storage.faults import GiveUp, TryAgain
from storage.house import transaction
from storage.prepared import Prepared
from storage.prepared_lists import PreparedList
from storage.provider import PlacedCall
from storage.provider_copies import CopyKind
from storage.provider_faults import ProviderBusy, ProviderRefusesUs
from storage.states import CALL_OVER, AttemptState, CallState, Disposition
from storage.tables import Attempt, Call
from survey import attempts, campaigns, spending

log = logging.getLogger(__name__)


# Made once, for every call.
_LOCK_CALL: Final = select(Call).where(Call.id == bindparam("item")).with_for_update()
_LOCK_ATTEMPT: Final = select(Attempt).where(Attempt.id == bindparam("item")).with_for_update()
_LOCK_CALLS: Final = PreparedList(
    lambda items: (
        select(Call.id, Call.state, Call.provider_sid)
        .where(Call.id.in_(items))
        .order_by(Call.id)
        .with_for_update()
    ),
    of=Call.id.type,
)
_NAME: Final = Prepared(
    update(Call).where(Call.id == bindparam("item")), sets=("provider_sid", "state")
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request brought, that reached the provider so late after its moment at most.

    A call, or a fault; None when it was never sent because its moment had passed.
    """

    order: Order
    moment: Moment
    late: float
    brought: PlacedCall | Exception | None
    # When it was on its way at the earliest; None when nobody noted it.
    asked_at: datetime | None = None


def placed(session: Session, answers: Sequence[Answer], *, now: datetime) -> None:
    """The provider has taken these calls.

    A webhook may have been quicker than the answer, and may know more.
    """
    if not answers:
        return
    sid_of = {
        one.order.call_id: one.brought.sid for one in answers if isinstance(one.brought, PlacedCall)
    }
    lines = _LOCK_CALLS.rows(session, {}, sorted(sid_of))
    named = [(item, state) for item, state, sid in lines if sid is None]
    queued = {
        item: CallState.QUEUED if state is CallState.NEW else state for item, state, _ in lines
    }
    changes = [
        {"item": item, "provider_sid": sid or sid_of[item], "state": queued[item]}
        for item, state, sid in lines
        if sid is None or state is not queued[item]
    ]
    _NAME.write_all(session, changes)
    owner_of = {one.order.call_id: one.order.organisation_id for one in answers}
    provider_copies.note_all(
        session, CopyKind.CALL, [(sid_of[item], owner_of[item]) for item, _ in named], at=now
    )
    attempts.all_made(session, [one.order.attempt_id for one in answers])
    pacing.used(session, [(one.moment, one.late) for one in answers])
    for moment in {one.moment.line: one.moment for one in answers}.values():
        pacing.bears_again(session, moment)
    for owner, asked_at in sorted(_asked_last(answers).items()):
        campaigns.taken_by_provider(session, organisation_id=owner, asked_at=asked_at, now=now)


def _asked_last(answers: Sequence[Answer]) -> dict[UUID, datetime]:
    """When each organisation was last asked for, of those that were answered here."""
    found: dict[UUID, datetime] = {}
    for one in answers:
        owner, asked_at = one.order.organisation_id, one.asked_at
        if asked_at is not None:
            found[owner] = max(asked_at, found.get(owner, asked_at))
    return found


def no_call(answer: Answer, fault: Exception, *, now: datetime) -> None:
    """The provider was busy or away, refuses this call, or refuses us; anything else changes
    nothing, and leaves the attempt for `reconcile`."""
    if isinstance(fault, TryAgain):
        _not_now(answer, fault, now=now)
    elif isinstance(fault, ProviderRefusesUs):
        _refused_us(answer, fault, now=now)
    elif isinstance(fault, GiveUp):
        _refused(answer, code=fault.code, now=now)


def give_back(order: Order, *, code: str, now: datetime) -> None:
    """Let go of an order that nobody was asked for: it was no attempt, and is due again at once."""
    write_off(order, Disposition.GIVEN_BACK, code=code, now=now)


def write_off(order: Order, why: Disposition, *, code: str | None, now: datetime) -> None:
    """End an attempt of which we know that nobody's telephone rang."""
    with transaction() as session:
        call, attempt = _locked(session, order)
        if attempt.state is AttemptState.PLACING:
            attempt_ends.write_off(session, call, attempt, why, code=code, at=now)


def _locked(session: Session, order: Order) -> tuple[Call, Attempt]:
    """The call, then its attempt, both locked until the transaction ends."""
    call = session.scalars(_LOCK_CALL, {"item": order.call_id}).one()
    attempt = session.scalars(_LOCK_ATTEMPT, {"item": order.attempt_id}).one()
    return call, attempt


def _not_now(answer: Answer, fault: TryAgain, *, now: datetime) -> None:
    """Leave the line alone for a while. A call that may ring is never asked for again."""
    with transaction() as session:
        call, attempt = _locked(session, answer.order)
        if attempt.state is AttemptState.PLACING and fault.may_have_happened:
            attempt.state, attempt.error_code = AttemptState.UNCERTAIN, fault.code
        elif attempt.state is AttemptState.PLACING and not isinstance(fault, ProviderBusy):
            attempt_ends.write_off(
                session, call, attempt, Disposition.PROVIDER_ERROR, code=fault.code, at=now
            )
        pacing.used(session, [(answer.moment, answer.late)])
        held = pacing.hold(session, answer.order.line, after_seconds=fault.after_seconds)
    log.warning(
        "provider.not_now",
        extra={
            "attempt_id": str(answer.order.attempt_id),
            "code": fault.code,
            "uncertain": fault.may_have_happened,
            "held_seconds": round(held, 1),
        },
    )


def _refused_us(answer: Answer, fault: ProviderRefusesUs, *, now: datetime) -> None:
    """Nothing will work until somebody has mended it: nobody of this organisation is rung."""
    order = answer.order
    give_back(order, code=fault.code or campaigns.REFUSES_US, now=now)
    with transaction() as session:
        pacing.used(session, [(answer.moment, answer.late)])
        campaigns.refused_by_provider(session, organisation_id=order.organisation_id, now=now)


def _refused(answer: Answer, *, code: str | None, now: datetime) -> None:
    """The provider refuses this call for good, the number for instance: it costs nothing."""
    with transaction() as session:
        call, attempt = _locked(session, answer.order)
        attempt.error_code = code
        if call.state not in CALL_OVER:
            spending.refund(session, attempt)
            call.state, call.ended_at = CallState.FAILED, now
            attempt_ends.settle(session, call, at=now)
        pacing.used(session, [(answer.moment, answer.late)])
    log.info("call.refused", extra={"attempt_id": str(answer.order.attempt_id), "code": code})
