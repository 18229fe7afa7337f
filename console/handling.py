"""Noting on a response's page what was done about it, and taking the last step back."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from console import dates, kept_days
from console.blueprint import bp
from console.gate import READERS, only, visitor
from storage.house import transaction, utc_now
from storage.tables import Organisation, Response
from survey import handling
from survey.handling import Step

log = logging.getLogger(__name__)

BACK: Final = "back"
_WORDS: Final = {
    Step.REVIEWED: ("Gone through", "I have gone through it"),
    Step.DECIDED: ("Decided what follows", "It is decided what follows"),
    Step.ANSWERED: ("Person answered", "The person has been answered"),
}


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step as the page shows it; `at` is None while it is still to be taken."""

    value: str
    name: str
    button: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Handling:
    """How far a response has come, and until when what it says is kept."""

    steps: tuple[ShownStep, ...]
    next: ShownStep | None
    may_take_back: bool
    # The last step lets the answers or the comment be deleted at once.
    deletes: bool
    goes: tuple[str, ...]


def shown(
    session: Session, organisation: Organisation, response: Response, *, now: datetime
) -> Handling:
    """The steps of a response, and what they do to the day of its deletion."""
    taken = handling.steps_of(response)
    steps = {step: ShownStep(step, *_WORDS[step], taken.get(step)) for step in Step}
    following = handling.next_step(response)
    locale = dates.reader_locale()
    goes = kept_days.of_response(session, organisation, response, now=now, locale=locale)
    return Handling(
        steps=tuple(steps.values()),
        next=None if following is None else steps[following],
        may_take_back=bool(taken),
        deletes=kept_days.ends_when_answered(organisation),
        goes=tuple(goes),
    )


@bp.post("/responses/<uuid:response_id>/steps")
@only(READERS)
def note_step(response_id: UUID) -> ResponseReturnValue:
    """Note the step that the form names, or take the last one back; twice is once.

    :raise 400: the form names no step.
    :raise 404: the response is not there or not yours.
    """
    wanted, who, now = request.form.get("step", ""), visitor(), utc_now()
    if wanted != BACK and wanted not in tuple(Step):
        abort(400)
    with transaction() as session:
        row = who.find(session, Response, response_id)
        session.refresh(row, with_for_update=True)
        if wanted == BACK:
            handling.take_back(row)
        else:
            handling.note(row, Step(wanted), at=now)
    log.info(
        "response.handled",
        extra={"user_id": who.user_id, "response_id": response_id, "state": wanted},
    )
    return redirect(url_for("console.response", response_id=response_id), 303)
