"""Texting a person the code that proves their request: stored first, asked for once, then noted.

What it says is kept nowhere. In doubt it is not sent again by itself: the person asks once more.
"""

import logging
from datetime import datetime
from uuid import UUID

from messaging import text_ends
from messaging.code_words import TEXT
from messaging.public_pages import DEFAULT_LANGUAGE
from messaging.text_orders import status_address
from messaging.text_parts import fingerprint, parts_of
from privacy import code_ways, identity_codes
from storage.faults import GiveUp, TryAgain
from storage.house import House, transaction
from storage.identity import new_id, new_token
from storage.permits import AskedFor
from storage.provider import AskedText
from storage.states import AttemptMethod, Disposition, TextState
from storage.tables import Organisation, SentText

log = logging.getLogger(__name__)


def send(request_id: UUID, *, house: House, now: datetime) -> bool:
    """Text a new code if that is the way it goes; whether one may be on its way.

    Raises TryAgain when the provider is busy or away, GiveUp when it refuses, and
    TooManyCodesError or SeveralPeopleError.
    """
    prepared = _prepared(request_id, house=house, now=now)
    if prepared is None:
        return False
    text_id, order, paper = prepared
    try:
        taken = house.provider.text_asked_for(order, paper)
    except (TryAgain, GiveUp) as fault:
        _not_taken(text_id, fault, now=now)
        raise
    with transaction() as session:
        text = text_ends.locked(session, text_id)
        if text is not None and text_ends.name_text(session, text, taken.sid, at=now):
            text_ends.arrive(session, text, TextState.TAKEN, at=now)
    log.info("rights.code_sent", extra={"request_id": request_id, "method": "sms"})
    return True


def _prepared(
    request_id: UUID, *, house: House, now: datetime
) -> tuple[UUID, AskedText, AskedFor] | None:
    with transaction() as session:
        request = code_ways.locked(session, request_id)
        if request is None:
            return None
        goes = code_ways.destination(session, request, house=house, now=now)
        if goes is None or goes.method is not AttemptMethod.SMS or goes.line is None:
            return None
        code, paper = identity_codes.make(
            session, request, method=goes.method, keyring=house.keyring, at=now, to=goes.to
        )
        language = request.language if request.language in TEXT else DEFAULT_LANGUAGE
        body = TEXT[language or ""].format(
            organisation=session.get_one(Organisation, request.organisation_id).name,
            reference=request.reference,
            code=f"{code[:4]} {code[4:]}",
        )
        text = SentText(
            id=new_id(),
            organisation_id=request.organisation_id,
            code_id=paper.item_id,
            line_id=goes.line.id,
            token=new_token(),
            wording=fingerprint(TEXT[language or ""]),
            parts=parts_of(body),
            asked_at=now,
        )
        session.add(text)
        session.flush()
        order = AskedText(
            to=goes.to,
            from_=goes.line.number,
            body=body,
            status_url=status_address(house.settings.public_base_url, text.token),
        )
        return text.id, order, paper


def _not_taken(text_id: UUID, fault: TryAgain | GiveUp, *, now: datetime) -> None:
    with transaction() as session:
        text = text_ends.locked(session, text_id)
        if text is None or text.state is not TextState.ASKING:
            return
        if isinstance(fault, TryAgain) and fault.may_have_happened:
            text.state, text.error_code = TextState.UNCERTAIN, fault.code
        else:
            text_ends.write_off(session, text, Disposition.GIVEN_BACK, code=fault.code, at=now)
