"""Responses: the list with its filters, and the page of one."""

import logging
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from console import mark_steps, opening, paging, response_pages, scores, wording
from console.blueprint import bp
from console.comments import campaign_choices, chosen_campaign
from console.gate import READERS, only, visitor
from console.scores import Band, Score
from console.visitor import Visitor
from console.wording import Said
from storage import case_references
from storage.house import house, reading, transaction, utc_now
from storage.states import FollowUp, ResponseState
from storage.tables import (
    Answer,
    Campaign,
    Interaction,
    Invitation,
    Organisation,
    Response,
    SurveyVersion,
)
from survey import follow_ups
from survey.anonymity import may_tell_who
from survey.follow_ups import Contacting

log = logging.getLogger(__name__)

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ResponseLine:
    """One line of the list; no name, no number."""

    id: UUID
    case_reference: str
    organisation: str
    campaign: str
    started_at: datetime
    zone: tzinfo
    language: str
    state: Said
    follow_up: bool
    scores: tuple[Score, ...]


@bp.get("/responses")
@only(READERS)
def responses() -> ResponseReturnValue:
    """A page of responses, newest first."""
    who = visitor()
    with reading() as session:
        return render_template("console/responses.html", **_content(session, who))


@bp.get("/responses/<uuid:response_id>")
@only(READERS)
def response(response_id: UUID) -> ResponseReturnValue:
    """One response with all that belongs to it; the person's name and number stay closed."""
    who, now = visitor(), utc_now()
    with reading() as session:
        row = who.find(session, Response, response_id)
        decision = follow_ups.look(session, row, _contacting(session, row), now=now)
        shown = response_pages.shown(session, who, row, decision, now=now)
        steps = mark_steps.of(session, who, [one.id for one in shown.comments])
    opening.note_reading(who, [one.read for one in shown.comments], at=now)
    return render_template("console/response.html", response=shown, contact=None, mark_steps=steps)


@bp.post("/responses/<uuid:response_id>/contact")
@only(READERS)
def contact(response_id: UUID) -> ResponseReturnValue:
    """The same page with the name and number of a person whom staff may contact about it.

    The decision is stored, whatever it is.

    :raise 403: the organisation's kind of permission is missing, or something else forbids it.
    """
    who, now = visitor(), utc_now()
    with transaction() as session:
        row = who.find(session, Response, response_id)
        decision, permit = follow_ups.ask(session, row, _contacting(session, row), now=now)
    if permit is None:
        abort(403)
    with reading() as session:
        row = who.find(session, Response, response_id)
        opened = response_pages.contact(session, row)
        shown = response_pages.shown(session, who, row, decision, now=now)
        steps = mark_steps.of(session, who, [one.id for one in shown.comments])
    opening.note_reading(who, [one.read for one in shown.comments], at=now)
    log.info("contact.opened", extra={"user_id": who.user_id, "response_id": row.id})
    return render_template(
        "console/response.html", response=shown, contact=opened, mark_steps=steps
    )


def _contacting(session: Session, row: Response) -> Contacting:
    number = response_pages.number_of(session, row)
    return Contacting(number, house().settings.allowed_numbers)


def _content(session: Session, who: Visitor) -> dict[str, Any]:
    campaign, key = chosen_campaign(), request.args.get("before")
    state = _one_of(ResponseState, request.args.get("status"))
    band = _one_of(Band, request.args.get("score"))
    wish = _one_of(FollowUp, request.args.get("follow_up"))
    versions = scores.scripts(session, _versions(session, who))
    where: list[ColumnElement[bool]] = [who.sees(Response)]
    if campaign is not None:
        where.append(Response.campaign_id == campaign)
    if state is not None:
        where.append(Response.state == state)
    if wish is not None:
        where.append(Response.follow_up == wish)
    if band is not None:
        where.append(scores.scored(versions, band))
    found = session.execute(
        select(Response, Interaction, Campaign, Organisation)
        .join(Invitation, Response.invitation_id == Invitation.id)
        .join(Interaction, Invitation.interaction_id == Interaction.id)
        .join(Campaign, Response.campaign_id == Campaign.id)
        .join(Organisation, Response.organisation_id == Organisation.id)
        .where(*where, *paging.before(key, Response.started_at, Response.id))
        .order_by(Response.started_at.desc(), Response.id.desc())
        .limit(paging.PAGE + 1)
    ).all()
    page = paging.page(found, lambda row: (row[0].started_at, row[0].id), key)
    answers: dict[UUID, list[Answer]] = {row[0].id: [] for row in page.rows}
    for answer in session.scalars(select(Answer).where(Answer.response_id.in_(answers))):
        answers[answer.response_id].append(answer)
    references = case_references.opened(
        house().keyring, [(row[1].id, row[1].case_reference_sealed) for row in page.rows]
    )
    chosen = {"campaign": campaign, "status": state, "score": band, "follow_up": wish}
    return {
        "page": page,
        "lines": [
            ResponseLine(
                id=row.id,
                case_reference=reference if may_tell_who(told_by, row.follow_up) else "",
                organisation=organisation.name,
                campaign=told_by.key,
                started_at=row.started_at,
                zone=ZoneInfo(organisation.timezone),
                language=row.language,
                state=wording.RESPONSE[row.state],
                follow_up=row.follow_up is FollowUp.YES,
                scores=scores.scores(versions[row.survey_version_id], answers[row.id]),
            )
            for (row, _, told_by, organisation), reference in zip(
                page.rows, references, strict=True
            )
        ],
        "campaigns": campaign_choices(session, who),
        "states": [(state.value, said.text) for state, said in wording.RESPONSE.items()],
        "chosen": {name: str(value) for name, value in chosen.items() if value},
    }


def _versions(session: Session, who: Visitor) -> list[UUID]:
    return list(session.scalars(select(SurveyVersion.id).where(who.sees(SurveyVersion))))


def _one_of(kind: type[E], value: str | None) -> E | None:
    """The member the address asks for; a value that is none filters nothing."""
    try:
        return None if value is None else kind(value)
    except ValueError:
        return None
