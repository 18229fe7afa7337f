"""Sending one text so that no crash sends two: committed first, asked for once, then noted."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from messaging import recipients, replies, text_ends, text_orders
from messaging.text_orders import Looked, Order
from storage import provider_copies
from storage.faults import GiveUp, TryAgain
from storage.house import transaction
from storage.provider import Provider, TakenText
from storage.provider_copies import CopyKind
from storage.provider_faults import ProviderBusy, ProviderRefusesUs, RecipientOptedOut
from storage.states import AttemptState, Disposition, TextState
from storage.tables import Attempt, Organisation, SentText
from survey import campaigns, line_holds, objections
from survey.objections import Source

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class Claim(Protocol):
    """Which text is due next: decided, committed with the caller's transaction, and ordered."""

    def __call__(self, session: Session, *, now: datetime) -> Looked:
        """What one look brought."""
        ...


def send_due(
    *, provider: Provider, clock: Clock, most: int, claim: Claim = text_orders.claim
) -> int:
    """Send the texts that are due, up to `most`, one after the other; how many were or may be sent.

    `claim` says which is next and orders it.

    A provider that is busy or away has its line left alone, one that refuses us has the
    organisation's campaigns paused: either way the others go on.
    """
    sent = 0
    for _ in range(most):
        with transaction() as session:
            looked = claim(session, now=clock())
        if not looked.due:
            break
        if looked.order is None:
            continue
        try:
            sent += send(looked.order, provider=provider, clock=clock)
        except (TryAgain, GiveUp) as fault:
            # Settled or marked by then, and its line is held or its campaigns are paused.
            log.warning("text.trouble", extra={"code": fault.code})
    return sent


def send(order: Order, *, provider: Provider, clock: Clock) -> bool:
    """Ask the provider to send the text, and write down its answer; whether it may be on its way.

    A process that dies in here leaves the text ASKING, and `text_reconcile` asks the provider what
    became of it. Raises TryAgain when the provider is busy or away, and ProviderRefusesUs; the
    attempt is given back first, as nobody was asked anything.
    """
    asked_at = clock()
    try:
        taken = provider.send_message(order.wanted, order.permit)
    except TryAgain as fault:
        _not_now(order, fault, now=clock())
        if not fault.may_have_happened:
            raise
        return True
    except ProviderRefusesUs as fault:
        _refused_us(order, fault, now=clock())
        raise
    except GiveUp as fault:
        _refused(order, fault, now=clock())
        return False
    _taken(order, taken, asked_at=asked_at, now=clock())
    return True


def _taken(order: Order, taken: TakenText, *, asked_at: datetime, now: datetime) -> None:
    with transaction() as session:
        text = text_ends.locked(session, order.text_id)
        if text is None:  # deleted meanwhile: what the provider has of it goes too
            provider_copies.note(
                session, CopyKind.MESSAGE, taken.sid, organisation_id=order.organisation_id, at=now
            )
            provider_copies.let_go(session, CopyKind.MESSAGE, taken.sid, at=now)
        # A callback may have been quicker than this answer, and may know more.
        if text is not None and text_ends.name_text(session, text, taken.sid, at=now):
            text_ends.arrive(session, text, TextState.TAKEN, at=now)
        owner = order.organisation_id
        campaigns.taken_by_provider(session, organisation_id=owner, asked_at=asked_at, now=now)


def _not_now(order: Order, fault: TryAgain, *, now: datetime) -> None:
    """Leave the line alone for a while. A text that may be on its way is never asked for again."""
    with transaction() as session:
        text = text_ends.locked(session, order.text_id)
        asking = text is not None and text.state is TextState.ASKING
        if text is not None and asking and fault.may_have_happened:
            text.state, text.error_code = TextState.UNCERTAIN, fault.code
            if text.attempt_id is not None:
                _doubt(session, text, text.attempt_id)
        elif text is not None and asking:
            text_ends.write_off(session, text, Disposition.GIVEN_BACK, code=fault.code, at=now)
        held = line_holds.hold(
            session,
            order.line_id,
            organisation_id=order.organisation_id,
            after_seconds=fault.after_seconds,
        )
    log.warning(
        "provider.not_now",
        extra={
            "text_id": str(order.text_id),
            "code": fault.code,
            "uncertain": fault.may_have_happened,
            "busy": isinstance(fault, ProviderBusy),
            "held_seconds": round(held, 1),
        },
    )


def _doubt(session: Session, text: SentText, attempt_id: UUID) -> None:
    attempt = session.get_one(Attempt, attempt_id, with_for_update=True)
    if attempt.state is AttemptState.PLACING:
        attempt.state, attempt.error_code = AttemptState.UNCERTAIN, text.error_code


def _refused_us(order: Order, fault: ProviderRefusesUs, *, now: datetime) -> None:
    """Nothing will work until somebody has mended it: nobody of this organisation is contacted."""
    with transaction() as session:
        text = text_ends.locked(session, order.text_id)
        if text is not None:
            text_ends.write_off(session, text, Disposition.GIVEN_BACK, code=fault.code, at=now)
        campaigns.refused_by_provider(session, organisation_id=order.organisation_id, now=now)


def _refused(order: Order, fault: GiveUp, *, now: datetime) -> None:
    """The provider refuses this text for good: the number cannot get one, or its holder said no."""
    with transaction() as session:
        text = text_ends.locked(session, order.text_id)
        if text is None:
            return
        if isinstance(fault, RecipientOptedOut):
            _note_opt_out(session, text, at=now)
        text_ends.write_off(session, text, Disposition.FAILED, code=fault.code, at=now)
    log.info("text.refused", extra={"text_id": str(order.text_id), "code": fault.code})


def _note_opt_out(session: Session, text: SentText, *, at: datetime) -> None:
    """The person told the provider to stop us, which we were never told: it holds here too."""
    organisation = session.get_one(Organisation, text.organisation_id)
    customer = recipients.customer_of(session, text)
    method = replies.covered(organisation, "")
    objections.record(session, customer, method, source=Source.SMS, at=at)
