"""What became of a text of ours: one verdict, in whatever order and however often it is told."""

import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage import alarms, provider_copies
from storage.provider_copies import CopyKind
from storage.states import (
    NOBODY_RANG,
    TEXT_FOLLOWS,
    TEXT_OVER,
    AttemptState,
    Disposition,
    InvitationState,
    TextState,
    Verdict,
    judge,
)
from storage.tables import Attempt, Invitation, ReceiptCode, SentText
from survey import attempts, history, invitations, spending

log = logging.getLogger(__name__)

SENT_TWICE: Final = "text.sent_twice"
_STATE_OF: Final = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending", "sent"), TextState.TAKEN),
    **dict.fromkeys(("delivered", "read", "partially_delivered"), TextState.DELIVERED),
    **dict.fromkeys(("undelivered", "failed", "canceled"), TextState.UNDELIVERED),
}
_ENDING: Final = {
    TextState.DELIVERED: Disposition.TEXTED,
    TextState.UNTOLD: Disposition.TEXTED,
    TextState.UNDELIVERED: Disposition.FAILED,
}
# How soon a code is texted again of which we know that it did not go out.
AGAIN_AFTER: Final = timedelta(minutes=1)
# How an invitation ends when its attempts bring no last word; such an end can be taken back.
_WITHOUT_LAST_WORD: Final = frozenset({InvitationState.PARTIAL, InvitationState.UNREACHED})


def locked(session: Session, text_id: UUID) -> SentText | None:
    """The text's row, locked until the transaction ends; None once it was erased."""
    wanted = select(SentText).where(SentText.id == text_id).with_for_update()
    return session.scalars(wanted).one_or_none()


def state_of(status: str) -> TextState | None:
    """The provider's word as our state; None for one that we do not know."""
    return _STATE_OF.get(status)


def name_text(session: Session, text: SentText, sid: str, *, at: datetime) -> bool:
    """Note what the provider calls the text; False, with an alarm, when it has another already."""
    if text.provider_sid is None:
        text.provider_sid = sid
        session.flush()
    provider_copies.note(
        session, CopyKind.MESSAGE, sid, organisation_id=text.organisation_id, at=at
    )
    if text.provider_sid == sid:
        return True
    provider_copies.let_go(session, CopyKind.MESSAGE, sid, at=at)
    owner = text.organisation_id
    alarms.sound(session, SENT_TWICE, subject=str(text.id), organisation_id=owner, at=at)
    return False


def arrive(
    session: Session, text: SentText, state: TextState, *, code: str | None = None, at: datetime
) -> Verdict:
    """Move a text whose row the caller holds, and end what ends with it."""
    verdict = judge(text.state, state, TEXT_FOLLOWS)
    if verdict is not Verdict.APPLIED:
        return verdict
    text.state, text.error_code = state, code or text.error_code
    if text.receipt_code_id is not None:  # it is there after all: no other one is wanted
        _due_again(session, text.receipt_code_id, None)
    attempt = _attempt(session, text)
    if attempt is not None:
        attempts.made(session, attempt)
    if state in TEXT_OVER:
        text.ended_at = at
        if text.provider_sid is not None:
            provider_copies.let_go(session, CopyKind.MESSAGE, text.provider_sid, at=at)
        if attempt is not None:
            _end(session, attempt, _ENDING[state], code=code, at=at)
    return verdict


def write_off(
    session: Session, text: SentText, why: Disposition, *, code: str | None, at: datetime
) -> None:
    """End a text of which we know that nobody got it; `why` says how we know."""
    text.state, text.error_code, text.ended_at = TextState.NOT_SENT, code, at
    if text.receipt_code_id is not None and why in NOBODY_RANG:
        _due_again(session, text.receipt_code_id, at + AGAIN_AFTER)
    attempt = _attempt(session, text)
    if attempt is not None:
        spending.refund(session, attempt)
        _end(session, attempt, why, code=code, at=at)


def _end(
    session: Session, attempt: Attempt, how: Disposition, *, code: str | None, at: datetime
) -> None:
    corrected = attempt.state is AttemptState.ENDED
    if corrected and attempt.disposition is how:
        return
    if not corrected:
        attempt.state, attempt.ended_at = AttemptState.ENDED, at
    attempt.disposition, attempt.error_code = how, code
    history.ended(session, attempt, how, answered_at=None)
    session.flush()
    locked = select(Invitation).where(Invitation.id == attempt.invitation_id).with_for_update()
    invitation = session.scalars(locked).one()
    if corrected and _has_another(session, attempt):
        return  # tried again meanwhile, and that attempt says what follows
    if corrected and invitation.state in _WITHOUT_LAST_WORD:
        # It may have ended because of what we thought then: judge it again by what we know now.
        invitation.state, invitation.ended_at = InvitationState.TRYING, None
    invitations.after_attempt(session, invitation, how, now=at)


def _due_again(session: Session, code_id: UUID, when: datetime | None) -> None:
    session.get_one(ReceiptCode, code_id, with_for_update=True).text_due_at = when


def _has_another(session: Session, attempt: Attempt) -> bool:
    later = select(Attempt.id).where(
        Attempt.organisation_id == attempt.organisation_id,
        Attempt.invitation_id == attempt.invitation_id,
        Attempt.number > attempt.number,
    )
    return session.scalars(later.limit(1)).first() is not None


def _attempt(session: Session, text: SentText) -> Attempt | None:
    if text.attempt_id is None:
        return None
    locked = select(Attempt).where(Attempt.id == text.attempt_id).with_for_update()
    return session.scalars(locked).one()
