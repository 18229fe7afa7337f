"""Opening the conversation of a call: read back from its row, or begun with the first document."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from config.phrases import Phrase
from ivr import flow, scripts
from ivr.conversations import Conversation
from ivr.desk_conversation import DeskConversation
from ivr.desk_state import DeskState
from ivr.flow_path import language_for
from ivr.flow_state import FlowState, Stage
from ivr.mailbox_conversation import MailboxConversation
from ivr.mailbox_flow import MailboxState
from ivr.survey_conversation import SurveyConversation, passed_before
from storage.tables import Attempt, Call, Campaign, Customer, Invitation, Mailbox, Response
from survey import responses
from survey.invitations import OPEN

# All that a turn of an outbound call needs beside the call, in one look; made once.
_OF_ATTEMPT = (
    select(Attempt, Invitation, Response)
    .join(Invitation, Invitation.id == Attempt.invitation_id)
    .outerjoin(Response, Response.invitation_id == Invitation.id)
    .where(Attempt.id == bindparam("attempt_id"))
)


def reopen(session: Session, call: Call) -> Conversation | None:
    """The conversation as the last turn left it; None before the first document."""
    if call.flow is None:
        return None
    if call.mailbox_id is not None:
        mailbox = session.get_one(Mailbox, call.mailbox_id)
        return MailboxConversation(session, call, mailbox, state=MailboxState.from_json(call.flow))
    if call.survey_version_id is None:
        return None
    if call.attempt_id is None:
        desk = DeskState.from_json(call.flow)
        return DeskConversation(session, call, call.survey_version_id, state=desk)
    found = session.execute(_OF_ATTEMPT, {"attempt_id": call.attempt_id}).one()
    response = found.Response
    script = scripts.of_version(session, call.survey_version_id)
    answered = responses.answered(session, response, script) if response else {}
    return SurveyConversation(
        session,
        call,
        call.survey_version_id,
        invitation=found.Invitation,
        response=response,
        state=FlowState.from_json(call.flow, answered=answered),
    )


def begin_outbound(session: Session, call: Call, *, over: bool = False) -> SurveyConversation:
    """The first moment of a call that we placed: at the first open question of its invitation.

    The version is frozen for the invitation here, where somebody first hears it. An invitation that
    is over by now, because the person objected while it rang, hears only that it is over; so does
    a call that should not have come, when the caller of this says `over`.
    """
    attempt = session.get_one(Attempt, call.attempt_id)
    locked = select(Invitation).where(Invitation.id == attempt.invitation_id).with_for_update()
    invitation = session.scalars(locked).one()
    if invitation.survey_version_id is None:
        campaign = session.get_one(Campaign, invitation.campaign_id)
        invitation.survey_version_id = campaign.survey_version_id
    version_id = invitation.survey_version_id
    script = scripts.of_version(session, version_id)
    response = responses.of_invitation(session, invitation)
    answered = responses.answered(session, response, script) if response else {}
    locale = session.get_one(Customer, invitation.customer_id).locale
    state = flow.start(
        script,
        answered=answered,
        locale=locale,
        resumed=bool(answered),
        passed=passed_before(session, invitation, call),
    )
    if over or invitation.state not in OPEN:
        state = FlowState(
            visit=0,
            stage=Stage.OVER,
            language=language_for(script, locale) or script.languages[0],
            question=None,
            says=(Phrase.ALREADY_OVER,),
        )
    call.survey_version_id = version_id
    conversation = SurveyConversation(
        session, call, version_id, invitation=invitation, response=response, state=state
    )
    conversation.keep()
    return conversation


def begin_mailbox(session: Session, call: Call, mailbox: Mailbox) -> MailboxConversation:
    """The first moment of a call to a mailbox."""
    conversation = MailboxConversation(session, call, mailbox, state=MailboxState())
    conversation.keep()
    return conversation
