"""Cases that staff work on: the list, the page of one, and what is done on it."""

import logging
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from console import dates, kept_days, paging
from console.blueprint import bp
from console.gate import READERS, only, visitor
from console.visitor import Visitor
from console.wording import CASE, CASE_KIND, Said
from storage import case_references
from storage.house import house, reading, transaction, utc_now
from storage.matters import CaseKind, CaseState
from storage.tables import Case, Interaction, Invitation, Organisation, Response
from survey import cases
from survey.cases import NoCaseError

log = logging.getLogger(__name__)

REOPEN: Final = "reopen"
_STEPS: Final = {
    CaseState.REVIEWED: "Gone through",
    CaseState.DECIDED: "Decided what follows",
    CaseState.ANSWERED: "Person answered",
    CaseState.CLOSED: "Close the case",
}


@dataclass(frozen=True, slots=True)
class MatterLine:
    """One case in a list; what is noted stays closed."""

    id: UUID
    kind: str
    state: Said
    organisation: str
    case_reference: str
    opened_at: datetime
    zone: tzinfo


@bp.get("/matters")
@only(READERS)
def matters() -> ResponseReturnValue:
    """A page of cases, newest first: the open ones, or all of them."""
    who, key, every = visitor(), request.args.get("before"), request.args.get("state") == "all"
    where = [] if every else [Case.closed_at.is_(None)]
    with reading() as session:
        found = session.execute(
            select(Case, Organisation, Interaction.id, Interaction.case_reference_sealed)
            .join(Organisation, Case.organisation_id == Organisation.id)
            .outerjoin(Interaction, Case.interaction_id == Interaction.id)
            .where(who.sees(Case), *where, *paging.before(key, Case.opened_at, Case.id))
            .order_by(Case.opened_at.desc(), Case.id.desc())
            .limit(paging.PAGE + 1)
        ).all()
        page = paging.page(found, lambda row: (row[0].opened_at, row[0].id), key)
        references = case_references.opened(house().keyring, [row[2:] for row in page.rows])
        lines = [
            _line(row[0], row[1], reference)
            for row, reference in zip(page.rows, references, strict=True)
        ]
    return render_template("console/matters.html", page=page, lines=lines, every=every)


@bp.get("/matters/<uuid:case_id>")
@only(READERS)
def matter(case_id: UUID) -> ResponseReturnValue:
    """One case with what is noted, and until when it is kept."""
    return _page(case_id)


@bp.post("/responses/<uuid:response_id>/case")
@only(READERS)
def open_matter(response_id: UUID) -> ResponseReturnValue:
    """Open a case about a response.

    :raise 400: the form names no kind of case, or the note is too long.
    :raise 404: the response is not there or not yours.
    """
    who, now = visitor(), utc_now()
    kind = request.form.get("kind", "")
    if kind not in tuple(CaseKind):
        abort(400)
    try:
        with transaction() as session:
            case = cases.open_about(
                session,
                who.find(session, Response, response_id),
                kind=CaseKind(kind),
                text=request.form.get("note", ""),
                keyring=house().keyring,
                now=now,
            )
            case_id = case.id
    except NoCaseError:
        abort(400)
    _tell(case_id, who, "opened")
    return redirect(url_for("console.matter", case_id=case_id), 303)


@bp.post("/matters/<uuid:case_id>/note")
@only(READERS)
def note_matter(case_id: UUID) -> ResponseReturnValue:
    """Write something below what is noted; what is wrong with it is said on the page."""
    who = visitor()
    try:
        with transaction() as session:
            cases.add_note(
                session,
                _locked(session, who, case_id),
                request.form.get("note", ""),
                keyring=house().keyring,
                now=utc_now(),
            )
    except NoCaseError as error:
        return _page(case_id, fault=str(error)), 409
    _tell(case_id, who, "noted")
    return redirect(url_for("console.matter", case_id=case_id), 303)


@bp.post("/matters/<uuid:case_id>/step")
@only(READERS)
def move_matter(case_id: UUID) -> ResponseReturnValue:
    """Take the case on, close it, or open it again; twice is once.

    :raise 400: the form names no step.
    """
    wanted, who = request.form.get("step", ""), visitor()
    if wanted != REOPEN and wanted not in tuple(_STEPS):
        abort(400)
    with transaction() as session:
        case = _locked(session, who, case_id)
        if wanted == REOPEN:
            cases.reopen(case)
        else:
            cases.advance(case, CaseState(wanted), at=utc_now())
    _tell(case_id, who, wanted)
    return redirect(url_for("console.matter", case_id=case_id), 303)


def about(session: Session, response: Response, organisation: Organisation) -> list[MatterLine]:
    """The cases about a response, for its page."""
    return [_line(one, organisation, "") for one in cases.about(session, response)]


def _line(case: Case, organisation: Organisation, reference: str) -> MatterLine:
    return MatterLine(
        id=case.id,
        kind=CASE_KIND[case.kind],
        state=CASE[case.state],
        organisation=organisation.name,
        # Empty: the contact may have gone before the case.
        case_reference=reference,
        opened_at=case.opened_at,
        zone=ZoneInfo(organisation.timezone),
    )


def _page(case_id: UUID, *, fault: str = "") -> str:
    who, now = visitor(), utc_now()
    with reading() as session:
        case = who.find(session, Case, case_id)
        organisation = session.get_one(Organisation, case.organisation_id)
        interaction = session.get(Interaction, case.interaction_id)
        response = session.scalars(
            select(Response.id)
            .join(Invitation, Invitation.id == Response.invitation_id)
            .where(Invitation.interaction_id == case.interaction_id, who.sees(Response))
            .order_by(Response.started_at)
            .limit(1)
        ).first()
        shown: dict[str, Any] = {
            "one": _line(
                case, organisation, case_references.reference_of(house().keyring, interaction)
            ),
            "note": cases.note_of(house().keyring, case),
            "steps": [
                (words, getattr(case, f"{state}_at"))
                for state, words in _STEPS.items()
                if state is not CaseState.CLOSED
            ],
            "next": _next(case),
            "closed_at": case.closed_at,
            "goes": kept_days.of_case(
                session, organisation, case, now=now, locale=dates.reader_locale()
            ),
            "response_id": response,
            "fault": fault,
        }
    return render_template("console/matter.html", **shown)


def _next(case: Case) -> list[tuple[str, str]]:
    """The steps that may be taken now, each may be left out."""
    order = tuple(CaseState)
    return [
        (state.value, words)
        for state, words in _STEPS.items()
        if order.index(state) > order.index(case.state)
    ]


def _locked(session: Session, who: Visitor, case_id: UUID) -> Case:
    case = who.find(session, Case, case_id)
    session.refresh(case, with_for_update=True)
    return case


def _tell(case_id: UUID, who: Visitor, state: str) -> None:
    log.info("case.changed", extra={"user_id": who.user_id, "case_id": case_id, "state": state})
