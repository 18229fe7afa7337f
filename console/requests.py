"""What people asked us to do with their data: for the privacy officer, the most urgent first."""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config import spans
from console import request_words, wording
from console.blueprint import bp
from console.gate import GUARDIANS, only, visitor
from console.visitor import Visitor
from console.wording import Said
from messaging import request_lines
from storage.house import reading, utc_now
from storage.request_states import REQUEST_OPEN
from storage.tables import Organisation, RightsRequest

SHOWN_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Request:
    """An open request in words; who asked stays closed."""

    id: UUID
    reference: str
    state: Said
    wish: str
    channel: str
    organisation: str
    zone: tzinfo
    received_at: datetime
    due_at: datetime
    age: str
    # How long is left, or how late it is.
    left: str
    late: bool


@bp.get("/requests")
@only(GUARDIANS)
def requests() -> ResponseReturnValue:
    """How many are open, and each with its age and the time that is left."""
    now, who = utc_now(), visitor()
    with reading() as session:
        count = _count(session, who)
        found = _open(session, who, now=now)
    return render_template("console/requests.html", requests=found, count=count)


def _count(session: Session, who: Visitor) -> int:
    is_open = (RightsRequest.state.in_(REQUEST_OPEN), who.sees(RightsRequest))
    return session.scalar(select(func.count()).select_from(RightsRequest).where(*is_open)) or 0


def _open(session: Session, who: Visitor, *, now: datetime) -> list[Request]:
    rows = session.execute(
        select(RightsRequest, Organisation)
        .join(Organisation, Organisation.id == RightsRequest.organisation_id)
        .where(RightsRequest.state.in_(REQUEST_OPEN), who.sees(RightsRequest))
        .order_by(RightsRequest.due_at, RightsRequest.id)
        .limit(SHOWN_AT_MOST)
    )
    return [
        Request(
            id=request.id,
            reference=request.reference,
            state=request_words.STATE[request.state],
            wish=wording.REQUEST[request.kind],
            channel=wording.REQUEST_CHANNEL[request.channel],
            organisation=organisation.name,
            zone=ZoneInfo(organisation.timezone),
            received_at=request.received_at,
            due_at=request.due_at,
            age=spans.age(now - request.received_at),
            left=request_lines.time_left(request, now=now),
            late=request.due_at < now,
        )
        for request, organisation in rows
    ]
