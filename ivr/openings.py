"""Opening the conversation of a call: read back from its row, or begun with the first document."""

from datetime import datetime

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from config.phrases import Phrase
from ivr import flow, scripts
from ivr.conversations import Conversation
from ivr.flow_path import language_for
from ivr.flow_state import FlowState, Stage
from ivr.mailbox_conversation import MailboxConversation
from ivr.mailbox_flow import MailboxState
from ivr.survey_conversation import SurveyConversation, passed_before
from storage.states import AttemptState, CampaignState, InvitationState
from storage.tables import Attempt, Call, Campaign, Customer, Invitation, Mailbox, Response
from survey import responses
from survey.invitations import OPEN

# Somebody who was not reached, or was cut off, may still answer by calling back.
_MAY_CALL_BACK = (*OPEN, InvitationState.PARTIAL, InvitationState.UNREACHED)

# All that a turn of an outbound call needs beside the call, in one look; made once.
_OF_ATTEMPT = (
    select(Attempt, Invitation, Response)
    .join(Invitation, Invitation.id == Attempt.invitation_id)
    .outerjoin(Response, Response.invitation_id == Invitation.id)
    .where(Attempt.id == bindparam("attempt_id"))
)


def reopen(session: Session, call: Call, *, at: datetime) -> Conversation | None:
    """The conversation as the last turn left it; None before the first document."""
    if call.flow is None:
        return None
    if call.mailbox_id is not None:
        mailbox = session.get_one(Mailbox, call.mailbox_id)
        return MailboxConversation(session, call, mailbox, state=MailboxState.from_json(call.flow))
    if call.survey_version_id is None:
        return None
    invitation, response = _invitation_and_response(session, call, at=at)
    script = scripts.of_version(session, call.survey_version_id)
    answered = responses.answered(session, response, script) if response else {}
    return SurveyConversation(
        session,
        call,
        call.survey_version_id,
        invitation=invitation,
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


def begin_callback(session: Session, call: Call, *, at: datetime) -> SurveyConversation | None:
    """The first moment of a call to one of our lines; None when nobody calls from that line."""
    campaign = session.scalars(
        select(Campaign)
        .where(Campaign.organisation_id == call.organisation_id, Campaign.line_id == call.line_id)
        # A running one first: it is likeliest to be why this person calls.
        .order_by(Campaign.state != CampaignState.RUNNING, Campaign.id.desc())
    ).first()
    if campaign is None:
        return None
    invitation = invitation_of(session, call, at=at)
    version_id = campaign.survey_version_id
    if invitation is not None:
        if invitation.survey_version_id is None:
            own = session.get_one(Campaign, invitation.campaign_id)
            invitation.survey_version_id = own.survey_version_id
        version_id = invitation.survey_version_id
    response = responses.of_invitation(session, invitation) if invitation else None
    script = scripts.of_version(session, version_id)
    answered = responses.answered(session, response, script) if response else {}
    state = flow.start_callback(
        script,
        answered=answered,
        locale=_locale_of_caller(session, call),
        resumed=bool(answered),
        may_answer=invitation is not None,
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


def invitation_of(session: Session, call: Call, *, at: datetime) -> Invitation | None:
    """Whose questions are asked in this call.

    An outbound call's is that of its attempt. For somebody who calls us it is their newest that is
    neither answered nor too old, unless their telephone rings for it at this moment.
    """
    if call.attempt_id is not None:
        attempt = session.get_one(Attempt, call.attempt_id)
        return session.get_one(Invitation, attempt.invitation_id)
    if call.caller_hash is None or call.line_id is None:
        return None
    alive = exists().where(
        Attempt.invitation_id == Invitation.id, Attempt.state != AttemptState.ENDED
    )
    return session.scalars(
        select(Invitation)
        .join(Customer, Customer.id == Invitation.customer_id)
        .join(Campaign, Campaign.id == Invitation.campaign_id)
        .where(
            Invitation.organisation_id == call.organisation_id,
            Customer.phone_hash == call.caller_hash,
            Campaign.line_id == call.line_id,
            Campaign.state != CampaignState.STOPPED,
            Invitation.state.in_(_MAY_CALL_BACK),
            Invitation.expires_at > at,
            ~alive,
        )
        .order_by(Invitation.created_at.desc(), Invitation.id.desc())
        .limit(1)
    ).first()


def _invitation_and_response(
    session: Session, call: Call, *, at: datetime
) -> tuple[Invitation | None, Response | None]:
    if call.attempt_id is not None:
        found = session.execute(_OF_ATTEMPT, {"attempt_id": call.attempt_id}).one()
        return found.Invitation, found.Response
    if call.flow is None or call.flow["question"] is None:
        return None, None  # this caller was offered nothing to answer
    invitation = invitation_of(session, call, at=at)
    return invitation, responses.of_invitation(session, invitation) if invitation else None


def _locale_of_caller(session: Session, call: Call) -> str | None:
    if call.caller_hash is None:
        return None
    wanted = select(Customer.locale).where(
        Customer.organisation_id == call.organisation_id,
        Customer.phone_hash == call.caller_hash,
    )
    return session.scalars(wanted).first()
