"""The end of requests that nobody ends: nothing that was given is kept for ever.

Anybody may leave a number or address on the public page. What nobody proved by a month after the
day of its answer is over, and the number or address is forgotten with it. Nobody is written to: the
address may be that of somebody who never asked. A package that nobody fetched is over a month after
the last day on which it could be. What nobody answered is over when an answered request of its day
would have gone, and never within a year: until then the alarm stands.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from config.periods import Period, Unit
from config.retention_rules import DataClass
from privacy import package_offers, request_steps, retention
from privacy.retention import NoRuleError
from storage.house import House, transaction
from storage.request_states import (
    ERASES,
    NEEDS_NO_PROOF,
    PACKAGES,
    Ground,
    Outcome,
    RequestKind,
    RequestState,
)
from storage.tables import Organisation, RightsRequest

log = logging.getLogger(__name__)

ENDED_AFTER: Final = Period(1, Unit.MONTH)
"""How long after the day of the answer an unproven request is kept, on its organisation's clock."""
UNANSWERED_FOR: Final = Period(1, Unit.YEAR)
"""How long after that day one that nobody answers is kept at the least."""
_OTHERWISE: Final = Period(3, Unit.YEAR)  # where the schedule has no last day for requests
_SHORTEST_MONTH: Final = timedelta(days=27)  # one whose clock is put forward is no whole 28
_SHORTEST_YEAR: Final = timedelta(days=364)


class End(Protocol):
    """Looks at a request once more, and ends it; whether it did."""

    def __call__(
        self, session: Session, request_id: UUID, *, house: House, now: datetime
    ) -> bool: ...


def end_unproven(*, house: House, now: datetime) -> int:
    """End each request that nobody proved in time; how many.

    One that waits for proof is refused for that; one that needed none and is done is closed.
    """
    return end_each(_long_due(_UNPROVEN, now=now), _ended, house=house, now=now)


def end_each(late: Iterable[UUID], end: End, *, house: House, now: datetime) -> int:
    """End each of them in a transaction of its own; how many were ended."""
    ended = 0
    for request_id in late:
        with transaction() as session:
            ended += end(session, request_id, house=house, now=now)
    return ended


def _long_due(wanted: Iterable[ColumnElement[bool]], *, now: datetime) -> Sequence[UUID]:
    """Those of them whose answer was due a month ago or more, the longest due first."""
    late = select(RightsRequest.id).where(*wanted, RightsRequest.due_at <= now - _SHORTEST_MONTH)
    with transaction() as session:
        return session.scalars(late.order_by(RightsRequest.due_at)).all()


_UNPROVEN: Final = (
    RightsRequest.proof.is_(None),
    RightsRequest.kind != RequestKind.INFORMATION,  # that is anybody's, and owed to whoever asks
    or_(
        RightsRequest.state == RequestState.DONE,
        (RightsRequest.state == RequestState.RECEIVED) & RightsRequest.kind.not_in(NEEDS_NO_PROOF),
    ),
)


def _ended(session: Session, request_id: UUID, *, house: House, now: datetime) -> bool:
    # It may have been proven or answered since.
    wanted = select(RightsRequest).where(RightsRequest.id == request_id, *_UNPROVEN)
    request = session.scalars(wanted.with_for_update()).one_or_none()
    if request is None:
        return False
    zone = ZoneInfo(session.get_one(Organisation, request.organisation_id).timezone)
    if not ENDED_AFTER.is_over(request.due_at, at=now, zone=zone):
        return False
    if request.state is RequestState.RECEIVED:
        ground = Ground.IDENTITY_NOT_PROVEN
        request_steps.decide(session, request, outcome=Outcome.REFUSED, ground=ground, at=now)
    request_steps.tell(session, request, keyring=house.keyring, at=now)
    log.info("rights.ended_unproven", extra={"request_id": request.id, "kind": request.kind})
    return True


_UNFETCHED: Final = (
    RightsRequest.state == RequestState.DONE,
    RightsRequest.kind.in_(PACKAGES),
    RightsRequest.outcome.in_((Outcome.GRANTED, Outcome.PARTLY)),
)


def end_unfetched(*, house: House, now: datetime) -> int:
    """Close each request whose package could be fetched and was not, in time; how many.

    The person was told until when it could be. Nothing was kept for it but the request itself.
    """
    return end_each(_long_due(_UNFETCHED, now=now), _closed, house=house, now=now)


def _closed(session: Session, request_id: UUID, *, house: House, now: datetime) -> bool:
    wanted = select(RightsRequest).where(RightsRequest.id == request_id, *_UNFETCHED)
    request = session.scalars(wanted.with_for_update()).one_or_none()
    if request is None:
        return False
    owner = session.get_one(Organisation, request.organisation_id)
    last = max(request.due_at, package_offers.ends_at(request, owner) or request.due_at)
    if not ENDED_AFTER.is_over(last, at=now, zone=ZoneInfo(owner.timezone)):
        return False
    request_steps.tell(session, request, keyring=house.keyring, at=now)
    log.info("rights.ended_unfetched", extra={"request_id": request.id})
    return True


def unanswered(session: Session, *, now: datetime) -> list[UUID]:
    """The requests that nobody answered and that may be over; ask `is_lapsed` of each."""
    late = select(RightsRequest.id).where(
        RightsRequest.state != RequestState.TOLD, RightsRequest.due_at <= now - _SHORTEST_YEAR
    )
    return list(session.scalars(late.order_by(RightsRequest.due_at)))


def is_lapsed(session: Session, request: RightsRequest, *, now: datetime) -> bool:
    """Whether nobody answered until the ceiling.

    A deletion that was granted is never over: it is done as soon as nothing is in its way.
    """
    granted = request.outcome in (Outcome.GRANTED, Outcome.PARTLY)
    deletes = request.kind in ERASES and granted
    if request.state is RequestState.TOLD or (request.state is RequestState.DECIDED and deletes):
        return False
    owner = session.get_one(Organisation, request.organisation_id)
    try:
        period = retention.schedule_of(owner).period(DataClass.REQUEST_LOG)
    except NoRuleError:
        period = None
    periods = (UNANSWERED_FOR, period or _OTHERWISE)
    zone = ZoneInfo(owner.timezone)
    return all(one.is_over(request.due_at, at=now, zone=zone) for one in periods)
