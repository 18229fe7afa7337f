"""Ringing a person who wants the code of their request spoken: stored first, asked for once.

In doubt nobody is rung again by itself: the person asks once more. What became of the call is
told, or looked up, like of any other.
"""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from ivr.addresses import CallAddresses
from ivr.turns import name_call
from privacy import code_ways, identity_codes
from storage.faults import GiveUp, TryAgain
from storage.house import House, reading, transaction
from storage.identity import new_id, new_token
from storage.permits import AskedFor
from storage.provider import AskedCall, Provider
from storage.states import AttemptMethod, CallState
from storage.tables import Call, IdentityCode, Line, RightsRequest

log = logging.getLogger(__name__)

_CLOCKS_DIFFER: Final = timedelta(seconds=30)


def place(request_id: UUID, *, house: House, now: datetime) -> bool:
    """Ring with a new code if that is the way it goes; whether a telephone may ring.

    Raises TryAgain when the provider is busy or away, GiveUp when it refuses, and
    TooManyCodesError or SeveralPeopleError.
    """
    prepared = _prepared(request_id, house=house, now=now)
    if prepared is None:
        return False
    call_id, order, paper = prepared
    try:
        placed = house.provider.call_asked_for(order, paper)
    except (TryAgain, GiveUp) as fault:
        if not (isinstance(fault, TryAgain) and fault.may_have_happened):
            _never_rang(call_id, now=now)
        raise
    with transaction() as session:
        call = _locked(session, call_id)
        if call is not None:
            # A webhook may have been quicker than this answer, and may know more.
            name_call(session, call, placed.sid, at=now)
            if call.state is CallState.NEW:
                call.state = CallState.QUEUED
    log.info("rights.code_sent", extra={"request_id": request_id, "method": "call"})
    return True


def name_from_provider(call: Call, *, provider: Provider, house: House, now: datetime) -> None:
    """Have a call of which no answer came named, if the provider has one that only it can be."""
    with reading() as session:
        code = session.get(IdentityCode, call.code_id)
        line = session.get(Line, call.line_id)
        request = None if code is None else session.get_one(RightsRequest, code.request_id)
        if request is None or line is None:
            return
        known = code_ways.known_of(session, request, keyring=house.keyring)
    number = known.get(AttemptMethod.CALL)
    if number is None:
        return
    since = call.started_at - _CLOCKS_DIFFER
    found = provider.find_calls(to=number, from_=line.number, since=since)
    with transaction() as session:
        sids = [one.sid for one in found]
        named = select(Call.provider_sid).where(Call.provider_sid.in_(sids))
        theirs = [sid for sid in sids if sid not in set(session.scalars(named))]
        locked = _locked(session, call.id)
        if theirs and locked is not None:
            name_call(session, locked, theirs[-1], at=now)


def _prepared(
    request_id: UUID, *, house: House, now: datetime
) -> tuple[UUID, AskedCall, AskedFor] | None:
    with transaction() as session:
        request = code_ways.locked(session, request_id)
        if request is None:
            return None
        goes = code_ways.destination(session, request, house=house, now=now)
        if goes is None or goes.method is not AttemptMethod.CALL or goes.line is None:
            return None
        _, paper = identity_codes.make(
            session, request, method=goes.method, keyring=house.keyring, at=now, to=goes.to
        )
        call = Call(
            id=new_id(),
            organisation_id=request.organisation_id,
            code_id=paper.item_id,
            line_id=goes.line.id,
            token=new_token(),
            started_at=now,
        )
        session.add(call)
        session.flush()
        urls = CallAddresses(house.settings.public_base_url, call.token)
        order = AskedCall(
            to=goes.to, from_=goes.line.number, answer_url=urls.answer, status_url=urls.status
        )
        return call.id, order, paper


def _never_rang(call_id: UUID, *, now: datetime) -> None:
    with transaction() as session:
        call = _locked(session, call_id)
        if call is not None and call.state is CallState.NEW:
            call.state, call.ended_at = CallState.CANCELED, now


def _locked(session: Session, call_id: UUID) -> Call | None:
    wanted = select(Call).where(Call.id == call_id).with_for_update()
    return session.scalars(wanted).one_or_none()
