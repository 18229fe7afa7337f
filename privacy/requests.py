"""What people ask us to do with their data: written down with the day by which it must be done."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from config.periods import Period, Unit
from privacy import persons, unproven_requests
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
from storage.states import AttemptMethod
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
    who = persons.asked_by(customer)
    told = {
        "customer_id": customer.id,
        "subject_hash": customer.phone_hash,
        "language": customer.locale,
    }
    organisation = session.get_one(Organisation, customer.organisation_id)
    known = next(iter(_open(session, organisation, who, kind)), None)
    if known is not None:
        return known
    return _written(session, organisation, who, told, kind=kind, channel=channel, at=at)


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
    code_by: AttemptMethod | None = None,
) -> RightsRequest:
    """The request of whoever says that a number or address is theirs, known by it or not.

    What is asked on the public page is a request by itself each time, so that nobody changes what
    another one asked. By other ways the same again is the open request of before. What was said
    once about a request stays as it is: other words make another one. The number or address is
    kept sealed until the person has their answer, and so is what it is about.
    """
    session.scalars(
        select(Organisation.id)
        .where(Organisation.id == organisation.id)
        .with_for_update(key_share=True)
    ).one()
    about = about[:LONGEST_ABOUT]
    customer = None
    if channel is not RequestChannel.WEB:
        # By telephone and by mail it is the same person. The public page may not show that: whoever
        # gives both would learn by one reference that they are known here, and are one person's.
        customer = persons.known_alone(session, organisation.id, asker.subject_hash)
    if customer is None:
        who = persons.asked_under(asker.subject_hash)
    else:
        who = persons.asked_by(customer)
    if channel is not RequestChannel.WEB:
        for one in _open(session, organisation, who, kind):
            if about in ("", about_of(one, keyring=keyring)):
                return one
    item = new_id()
    told = {
        "id": item,
        "subject_hash": asker.subject_hash,
        "contact_sealed": keyring.seal_one(item, CONTACT, asker.contact),
        "about_sealed": keyring.seal_one(item, ABOUT, about) if about else None,
        "language": language,
        "code_by": code_by,
    }
    return _written(session, organisation, who, told, kind=kind, channel=channel, at=at)


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
    who = RightsRequest.repeats_id == request.id
    known = next(iter(_open(session, organisation, who, request.kind)), None)
    if known is not None:
        return known
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
    return _written(
        session, organisation, who, told, kind=request.kind, channel=RequestChannel.STAFF, at=at
    )


def _open(
    session: Session, organisation: Organisation, who: ColumnElement[bool], kind: RequestKind
) -> Sequence[RightsRequest]:
    """Theirs of that kind that are not done, the oldest first.

    What anybody wrote on the public page is nobody's until it is proven whose it is.
    """
    wanted = select(RightsRequest).where(
        RightsRequest.organisation_id == organisation.id,
        RightsRequest.kind == kind,
        who,
        RightsRequest.state.in_(REQUEST_UNDONE),
        or_(RightsRequest.channel != RequestChannel.WEB, RightsRequest.proof.is_not(None)),
    )
    return session.scalars(wanted.order_by(RightsRequest.received_at, RightsRequest.id)).all()


def _written(
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
    if unproven_requests.is_unproven(made):
        unproven_requests.look(session, organisation.id, at=at)
    else:
        owner = organisation.id
        alarms.sound(session, REQUESTED, subject=str(made.id), organisation_id=owner, at=at)
    log.info("rights.requested", extra={"request_id": made.id, "kind": kind, "channel": channel})
    return made


def about_of(request: RightsRequest, *, keyring: Keyring) -> str:
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
