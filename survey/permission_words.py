"""A permission decision as one plain sentence, for whoever asks why somebody was contacted or not.

Days and times are told on the organisation's clock. Nothing in a sentence names a person who
is asked.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from config.campaign_rules import CallsAllowedBy, FollowUpBasis
from storage.states import ContactPurpose, FollowUp
from storage.tables import PermissionDecision
from survey.permission_reasons import REASONS, day, moment
from survey.permission_record import UnreadableRecordError
from survey.permission_replay import replay
from survey.permission_terms import (
    Decision,
    Method,
    PermissionFacts,
    Rule,
)

_DONE: Final[Mapping[Method, str]] = {
    Method.CALLS: "called",
    Method.SMS: "texted",
    Method.EMAIL: "mailed",
    Method.ALL: "contacted",
}


def in_words(row: PermissionDecision) -> str:
    """What a stored decision says; only its rule when its facts cannot be read."""
    if row.rule == Rule.CALLED_US.value and not row.facts:  # as it was written once
        return "May be called: the person called us."
    decision = replayed(row)
    if decision is not None:
        return sentence(decision, at=row.decided_at)
    head = "Allowed" if row.allowed else "Not allowed"
    return f"{head} (rule: {row.rule.replace('_', ' ')})."


def replayed(row: PermissionDecision) -> Decision | None:
    """A stored decision made again from its facts; None where that gives none or another rule."""
    try:
        decision = replay(row)
    except UnreadableRecordError:
        return None
    return decision if decision is not None and decision.rule.value == row.rule else None


def sentence(decision: Decision, *, at: datetime) -> str:
    """Whether, why, and when it is looked at again."""
    facts = decision.facts
    if decision.allowed:
        return f"{_allowed_head(facts)}: {_ground(facts)}."
    reason = REASONS[decision.rule](facts, at)
    again = ""
    if decision.next_allowed_at is not None:
        again = f" Looked at again on {moment(decision.next_allowed_at, facts.zone)}."
    return f"{_refused_head(facts)}: {reason}.{again}"


def _allowed_head(facts: PermissionFacts) -> str:
    if facts.purpose is ContactPurpose.FOLLOW_UP:
        return "Staff may contact the person"
    return f"May be {_DONE[facts.method]}"


def _refused_head(facts: PermissionFacts) -> str:
    if facts.purpose is ContactPurpose.FOLLOW_UP:
        return "Staff may not contact the person"
    return f"Not {_DONE[facts.method]}"


def _ground(facts: PermissionFacts) -> str:
    if facts.called_in:
        return "the person called us"
    if facts.purpose is ContactPurpose.FOLLOW_UP:
        return _follow_up_ground(facts)
    if facts.purpose is ContactPurpose.SERVICE:
        return "they were told in the call that a code comes"
    if facts.method is not Method.CALLS:
        return "there is consent on file" if facts.marketing else "not marketing"
    match facts.calls_allowed_by:
        case CallsAllowedBy.CONSENT:
            return "there is consent on file"
        case CallsAllowedBy.HANDED_OVER:
            return "a signed-in person started the call"
    if facts.signed_on is None:
        return "decided not to be marketing"
    signer = f" by {facts.signed_by}" if facts.signed_by else ""
    return f"decided not to be marketing, signed{signer} on {day(facts.signed_on)}"


def _follow_up_ground(facts: PermissionFacts) -> str:
    found = facts.follow_up
    if found is None or found.said is FollowUp.YES:
        return "the person said yes to it"
    if found.basis is FollowUpBasis.ANSWERED:
        return "the person answered, and this organisation may contact whoever did"
    return "the answer reached the organisation's threshold for legitimate interest"
