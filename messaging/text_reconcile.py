"""Asking the provider about texts whose fate we do not know: never sent again on a guess."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from messaging import recipients, text_ends
from privacy import code_ways
from storage import alarms
from storage.faults import GiveUp, TryAgain
from storage.house import house, reading, transaction
from storage.keyring import KeyDestroyedError
from storage.provider import MessageAtProvider, Provider
from storage.states import AttemptMethod, Disposition, TextState
from storage.tables import (
    Attempt,
    IdentityCode,
    Line,
    RightsRequest,
    SentText,
)
from survey import spending

log = logging.getLogger(__name__)

# A process may still be at it: the provider answers or not within a minute.
ASKING_PATIENCE: Final = timedelta(minutes=2)
UNCERTAIN_PATIENCE: Final = timedelta(seconds=30)
# The provider's lists lag behind: only after so long does "not found" mean "never sent".
NOT_FOUND_PATIENCE: Final = timedelta(minutes=2)
# A text of which nothing more was told is asked about after so long, and given up after that.
TOLD_PATIENCE: Final = timedelta(minutes=5)
UNTOLD_PATIENCE: Final = timedelta(hours=2)
_CLOCKS_DIFFER: Final = timedelta(seconds=30)
_BATCH: Final = 100


def reconcile(*, provider: Provider, now: datetime) -> int:
    """Settle the texts that nobody finished sending, or told us the end of; how many were asked."""
    open_ones = _waiting(TextState.ASKING, until=now - ASKING_PATIENCE)
    open_ones += _waiting(TextState.UNCERTAIN, until=now - UNCERTAIN_PATIENCE)
    for text_id in open_ones:
        _guarded(text_id, lambda one: _settle(one, provider=provider, now=now))
    untold = _waiting(TextState.TAKEN, until=now - TOLD_PATIENCE)
    for text_id in untold:
        _guarded(text_id, lambda one: _look(one, provider=provider, now=now))
    return len(open_ones) + len(untold)


def _waiting(state: TextState, *, until: datetime) -> list[UUID]:
    wanted = select(SentText.id).where(SentText.state == state, SentText.asked_at <= until)
    with reading() as session:
        return list(session.scalars(wanted.order_by(SentText.asked_at).limit(_BATCH)))


def _settle(text_id: UUID, *, provider: Provider, now: datetime) -> None:
    with reading() as session:
        text = session.get(SentText, text_id)
        if text is None:
            return  # erased since
        number, line = _number(session, text), session.get_one(Line, text.line_id).number
    found: Sequence[MessageAtProvider] = ()
    if number is not None:  # somebody erased meanwhile can neither be looked up nor texted again
        since = text.asked_at - _CLOCKS_DIFFER
        found = provider.find_messages(to=number, from_=line, since=since)
    with transaction() as session:
        text = text_ends.locked(session, text_id)
        if text is None or text.state not in (TextState.ASKING, TextState.UNCERTAIN):
            return
        theirs = _unknown_to_us(session, found)
        if theirs:
            _adopt(session, text, theirs, now=now)
        elif now - text.asked_at >= NOT_FOUND_PATIENCE:
            code = text.error_code or "not_found"
            text_ends.write_off(session, text, Disposition.NEVER_PLACED, code=code, at=now)


def _adopt(
    session: Session, text: SentText, found: Sequence[MessageAtProvider], *, now: datetime
) -> None:
    """The provider has a message that only this text can be: it is this one's."""
    first = found[-1]  # the newest comes first
    if len(found) > 1:
        owner = text.organisation_id
        alarms.sound(
            session, text_ends.SENT_TWICE, subject=str(text.id), organisation_id=owner, at=now
        )
    text_ends.name_text(session, text, first.sid, at=now)
    text_ends.arrive(
        session, text, text_ends.state_of(first.status) or TextState.TAKEN,
        code=first.error_code, at=now,
    )  # fmt: skip
    _note_price(session, text, first)


def _look(text_id: UUID, *, provider: Provider, now: datetime) -> None:
    """Ask where one text stands, and take the answer as if it had been told to us."""
    with reading() as session:
        text = session.get(SentText, text_id)
    if text is None:
        return
    found = None if text.provider_sid is None else provider.fetch_message(text.provider_sid)
    state = None if found is None else text_ends.state_of(found.status)
    over = state in (TextState.DELIVERED, TextState.UNDELIVERED)
    if not over and now - text.asked_at < UNTOLD_PATIENCE:
        return
    with transaction() as session:
        text = text_ends.locked(session, text_id)
        if text is None:
            return
        if found is not None:
            _note_price(session, text, found)
        text_ends.arrive(
            session, text, state if over and state else TextState.UNTOLD,
            code=None if found is None else found.error_code, at=now,
        )  # fmt: skip


def _note_price(session: Session, text: SentText, found: MessageAtProvider) -> None:
    if found.price_micros is None or text.attempt_id is None:
        return
    attempt = session.get_one(Attempt, text.attempt_id)
    spending.told(session, attempt, micros=found.price_micros, currency=found.currency or "")


def _number(session: Session, text: SentText) -> str | None:
    """The number that was texted; None when nobody knows it any more."""
    if text.code_id is not None:
        code = session.get_one(IdentityCode, text.code_id)
        request = session.get_one(RightsRequest, code.request_id)
        known = code_ways.known_of(session, request, keyring=house().keyring)
        return known.get(AttemptMethod.SMS)
    customer = recipients.customer_of(session, text)
    try:
        return house().keyring.open(customer.id, "customer.phone", customer.phone_sealed)
    except KeyDestroyedError:
        return None


def _unknown_to_us(session: Session, found: Sequence[MessageAtProvider]) -> list[MessageAtProvider]:
    sids = [one.sid for one in found]
    known = select(SentText.provider_sid).where(SentText.provider_sid.in_(sids))
    ours = set(session.scalars(known))
    return [one for one in found if one.sid not in ours]


def _guarded(text_id: UUID, work: Callable[[UUID], None]) -> None:
    """One text that cannot be asked about must not keep the others waiting."""
    try:
        work(text_id)
    except (TryAgain, GiveUp) as fault:
        log.warning("text.not_asked", extra={"text_id": str(text_id), "code": fault.code})
