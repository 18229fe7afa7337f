"""Codes that prove that a request is the person's own: sent to them, keyed in once, soon worthless.

Eight digits that nobody can foresee, of which only a keyed hash is kept. The newest code of a
request counts alone, for half an hour and five attempts; a request gets five codes in a day. So
whoever guesses has less than one chance in four million in a day at one request, and in half a
million at all eight kinds that one person may have open at a time.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage import permits
from storage.faults import GiveUp
from storage.identity import new_id
from storage.keyring import Keyring
from storage.permits import AskedFor
from storage.request_states import ProofWay, RequestState
from storage.states import AttemptMethod
from storage.tables import IdentityCode, RightsRequest

DIGITS: Final = 8
LIVES: Final = timedelta(minutes=30)
MOST_TRIES: Final = 5
MOST_CODES: Final = 5
IN_A: Final = timedelta(hours=24)
# Whoever has a telephone hears of these, also when somebody else wrote its number into the form.
_RINGING: Final = {AttemptMethod.SMS: 5, AttemptMethod.CALL: 2}
_PROVES: Final = {
    AttemptMethod.EMAIL: ProofWay.CODE_BY_MAIL,
    AttemptMethod.SMS: ProofWay.CODE_BY_SMS,
    AttemptMethod.CALL: ProofWay.CODE_BY_CALL,
}
_KIND: Final = "identity code"
_SPOKEN: Final = "spoken identity code"


class TooManyCodesError(GiveUp):
    """The request has had as many codes as it gets in a day."""


def make(
    session: Session,
    request: RightsRequest,
    *,
    method: AttemptMethod,
    keyring: Keyring,
    at: datetime,
    to: str | None = None,
) -> tuple[str, AskedFor]:
    """A new code for the request, and the paper to send it with. Raises TooManyCodesError.

    `to` is the number that a code by telephone is for; it rings, so it is counted by person.

    The request's row is locked by the caller.
    """
    recent = select(func.count()).where(
        IdentityCode.request_id == request.id, IdentityCode.made_at > at - IN_A
    )
    if (session.scalar(recent) or 0) >= MOST_CODES:
        raise TooManyCodesError("no more codes today", code="too_many_codes")
    if method in _RINGING and _rung(session, request, method, at=at) >= _RINGING[method]:
        raise TooManyCodesError("no more codes by telephone today", code="too_many_codes")
    item = new_id()
    if method is AttemptMethod.CALL:
        code = _derived(request.organisation_id, item, keyring)
    else:
        code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row = IdentityCode(
        id=item,
        organisation_id=request.organisation_id,
        request_id=request.id,
        code_hash=_hash(request, code, keyring),
        method=method.value,
        made_at=at,
        expires_at=at + LIVES,
    )
    return code, permits.store_code(session, row, to=to)


def _rung(session: Session, request: RightsRequest, method: AttemptMethod, *, at: datetime) -> int:
    """How many codes rang so at this person's within a day, whatever was asked."""
    rung = (
        select(func.count())
        .select_from(IdentityCode)
        .join(RightsRequest, RightsRequest.id == IdentityCode.request_id)
        .where(
            IdentityCode.organisation_id == request.organisation_id,
            # Of whom nothing is known but the request, that is the person.
            RightsRequest.subject_hash == request.subject_hash
            if request.subject_hash is not None
            else RightsRequest.id == request.id,
            IdentityCode.method == method.value,
            IdentityCode.made_at > at - IN_A,
        )
    )
    return session.scalar(rung) or 0


def way_of(session: Session, request: RightsRequest) -> ProofWay:
    """By which way the newest code of the request went."""
    newest = (
        select(IdentityCode.method)
        .where(
            IdentityCode.organisation_id == request.organisation_id,
            IdentityCode.request_id == request.id,
        )
        .order_by(IdentityCode.made_at.desc(), IdentityCode.id.desc())
        .limit(1)
    )
    return _PROVES[AttemptMethod(session.scalars(newest).one())]


def to_speak(session: Session, code: IdentityCode, *, keyring: Keyring, at: datetime) -> str | None:
    """The digits of a code that is spoken in a call; None once it proves nothing any more.

    They are kept nowhere between the order for the call and its answer: they follow from the row's
    id and the organisation's key, which is not in the same database.
    """
    newest = (
        select(IdentityCode.id)
        .where(
            IdentityCode.organisation_id == code.organisation_id,
            IdentityCode.request_id == code.request_id,
        )
        .order_by(IdentityCode.made_at.desc(), IdentityCode.id.desc())
        .limit(1)
    )
    worthless = code.code_hash is None or at >= code.expires_at or code.tries >= MOST_TRIES
    if worthless or session.scalars(newest).one() != code.id:
        return None
    return _derived(code.organisation_id, code.id, keyring)


def is_right(
    session: Session, request: RightsRequest, written: str, *, keyring: Keyring, at: datetime
) -> bool:
    """Whether that is the request's code; a right one is used up, a wrong one counted.

    It takes the same time whatever is wrong. The request's row is locked by the caller.
    """
    digits = "".join(one for one in written if one.isascii() and one.isdigit())
    given = _hash(request, digits, keyring)
    newest = (
        select(IdentityCode)
        .where(
            IdentityCode.organisation_id == request.organisation_id,
            IdentityCode.request_id == request.id,
        )
        .order_by(IdentityCode.made_at.desc(), IdentityCode.id.desc())
        .limit(1)
    )
    code = session.scalars(newest).one_or_none()
    stored = b"" if code is None or code.code_hash is None else code.code_hash
    matches = hmac.compare_digest(given, stored)
    if code is None or code.used_at is not None or at >= code.expires_at:
        return False
    if code.tries >= MOST_TRIES or request.state is RequestState.TOLD:
        return False
    if not matches:
        code.tries += 1
        return False
    code.used_at, code.code_hash = at, None
    return True


def _derived(organisation_id: UUID, item: UUID, keyring: Keyring) -> str:
    secret = keyring.keyed_hash(organisation_id, _SPOKEN, str(item))
    return f"{int.from_bytes(secret) % 10**DIGITS:0{DIGITS}d}"


def _hash(request: RightsRequest, code: str, keyring: Keyring) -> bytes:
    return keyring.keyed_hash(request.organisation_id, _KIND, f"{request.id} {code}")
