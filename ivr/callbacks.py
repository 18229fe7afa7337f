"""Somebody calls the number we show: the desk opens, and leads on to the questions if they wish."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ivr import callers, flow, scripts
from ivr.conversations import Conversation
from ivr.desk_conversation import DeskConversation
from ivr.desk_state import CallerKind, DeskStage, DeskState
from ivr.flow_path import language_for, next_open
from ivr.flow_state import Answers
from ivr.survey_conversation import SurveyConversation, passed_before
from storage import desk_heard
from storage.house import house
from storage.identity import new_id
from storage.states import AttemptState, InvitationState
from storage.tables import (
    Attempt,
    Call,
    Campaign,
    Customer,
    Invitation,
)
from survey import permission, standing, throttling
from survey.permission_facts import Asking, gather_many
from survey.standing import Standing


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left to answer of one invitation, and what not to ask again."""

    invitation: Invitation
    version_id: UUID
    standing: Standing
    answered: Answers
    passed: tuple[str, ...]


def begin_desk(
    session: Session, call: Call, *, guessed: str | None, at: datetime
) -> DeskConversation | None:
    """The first moment of a call to one of our lines; None when nobody calls from that line.

    `guessed` is the language of the country that the caller's number belongs to.
    """
    campaign = callers.campaign_of_line(session, call)
    customer = callers.customer_of(session, call)
    left = None
    if customer is not None:
        left = _left_to_answer(session, call, customer, at=at)
        campaign = _campaign_of(session, call, customer, left) or campaign
    if campaign is None:
        return None
    script = scripts.of_version(session, campaign.survey_version_id)
    locale = customer.locale if customer is not None else None
    state = DeskState(
        stage=DeskStage.MENU,
        language=language_for(script, locale)
        or language_for(script, guessed)
        or script.languages[0],
        caller=_kind(call, customer),
        may_answer=left is not None,
        resumes=left is not None and bool(left.answered),
    )
    call.survey_version_id = campaign.survey_version_id
    conversation = DeskConversation(session, call, campaign.survey_version_id, state=state)
    conversation.keep()
    return conversation


def go_on(
    session: Session, call: Call, conversation: Conversation, *, at: datetime
) -> Conversation:
    """The conversation of the next prompt: the questions, if that is where the desk leads.

    The call becomes an attempt then, so that nobody rings the caller meanwhile. An invitation that
    was withdrawn or became too old since the desk opened leads back to the menu.
    """
    if not isinstance(conversation, DeskConversation) or not conversation.leads_to_questions:
        return conversation
    customer = callers.customer_of(session, call)
    left = None if customer is None else _left_to_answer(session, call, customer, at=at)
    if left is not None and customer is not None:
        locked = select(Invitation.id).where(Invitation.id == left.invitation.id)
        session.scalars(locked.with_for_update()).one()
        person = select(Customer.id).where(Customer.id == customer.id)
        session.scalars(person.with_for_update(key_share=True)).one()
        # Looked at again now that nobody can move it: of two calls at once one gets the questions.
        left = _left_to_answer(session, call, customer, at=at)
    if left is None or customer is None:
        conversation.offer_nothing()
        return conversation
    if call.survey_version_id is not None:
        said = desk_heard.Heard(call.survey_version_id, conversation.language)
        desk_heard.note(session, call, said, at=at)
    _open_attempt(session, call, left.invitation, at=at)
    # Who answers here is not rung by another campaign tomorrow.
    throttling.take(session, customer, left.invitation, at=at)
    left.invitation.survey_version_id = call.survey_version_id = left.version_id
    state = flow.start(
        scripts.of_version(session, left.version_id),
        answered=left.answered,
        locale=conversation.language,
        resumed=bool(left.answered),
        passed=left.passed,
        called_us=True,
        visit=conversation.visit,
    )
    questions = SurveyConversation(
        session,
        call,
        left.version_id,
        standing=left.standing,
        state=state,
    )
    questions.keep()
    return questions


def _left_to_answer(
    session: Session, call: Call, customer: Customer, *, at: datetime
) -> _Left | None:
    invitation = callers.invitation_of(session, call, customer, at=at)
    if invitation is None:
        return None
    version_id = invitation.survey_version_id
    if version_id is None:
        version_id = session.get_one(Campaign, invitation.campaign_id).survey_version_id
    script = scripts.of_version(session, version_id)
    stands = standing.of_invitation(session, invitation)
    answered = stands.answered(script)
    # What they passed over before the line broke is not asked again. Somebody who never answered
    # anything may have been a machine: they are asked from the beginning.
    passed = (
        passed_before(session, call.organisation_id, invitation.id, call.id) if answered else ()
    )
    if next_open(script, answered, passed) is None:
        passed = ()
    if next_open(script, answered, passed) is None:
        return None
    return _Left(invitation, version_id, stands, answered, passed)


def _campaign_of(
    session: Session, call: Call, customer: Customer, left: _Left | None
) -> Campaign | None:
    """For which campaign this customer was rung: what they may answer, else the last one."""
    if left is not None:
        return session.get_one(Campaign, left.invitation.campaign_id)
    rung = callers.last_rung(session, call, customer)
    return rung[0] if rung is not None else None


def _kind(call: Call, customer: Customer | None) -> CallerKind:
    if customer is not None:
        return CallerKind.CUSTOMER
    return CallerKind.WITHHELD if call.caller_hash is None else CallerKind.STRANGER


def _open_attempt(session: Session, call: Call, invitation: Invitation, *, at: datetime) -> None:
    # Nothing to decide, but written down with its facts like every other decision.
    asking = Asking(house().settings.allowed_numbers)
    (facts,) = gather_many(session, [invitation], now=at, numbers_of={}, asking=asking, lock=False)
    decision = permission.decide(replace(facts, called_in=True), now=at)
    stored = permission.store(session, decision, invitation, to=None, now=at)
    made = select(func.count()).where(
        Attempt.organisation_id == call.organisation_id, Attempt.invitation_id == invitation.id
    )
    attempt = Attempt(
        id=new_id(),
        organisation_id=call.organisation_id,
        invitation_id=invitation.id,
        decision_id=stored.decision_id,
        line_id=call.line_id,
        number=(session.scalar(made) or 0) + 1,
        state=AttemptState.PLACED,
        placing_at=call.started_at,
    )
    session.add(attempt)
    session.flush()
    call.attempt_id = attempt.id
    invitation.state, invitation.ended_at = InvitationState.TRYING, None
    session.flush()
