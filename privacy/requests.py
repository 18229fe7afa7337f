"""What people ask us to do with their data: written down with the day by which it must be done."""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from config.periods import Period, Unit
from storage import alarms
from storage.faults import GiveUp
from storage.identity import new_id
from storage.insertion import insert_missing
from storage.keyring import Keyring
from storage.request_states import (
    REQUEST_UNDONE,
    RequestChannel,
    RequestKind,
    RequestState,
)
from storage.tables import Customer, Organisation, RightsRequest

log = logging.getLogger(__name__)

ANSWERED_WITHIN: Final = Period(1, Unit.MONTH)
REQUESTED: Final = "rights.requested"
CONTACT: Final = "request.contact"
"""The kind under which the number or address is sealed that a person wants to be answered at."""
ABOUT: Final = "request.about"
"""The kind under which it is sealed what a request is about, as the person put it."""
LONGEST_ABOUT: Final = 2_000
_REFERENCE_DIGITS: Final = 8


class UnknownAskerError(GiveUp):
    """A request about which it was forgotten whose it was."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who says which number or address is theirs; whether it is remains to be proven."""

    contact: str
    subject_hash: bytes


def open_request(
    session: Session,
    customer: Customer,
    *,
    kind: RequestKind,
    channel: RequestChannel,
    at: datetime,
) -> RightsRequest:
    """The person's open request of that kind; asking for the same again is one request.

    A new one raises an alarm, because somebody has a month from now to deal with it.
    """
    # Whoever asks in two calls at once waits here for themself.
    session.scalars(
        select(Customer.id)
        .where(Customer.organisation_id == customer.organisation_id, Customer.id == customer.id)
        .with_for_update(key_share=True)
    ).one()
    who = _of_customer(customer)
    told = {
        "customer_id": customer.id,
        "subject_hash": customer.phone_hash,
        "language": customer.locale,
    }
    organisation = session.get_one(Organisation, customer.organisation_id)
    return _received(session, organisation, who, told, kind=kind, channel=channel, at=at)


def receive(
    session: Session,
    organisation: Organisation,
    asker: Asker,
    *,
    kind: RequestKind,
    channel: RequestChannel,
    at: datetime,
    keyring: Keyring,
    language: str | None = None,
    about: str = "",
) -> RightsRequest:
    """The open request of that kind under a number or address, whether anybody is known by it.

    The number or address is kept sealed until the person has their answer, and so is what it is
    about; asked again before it is proven who asks, the newest words count.
    """
    session.scalars(
        select(Organisation.id)
        .where(Organisation.id == organisation.id)
        .with_for_update(key_share=True)
    ).one()
    item = new_id()
    told = {
        "id": item,
        "subject_hash": asker.subject_hash,
        "contact_sealed": keyring.seal_one(item, CONTACT, asker.contact),
        "language": language,
    }
    customer = None
    if channel is not RequestChannel.WEB:
        # By telephone and by mail it is the same person. The public page may not show that: whoever
        # gives both would learn by one reference that they are known here, and are one person's.
        customer = _known_alone(session, organisation, asker)
    who = _known_by(asker) if customer is None else _of_customer(customer)
    request = _received(session, organisation, who, told, kind=kind, channel=channel, at=at)
    if request.id != item:
        keyring.destroy([item])
    if about and request.state is RequestState.RECEIVED:
        request.about_sealed = keyring.seal_one(request.id, ABOUT, about[:LONGEST_ABOUT])
    return request


def reopen(
    session: Session,
    request: RightsRequest,
    *,
    at: datetime,
    keyring: Keyring,
    asker: Asker | None = None,
) -> RightsRequest:
    """A new request of the same kind by a person who is not content; who asks is proven anew.

    Whoever is no customer was forgotten with the answer, so `asker` says who it is. Raises
    UnknownAskerError without one.
    """
    organisation = session.get_one(Organisation, request.organisation_id)
    item = new_id()
    told: dict[str, Any] = {"id": item, "repeats_id": request.id, "language": request.language}
    customer = None
    if request.customer_id is not None:
        customer = session.get(Customer, request.customer_id)
    if asker is not None:
        told["subject_hash"] = asker.subject_hash
        told["contact_sealed"] = keyring.seal_one(item, CONTACT, asker.contact)
    elif customer is not None and customer.erased_at is None:
        told["customer_id"] = customer.id
        told["subject_hash"] = customer.phone_hash or customer.email_hash
    else:
        raise UnknownAskerError(
            "nobody knows any more who asked; say it with --phone or --email", code="asker_unknown"
        )
    who = RightsRequest.repeats_id == request.id
    made = _received(
        session, organisation, who, told, kind=request.kind, channel=RequestChannel.STAFF, at=at
    )
    if asker is not None and made.id != item:
        keyring.destroy([item])
    return made


