"""Writing down what somebody asked one of us, by letter or mail, about their data."""

import logging
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from console import wording
from console.blueprint import bp
from console.gate import GUARDIANS, only, visitor
from console.visitor import Visitor
from messaging import carrying_out
from privacy import request_steps, requests
from privacy.requests import Asker
from storage.house import house, reading, transaction, utc_now
from storage.request_states import Outcome, RequestChannel, RequestKind, RequestState
from storage.tables import Organisation, RightsRequest
from survey import subjects
from survey.numbers import BadNumberError
from survey.subjects import BadAddressError

log = logging.getLogger(__name__)

CHANNELS: Final = (RequestChannel.STAFF, RequestChannel.MAIL, RequestChannel.TELEPHONE)
_LONGEST: Final = 254


@dataclass(frozen=True, slots=True)
class Told:
    """What was typed and chosen, and what is wrong with it."""

    who: str = ""
    kind: RequestKind = RequestKind.ACCESS
    channel: RequestChannel = RequestChannel.STAFF
    organisation_id: UUID | None = None
    about: str = ""
    fault: str = ""


@bp.get("/requests/new")
@only(GUARDIANS)
def new_request() -> ResponseReturnValue:
    """The empty form."""
    with reading() as session:
        return _form(Told(), _choices(session, visitor()))


@bp.post("/requests/new")
@only(GUARDIANS)
def receive_request() -> ResponseReturnValue:
    """Write the request down and open its page; a no holds at once."""
    with reading() as session:
        choices = _choices(session, visitor())
    told = _read(choices)
    owner = next((one for one in choices if one.id == told.organisation_id), None)
    if owner is None:
        return _form(_faulty(told, "Choose the organisation."), choices), 422
    try:
        subject = subjects.guessed(told.who, country=owner.country)
    except (BadNumberError, BadAddressError) as error:
        return _form(_faulty(told, f"This {error}."), choices), 422
    found = _received(owner, told, subject.phone or subject.email or "", by=visitor().user_id)
    log.info("rights.written_down", extra={"request_id": found.id, "kind": told.kind.value})
    return redirect(url_for("console.one_request", request_id=found.id), 303)


def _received(owner: Organisation, told: Told, contact: str, *, by: UUID) -> RightsRequest:
    keyring, now = house().keyring, utc_now()
    word = "email" if "@" in contact else "phone"
    asker = Asker(contact, keyring.lookup_hash(owner.id, word, contact))
    with transaction() as session:
        found = requests.receive(
            session,
            owner,
            asker,
            kind=told.kind,
            channel=told.channel,
            at=now,
            keyring=keyring,
            about=told.about,
        )
        if told.kind is RequestKind.OBJECTION and found.state is RequestState.RECEIVED:
            request_steps.decide(session, found, outcome=Outcome.GRANTED, by=by, at=now)
    if told.kind is RequestKind.OBJECTION:
        carrying_out.carry_out(found.id, house=house(), now=now)
    return found


def _read(choices: list[Organisation]) -> Told:
    chosen = request.form.get("organisation", "")
    known = {str(one.id): one.id for one in choices}
    only_one = choices[0].id if len(choices) == 1 else None
    try:
        kind = RequestKind(request.form.get("kind", ""))
        channel = RequestChannel(request.form.get("channel", ""))
    except ValueError:
        kind, channel = RequestKind.ACCESS, RequestChannel.STAFF
    return Told(
        who=request.form.get("who", "").strip()[:_LONGEST],
        kind=kind,
        channel=channel if channel in CHANNELS else RequestChannel.STAFF,
        organisation_id=known.get(chosen, only_one),
        about=request.form.get("about", "").strip()[: requests.LONGEST_ABOUT],
    )


def _faulty(told: Told, fault: str) -> Told:
    return replace(told, fault=fault)


def _choices(session: Session, who: Visitor) -> list[Organisation]:
    rows = select(Organisation).where(who.sees(Organisation)).order_by(Organisation.name)
    return list(session.scalars(rows))


def _form(told: Told, choices: list[Organisation]) -> str:
    return render_template(
        "console/new_request.html",
        told=told,
        organisations=choices,
        kinds=wording.REQUEST,
        channels=[(one, wording.REQUEST_CHANNEL[one]) for one in CHANNELS],
    )
