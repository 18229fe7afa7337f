"""The first document of the usual call: who it is about is found and locked in one statement.

As with the usual turn, the session would take longer over it than the database. A call that is not
yet named, was written off, may ask nobody any more or has begun already is left to where all the
rest is done.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from ivr import flow, scripts
from ivr.events import DocumentAsked
from ivr.flow_prompts import prompt
from ivr.steps import Hangup, Step
from ivr.survey_conversation import passed_before
from storage.prepared import Prepared
from storage.states import (
    CALL_FOLLOWS,
    CALL_OVER,
    AttemptState,
    CallState,
    InvitationState,
    Verdict,
    judge,
)
from storage.tables import Attempt, Call, Campaign, Customer, Invitation
from survey import said_since, standing
from survey.invitations import OPEN

_LOCK: Final = Prepared(
    select(
        Call.id,
        Call.organisation_id,
        Call.state,
        Call.provider_sid,
        Call.answered_at,
        Attempt.id.label("attempt_id"),
        Attempt.state.label("attempt_state"),
        Invitation.id.label("invitation_id"),
        Invitation.state.label("invitation_state"),
        Invitation.campaign_id,
        Invitation.customer_id,
        Invitation.survey_version_id,
        Campaign.survey_version_id.label("newest_version_id"),
        Customer.locale,
        said_since.unwanted().label("unwanted"),
    )
    .join(Attempt, Attempt.id == Call.attempt_id)
    .join(Invitation, Invitation.id == Attempt.invitation_id)
    .join(Campaign, Campaign.id == Invitation.campaign_id)
    .join(Customer, Customer.id == Invitation.customer_id)
    .where(Call.token == bindparam("token"), Call.flow.is_(None))
    # In the order in which everybody locks them.
    .with_for_update(of=(Call, Attempt, Invitation))
)
_CALL: Final = update(Call).where(Call.id == bindparam("item"))
_ANSWER: Final = Prepared(_CALL, sets=("state", "answered_at"))
_BEGIN: Final = Prepared(_CALL, sets=("state", "answered_at", "survey_version_id", "flow"))
_MACHINE: Final = Prepared(
    update(Attempt).where(Attempt.id == bindparam("item")), sets=("answered_by",)
)
_FREEZE: Final = Prepared(
    update(Invitation).where(
        Invitation.organisation_id == bindparam("owner"), Invitation.id == bindparam("item")
    ),
    sets=("survey_version_id",),
)


@dataclass(frozen=True, slots=True)
class _Answered:
    """A call that has said nothing yet, as `_LOCK` reads it."""

    id: UUID
    owner: UUID
    state: CallState
    sid: str | None
    answered_at: datetime | None
    attempt_id: UUID
    attempt_state: AttemptState
    invitation_id: UUID
    invitation_state: InvitationState
    campaign_id: UUID
    customer_id: UUID
    version_id: UUID | None
    newest_version_id: UUID
    locale: str | None
    unwanted: bool


def take(
    session: Session, token: str, asked: DocumentAsked, *, at: datetime
) -> tuple[Step, ...] | None:
    """What the person hears first; None, and nothing is changed, when anything is not as usual.

    The version is frozen for the invitation here, where somebody first hears it.
    """
    lines = _LOCK.rows(session, {"token": token, "now": at})
    if not lines:
        return None
    call = _Answered(*lines[0])
    if (
        call.sid != asked.call_sid
        or call.state in CALL_OVER
        or call.attempt_state is not AttemptState.PLACED
        or call.invitation_state not in OPEN
        or call.unwanted
    ):
        return None
    sets = {"item": call.id, "state": call.state, "answered_at": call.answered_at}
    is_news = judge(call.state, CallState.IN_PROGRESS, CALL_FOLLOWS) is Verdict.APPLIED
    if is_news:
        sets |= {"state": CallState.IN_PROGRESS, "answered_at": at}
    if asked.by_machine:
        if is_news:
            _ANSWER.write(session, sets)
        _MACHINE.write(session, {"item": call.attempt_id, "answered_by": asked.answered_by})
        return (Hangup(),)
    version_id = call.version_id or call.newest_version_id
    script = scripts.of_version(session, version_id)
    stands = standing.of_ids(
        session, call.owner, call.invitation_id, call.campaign_id, call.customer_id
    )
    answered = stands.answered(script)
    state = flow.start(
        script,
        answered=answered,
        locale=call.locale,
        resumed=bool(answered),
        passed=passed_before(session, call.owner, call.invitation_id, call.id),
    )
    _BEGIN.write(session, sets | {"survey_version_id": version_id, "flow": state.to_json()})
    if call.version_id is None:
        frozen = {"owner": call.owner, "item": call.invitation_id, "survey_version_id": version_id}
        _FREEZE.write(session, frozen)
    return prompt(state, script, code=None)
