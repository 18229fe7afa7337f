"""What happened around one response, in order and in plain words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from console import dates
from storage.states import AttemptMethod, Disposition, InvitationState, Verdict
from storage.tables import (
    Attempt,
    Call,
    CallEvent,
    Interaction,
    Invitation,
    PermissionDecision,
    SentText,
    SurveyVersion,
)
from survey import permission_words

_RUNG: Final = "The telephone was rung"
_ENDED: Final[Mapping[Disposition, str]] = {
    Disposition.COMPLETED: "All questions were gone through",
    Disposition.PARTIAL: "The call broke off; the answers given are kept",
    Disposition.REFUSED: "The person did not want to take part",
    Disposition.UNANSWERED: "Somebody answered and pressed nothing",
    Disposition.BUSY: "Busy",
    Disposition.NO_ANSWER: "Nobody answered",
    Disposition.MACHINE: "An answering machine answered; nothing was said on it",
    Disposition.TEXTED: "The text message arrived; the person may call back until it is too old",
    Disposition.FAILED: "The call could not be put through",
    Disposition.CANCELED: "The call was cancelled",
    Disposition.NEVER_PLACED: "The call was never placed",
    Disposition.PROVIDER_ERROR: "The telephone provider could not place the call",
    Disposition.GIVEN_BACK: "The call was held back before it was placed",
}
_TEXT_ENDED: Final[Mapping[Disposition, str]] = {
    Disposition.FAILED: "The text message could not be delivered",
    Disposition.NEVER_PLACED: "The text message was never sent",
    Disposition.GIVEN_BACK: "The text message was held back before it was sent",
}
_OVER: Final[Mapping[InvitationState, str]] = {
    InvitationState.UNREACHED: "Given up: not reached",
    InvitationState.WITHDRAWN: "Withdrawn: nobody calls about this any more",
    InvitationState.EXPIRED: "Given up: too long ago to ask about",
}
_TRIES: Final[Mapping[str, str]] = {
    "wrong_key": "A key was pressed that the question does not know",
    "silence": "Nothing was pressed",
}
_PASSED: Final[Mapping[str, str]] = {
    "unanswered": "A question was left unanswered",
    "declined": "The person did not want to leave a comment",
}
_MACHINES: Final = frozenset(
    {"machine_start", "machine_end_beep", "machine_end_silence", "machine_end_other", "fax"}
)
_ROUTINE: Final = frozenset({"not_yet_due", "invitation_over", "no_attempts_left"})


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the timeline; `call` is the number of the call it belongs to, if any."""

    at: datetime
    text: str
    call: int | None = None


def of(session: Session, invitation: Invitation, interaction: Interaction) -> list[Moment]:
    """Everything known about the invitation, oldest first."""
    moments = [
        Moment(interaction.happened_at, "The matter was closed"),
        Moment(invitation.created_at, "Taken in, to be asked about"),
    ]
    moments += _decisions(session, invitation)
    rows = session.execute(
        select(Attempt, Call)
        .outerjoin(Call, Call.attempt_id == Attempt.id)
        .where(
            Attempt.invitation_id == invitation.id,
            Attempt.organisation_id == invitation.organisation_id,
        )
        .order_by(Attempt.number)
    )
    for attempt, call in rows:
        moments += _of_attempt(session, attempt, call)
    if invitation.ended_at is not None and invitation.state in _OVER:
        moments.append(Moment(invitation.ended_at, _OVER[invitation.state]))
    return sorted(moments, key=lambda moment: moment.at)


def _of_attempt(session: Session, attempt: Attempt, call: Call | None) -> Iterator[Moment]:
    number = attempt.number
    by_text = attempt.method is AttemptMethod.SMS
    begun = _texted(session, attempt) if by_text else _RUNG
    yield Moment(attempt.placing_at, begun, number)
    if call is not None:
        if call.answered_at is not None:
            wording = _wording(session, call.survey_version_id)
            yield Moment(call.answered_at, f"Answered{wording}", number)
        events = select(CallEvent).where(
            CallEvent.call_id == call.id, CallEvent.verdict == Verdict.APPLIED
        )
        for event in session.scalars(events.order_by(CallEvent.happened_at, CallEvent.id)):
            text = event_in_words(event.kind, event.facts)
            if text is not None:
                yield Moment(event.happened_at, text, number)
    ended = attempt.ended_at or (call.ended_at if call else None)
    if ended is not None:
        yield Moment(ended, _ending(attempt, call), number)


def _texted(session: Session, attempt: Attempt) -> str:
    sent = select(SentText.survey_version_id).where(
        SentText.organisation_id == attempt.organisation_id, SentText.attempt_id == attempt.id
    )
    wording = _wording(session, session.scalars(sent).one_or_none())
    return f"A text message was sent, with the number to call back{wording}"


def _wording(session: Session, version_id: UUID | None) -> str:
    """Which wording was spoken or sent; versions are never changed."""
    version = session.get(SurveyVersion, version_id) if version_id else None
    if version is None:
        return ""
    return f"; the wording was version {version.number} of {version.survey_key}"


def event_in_words(kind: str, facts: Mapping[str, Any]) -> str | None:
    """What a call event means to a reader; None for one that only machines care about."""
    if kind == "recorded":
        seconds = facts.get("seconds")
        length = f", {dates.spoken_length(seconds)}" if seconds else ""
        return f"Something was recorded{length}{'; then hung up' if facts.get('hung_up') else ''}"
    if kind == "try":
        return _TRIES.get(str(facts.get("what")))
    if kind == "passed":
        return _PASSED.get(str(facts.get("why")))
    if kind == "detected":
        answered_by = str(facts.get("answered_by"))
        if answered_by == "human":
            return "The provider heard a person"
        return "The provider heard a machine" if answered_by in _MACHINES else None
    return None


def _ending(attempt: Attempt, call: Call | None) -> str:
    if attempt.disposition is None:
        text = "The call ended"
    elif attempt.method is AttemptMethod.SMS and attempt.disposition in _TEXT_ENDED:
        text = _TEXT_ENDED[attempt.disposition]
    else:
        text = _ENDED[attempt.disposition]
    if call is not None and call.seconds and call.answered_at is not None:
        text += f" (after {dates.spoken_length(call.seconds)})"
    return text


def _decisions(session: Session, invitation: Invitation) -> Iterator[Moment]:
    """Whether the person might be contacted and why, once per reason in a row."""
    decisions = session.scalars(
        select(PermissionDecision)
        .where(
            PermissionDecision.invitation_id == invitation.id,
            PermissionDecision.organisation_id == invitation.organisation_id,
        )
        .order_by(PermissionDecision.decided_at, PermissionDecision.id)
    )
    last = None
    for decision in decisions:
        if decision.allowed or (decision.rule not in _ROUTINE and decision.rule != last):
            yield Moment(decision.decided_at, permission_words.in_words(decision))
        last = decision.rule
