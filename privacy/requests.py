"""What people ask us to do with their data: written down with the day by which it must be done."""

import logging
import secrets
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.periods import Period, Unit
from storage import alarms
from storage.identity import new_id
from storage.insertion import insert_missing
from storage.states import RequestChannel, RequestKind, RequestState
from storage.tables import Customer, Organisation, RightsRequest

log = logging.getLogger(__name__)

ANSWERED_WITHIN: Final = Period(1, Unit.MONTH)
REQUESTED: Final = "rights.requested"
_REFERENCE_DIGITS: Final = 8


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
    wanted = select(RightsRequest).where(
        RightsRequest.organisation_id == customer.organisation_id,
        RightsRequest.customer_id == customer.id,
        RightsRequest.kind == kind,
        RightsRequest.state == RequestState.OPEN,
    )
    known = session.scalars(wanted).first()
    if known is not None:
        return known
    organisation = session.get_one(Organisation, customer.organisation_id)
    due_at = ANSWERED_WITHIN.after(at, ZoneInfo(organisation.timezone))
    made = None
    while made is None:  # a reference that is in use already breaks the unique constraint
        insert_missing(
            session,
            RightsRequest,
            [
                {
                    "id": new_id(),
                    "organisation_id": customer.organisation_id,
                    "customer_id": customer.id,
                    "kind": kind,
                    "channel": channel,
                    "reference": _new_reference(),
                    "received_at": at,
                    "due_at": due_at,
                }
            ],
        )
        made = session.scalars(wanted).first()
    alarms.sound(
        session,
        REQUESTED,
        subject=str(made.id),
        organisation_id=customer.organisation_id,
        at=at,
    )
    log.info("rights.requested", extra={"request_id": made.id, "kind": kind, "channel": channel})
    return made


def _new_reference() -> str:
    return f"{secrets.randbelow(10**_REFERENCE_DIGITS):0{_REFERENCE_DIGITS}d}"