def _known_by(asker: Asker) -> ColumnElement[bool]:
    """Requests under that number or address, but for those noted as whose it was before."""
    theirs = (
        select(Customer.id)
        .where(
            Customer.id == RightsRequest.customer_id,
            or_(
                Customer.phone_hash == asker.subject_hash, Customer.email_hash == asker.subject_hash
            ),
        )
        .exists()
    )
    return and_(
        RightsRequest.subject_hash == asker.subject_hash,
        or_(RightsRequest.customer_id.is_(None), theirs),
    )


def _of_customer(customer: Customer) -> ColumnElement[bool]:
    """The customer's requests: not those noted as another's, who had the number before."""
    hashes = [one for one in (customer.phone_hash, customer.email_hash) if one is not None]
    anothers = (
        select(Customer.id)
        .where(
            Customer.organisation_id == customer.organisation_id,
            Customer.id == RightsRequest.customer_id,
            Customer.id != customer.id,
        )
        .exists()
    )
    return or_(
        RightsRequest.customer_id == customer.id,
        and_(RightsRequest.subject_hash.in_(hashes), ~anothers),
    )


def _known_alone(session: Session, organisation: Organisation, asker: Asker) -> Customer | None:
    """The customer behind a number or address, if it is nobody else's."""
    known = select(Customer).where(
        Customer.organisation_id == organisation.id,
        or_(Customer.phone_hash == asker.subject_hash, Customer.email_hash == asker.subject_hash),
    )
    customer, *others = [*session.scalars(known.limit(2)), None]
    if customer is None or others[0] is not None:
        return None
    shared = select(func.count()).where(
        Customer.organisation_id == organisation.id, Customer.email_hash == customer.email_hash
    )
    alone = customer.email_hash is None or session.scalar(shared) == 1
    return customer if alone else None


def _received(
    session: Session,
    organisation: Organisation,
    who: ColumnElement[bool],
    told: dict[str, Any],
    *,
    kind: RequestKind,
    channel: RequestChannel,
    at: datetime,
) -> RightsRequest:
    asked = (
        RightsRequest.organisation_id == organisation.id,
        RightsRequest.kind == kind,
        who,
    )
    wanted = select(RightsRequest).where(*asked, RightsRequest.state.in_(REQUEST_UNDONE))
    known = session.scalars(wanted).first()
    if known is not None:
        return known
    earlier = session.scalars(
        select(RightsRequest.id).where(*asked).order_by(RightsRequest.received_at.desc()).limit(1)
    ).first()
    row = {
        "id": new_id(),
        "organisation_id": organisation.id,
        "repeats_id": earlier,
        "kind": kind,
        "channel": channel,
        "received_at": at,
        "due_at": ANSWERED_WITHIN.after(at, ZoneInfo(organisation.timezone)),
    } | told
    made = None
    while made is None:  # a reference that is in use already breaks the unique constraint
        insert_missing(session, RightsRequest, [row | {"reference": _new_reference()}])
        made = session.get(RightsRequest, row["id"])
    alarms.sound(session, REQUESTED, subject=str(made.id), organisation_id=organisation.id, at=at)
    log.info("rights.requested", extra={"request_id": made.id, "kind": kind, "channel": channel})
    return made


def about(request: RightsRequest, *, keyring: Keyring) -> str:
    """What the request is about and why, as the person put it; "" where they said nothing."""
    (said,) = keyring.open_many([(request.id, ABOUT, request.about_sealed)])
    return said or ""


def find(session: Session, organisation_id: UUID, reference: str) -> RightsRequest | None:
    """The request with that reference, locked."""
    wanted = select(RightsRequest).where(
        RightsRequest.organisation_id == organisation_id, RightsRequest.reference == reference
    )
    return session.scalars(wanted.with_for_update()).one_or_none()


def look(session: Session, organisation_id: UUID, reference: str) -> RightsRequest | None:
    """The request with that reference, for looking only."""
    wanted = select(RightsRequest).where(
        RightsRequest.organisation_id == organisation_id, RightsRequest.reference == reference
    )
    return session.scalars(wanted).one_or_none()


def waiting(session: Session, organisation_id: UUID) -> list[RightsRequest]:
    """The requests that are not answered yet, the most urgent first."""
    wanted = (
        select(RightsRequest)
        .where(
            RightsRequest.organisation_id == organisation_id,
            RightsRequest.state != RequestState.TOLD,
        )
        .order_by(RightsRequest.due_at, RightsRequest.id)
    )
    return list(session.scalars(wanted))


def _new_reference() -> str:
    return f"{secrets.randbelow(10**_REFERENCE_DIGITS):0{_REFERENCE_DIGITS}d}"
