"""Somebody who calls the number we show and wants to answer now: their call becomes an attempt."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ivr import openings
from ivr.conversations import Conversation
from ivr.flow_events import Event, Keys
from ivr.flow_state import Stage
from ivr.survey_conversation import SurveyConversation
from storage.identity import new_id
from storage.states import AttemptState, InvitationState
from storage.tables import Attempt, Call, Invitation, PermissionDecision
from survey.permission import Method

# Stored where a permission rule stands: the person chose to call, so nobody had to be asked.
CALLED_US = "called_us"
_BEGIN = "1"


def open_attempt_of_caller(
    session: Session, call: Call, conversation: Conversation, event: Event, *, at: datetime
) -> Conversation:
    """The same conversation, as that of an attempt if this event begins the questions.

    The attempt is opened before the event is applied, so that the invitation it belongs to is
    settled and nobody rings the caller for it meanwhile.
    """
    if not isinstance(conversation, SurveyConversation) or not isinstance(event, Keys):
        return conversation
    state = conversation.state
    begins = state.stage is Stage.CALLBACK and state.question is not None
    if not begins or event.visit != state.visit or event.digits.strip("#") != _BEGIN:
        return conversation
    found = openings.invitation_of(session, call, at=at)
    if found is None or call.line_id is None:
        return conversation
    locked = select(Invitation).where(Invitation.id == found.id).with_for_update()
    invitation = session.scalars(locked).one()
    decision = PermissionDecision(
        id=new_id(),
        organisation_id=call.organisation_id,
        invitation_id=invitation.id,
        method=Method.CALLS.value,
        allowed=True,
        rule=CALLED_US,
        facts={},
        decided_at=at,
    )
    made = select(func.count()).where(Attempt.invitation_id == invitation.id)
    attempt = Attempt(
        id=new_id(),
        organisation_id=call.organisation_id,
        invitation_id=invitation.id,
        decision_id=decision.id,
        line_id=call.line_id,
        number=(session.scalar(made) or 0) + 1,
        state=AttemptState.PLACED,
        placing_at=call.started_at,
    )
    session.add(decision)
    session.flush()
    session.add(attempt)
    session.flush()
    call.attempt_id = attempt.id
    invitation.state, invitation.ended_at = InvitationState.TRYING, None
    session.flush()
    reopened = openings.reopen(session, call, at=at)
    return reopened or conversation
