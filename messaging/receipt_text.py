"""Texting whoever answered the code that opens their answers: decided and committed first.

What it says is kept nowhere, because the code is kept nowhere. Of a text that we know did not go
out another one is ordered, for an hour; of one in doubt none, before the provider was asked.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.phrases import Phrase
from config.wording import fill
from messaging.text_orders import Looked, order_of
from messaging.text_parts import parts_of
from privacy import receipt_codes
from storage.house import house
from storage.identity import new_token
from storage.permits import Permit
from storage.tables import (
    Campaign,
    Invitation,
    Line,
    ReceiptCode,
    Response,
    SentText,
    SurveyVersion,
)
from survey import permission, receipt_texts
from survey.line_holds import is_held
from survey.permission import Refusal
from survey.script_document import from_document

log = logging.getLogger(__name__)

PATIENCE: Final = timedelta(hours=1)
"""Later it comes out of nowhere, and nobody is texted at night about a call of the afternoon."""


def claim(session: Session, *, now: datetime) -> Looked:
    """Decide about the code that waits longest for its text; commit before anybody is asked."""
    found = _next(session, now=now)
    if found is None:
        return Looked(due=False)
    code, line = found
    code.text_due_at = None
    response = session.get_one(Response, code.response_id)
    invitation = session.get_one(Invitation, response.invitation_id)
    body = _body(session, code, response)
    if body is None or code.by_text_at is None or now - code.by_text_at > PATIENCE:
        log.warning("receipt_code.not_texted", extra={"code": "too_late" if body else "no_text"})
        return Looked(due=True)
    decision, number = receipt_texts.decide(session, invitation, now=now)
    permit = permission.store(session, decision, invitation, to=number, now=now)
    if isinstance(permit, Refusal) or number is None:
        return Looked(due=True)
    text = _text(session, code, response, line, permit, body, now=now)
    return Looked(due=True, order=order_of(text, line, permit, to=number, body=body))


def _next(session: Session, *, now: datetime) -> tuple[ReceiptCode, Line] | None:
    """One that another process holds is passed over, and so is every line that is left alone."""
    waiting = (
        select(ReceiptCode, Line)
        .join(Response, Response.id == ReceiptCode.response_id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .join(Line, Line.id == Campaign.line_id)
        .where(
            ReceiptCode.organisation_id == Line.organisation_id,
            ReceiptCode.text_due_at <= now,
            ReceiptCode.erase_asked_at.is_(None),
            ~is_held(session),
        )
        .order_by(ReceiptCode.text_due_at, ReceiptCode.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=ReceiptCode)
    )
    row = session.execute(waiting).first()
    return None if row is None else (row[0], row[1])


def _body(session: Session, code: ReceiptCode, response: Response) -> str | None:
    """The text in the language that was spoken; None for a survey that was frozen without one."""
    version = session.get_one(SurveyVersion, response.survey_version_id)
    script = from_document(version.document)
    language = response.language if response.language in script.phrases else script.languages[0]
    wording = script.phrases[language].get(Phrase.TEXT_RECEIPT_CODE)
    if wording is None:
        return None
    digits = receipt_codes.digits_of(code, keyring=house().keyring)
    groups = " ".join(digits[at : at + 3] for at in range(0, len(digits), 3))
    page = receipt_codes.address(house().settings.public_base_url)
    return fill(wording, {"code": groups, "page": page})


def _text(
    session: Session,
    code: ReceiptCode,
    response: Response,
    line: Line,
    permit: Permit,
    body: str,
    *,
    now: datetime,
) -> SentText:
    text = SentText(
        # No attempt to ask anything is begun: the text itself is what the permit is for.
        id=permit.attempt_id,
        organisation_id=code.organisation_id,
        receipt_code_id=code.id,
        line_id=line.id,
        # The words before the code and the page were filled in.
        survey_version_id=response.survey_version_id,
        token=new_token(),
        parts=parts_of(body),
        asked_at=now,
    )
    session.add(text)
    session.flush()
    return text
