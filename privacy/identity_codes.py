"""Codes that prove that a request is the person's own: sent to them, keyed in once, soon worthless.

Eight digits that nobody can foresee, of which only a keyed hash is kept. The newest code of a
request counts alone, for half an hour and five attempts. A request gets five codes in a day, and a
person ten by mail, five by text and two by call, however many requests bear their number or
address. So whoever guesses has 85 guesses in a day at all that is asked in one person's name: less
than one chance in a million.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from privacy import persons
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
MOST_OF_ONE: Final = {AttemptMethod.EMAIL: 10, AttemptMethod.SMS: 5, AttemptMethod.CALL: 2}
"""How many codes go to one person in a day by each way, whatever is asked in their name."""
_PROVES: Final = {
    AttemptMethod.EMAIL: ProofWay.CODE_BY_MAIL,
    AttemptMethod.SMS: ProofWay.CODE_BY_SMS,
    AttemptMethod.CALL: ProofWay.CODE_BY_CALL,
}
_KIND: Final = "identity code"
_SPOKEN: Final = "spoken identity code"


class TooManyCodesError(GiveUp):
    """The request or the person has had as many codes as they get in a day."""


def make(
    session: Session,
    request: RightsRequest,
    *,
    method: AttemptMethod,
    keyring: Keyring,
    at: datetime,
    to: str | None = None,
) -> tuple[str, AskedFor]:
    """A new code for the request, and the paper to send it with.

    `to` is the number that a code by telephone is for. Raises TooManyCodesError, and
    SeveralPeopleError where several share the address.

    The request's row and its organisation's are locked by the caller (privacy.code_ways.locked).
    """
    recent = select(func.count()).where(
        IdentityCode.request_id == request.id, IdentityCode.made_at > at - IN_A
    )
    if (session.scalar(recent) or 0) >= MOST_CODES:
        raise TooManyCodesError("no more codes today", code="too_many_codes")
    if _sent(session, request, method, at=at) >= MOST_OF_ONE[method]:
        raise TooManyCodesError("no more codes by this way today", code="too_many_codes")
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


def _sent(session: Session, request: RightsRequest, method: AttemptMethod, *, at: datetime) -> int:
    """How many codes went to this person by that way within a day, whatever was asked."""
    person = persons.of_request(session, request)
    sent = (
        select(func.count())
        .select_from(IdentityCode)
        .join(RightsRequest, RightsRequest.id == IdentityCode.request_id)
        .where(
            IdentityCode.organisation_id == request.organisation_id,
            IdentityCode.method == method.value,
            IdentityCode.made_at > at - IN_A,
            or_(
                RightsRequest.id == request.id,  # of whom nothing else is known, that is the person
                RightsRequest.subject_hash.in_(person.hashes),
                person.named_in(RightsRequest.customer_id),
            ),
        )
    )
    return session.scalar(sent) or 0


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
