"""Opening the conversation of a call: read back from its row, or begun with the first document."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from config.phrases import Phrase
from ivr import code_conversation, flow, scripts
from ivr.code_conversation import CodeConversation, CodeState
from ivr.conversations import Conversation
from ivr.desk_conversation import DeskConversation
from ivr.desk_state import DeskState
from ivr.flow_path import language_for
from ivr.flow_state import FlowState, Stage
from ivr.live_calls import LiveCall
from ivr.mailbox_conversation import MailboxConversation
from ivr.mailbox_flow import MailboxState
from ivr.survey_conversation import SurveyConversation, passed_before
from storage.tables import Attempt, Call, Campaign, Customer, Invitation, Mailbox
from survey import said_since, standing
from survey.invitations import OPEN
from survey.standing import Standing

# Made once: every answered call asks.
_ASKED: Final = (
    select(Invitation, said_since.unwanted())
    .join(Attempt, Attempt.invitation_id == Invitation.id)
    .where(Attempt.id == bindparam("item"))
    .with_for_update(of=Invitation)
)


def reopen(session: Session, call: Call | LiveCall) -> Conversation | None:
    """The conversation as the last turn left it; None before the first document."""
    if isinstance(call, LiveCall):
        return _about_survey(session, call, call.survey_version_id, call.standing, call.flow)
    if call.flow is None:
        return None
    if call.mailbox_id is not None:
        mailbox = session.get_one(Mailbox, call.mailbox_id)
        return MailboxConversation(session, call, mailbox, state=MailboxState.from_json(call.flow))
    if call.code_id is not None:
        return CodeConversation(session, call, state=CodeState.from_json(call.flow))
    if call.survey_version_id is None:
        return None
    if call.attempt_id is None:
        desk = DeskState.from_json(call.flow)
        return DeskConversation(session, call, call.survey_version_id, state=desk)
    stands = standing.of_attempt(session, call.organisation_id, call.attempt_id)
    return _about_survey(session, call, call.survey_version_id, stands, call.flow)


def _about_survey(
    session: Session,
    call: Call | LiveCall,
    version_id: UUID,
    stands: Standing,
    document: Mapping[str, Any],
) -> SurveyConversation:
    answered = stands.answered(scripts.of_version(session, version_id))
    state = FlowState.from_json(document, answered=answered)
    return SurveyConversation(session, call, version_id, standing=stands, state=state)


def begin_outbound(
    session: Session, call: Call, *, at: datetime, over: bool = False
) -> SurveyConversation:
    """The first moment of a call that we placed: at the first open question of its invitation.

    The version is frozen for the invitation here, where somebody first hears it. An invitation that
    is over by now hears only that it is over; so does a person who objected, took back a consent or
    was frozen while it rang, and a call that should not have come, when the caller says `over`.
    """
    invitation, unwanted = session.execute(_ASKED, {"item": call.attempt_id, "now": at}).one()
    if invitation.survey_version_id is None:
        campaign = session.get_one(Campaign, invitation.campaign_id)
        invitation.survey_version_id = campaign.survey_version_id
    version_id = invitation.survey_version_id
    script = scripts.of_version(session, version_id)
    stands = standing.of_invitation(session, invitation)
    answered = stands.answered(script)
    locale = session.get_one(Customer, invitation.customer_id).locale
    state = flow.start(
        script,
        answered=answered,
        locale=locale,
        resumed=bool(answered),
        passed=passed_before(session, call.organisation_id, invitation.id, call.id),
    )
    if over or unwanted or invitation.state not in OPEN:
        state = FlowState(
            visit=0,
            stage=Stage.OVER,
            language=language_for(script, locale) or script.languages[0],
            question=None,
            says=(Phrase.ALREADY_OVER,),
        )
    call.survey_version_id = version_id
    conversation = SurveyConversation(session, call, version_id, standing=stands, state=state)
    conversation.keep()
    return conversation


def begin_code(session: Session, call: Call) -> CodeConversation:
    """The first moment of a call that a person asked for, to hear the code of their request."""
    language = code_conversation.language_of(session, call)
    conversation = CodeConversation(session, call, state=CodeState(language=language))
    conversation.keep()
    return conversation


def begin_mailbox(session: Session, call: Call, mailbox: Mailbox) -> MailboxConversation:
    """The first moment of a call to a mailbox."""
    conversation = MailboxConversation(session, call, mailbox, state=MailboxState())
    conversation.keep()
    return conversation
