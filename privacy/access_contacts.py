"""How a person was contacted, by what right and with what outcome, for their package.

The number that was rung is the person's own, told with the person; an attempt keeps no number.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from config.campaign_rules import LegalBasis
from privacy import access_notices
from privacy.access_moments import Document, among, at
from storage.keyring import Keyring
from storage.states import ContactPurpose
from storage.tables import (
    Attempt,
    Call,
    Campaign,
    InvitationEvent,
    Line,
    PermissionDecision,
    SentText,
    SurveyVersion,
)

Why = Callable[[PermissionDecision], tuple[str, str]]
"""A stored decision to a sentence about it, and the language that this is in."""

# A stored decision leaves out what is as usual.
_USUAL: Final[Mapping[str, str]] = {
    "basis": LegalBasis.LEGITIMATE_INTEREST.value,
    "purpose": ContactPurpose.SURVEY.value,
}
_ASKING: Final = frozenset({ContactPurpose.SURVEY.value, ContactPurpose.REMINDER.value})


def attempts(
    session: Session,
    organisation_id: UUID,
    tried: Sequence[tuple[Attempt, Campaign]],
    *,
    keyring: Keyring,
) -> dict[UUID, Document]:
    """Each attempt: when, from which number, what it cost, what was said, and what came of it."""
    ids = [one.id for one, _ in tried]
    texts = among(session, SentText, SentText.attempt_id, ids, organisation_id)
    calls = among(session, Call, Call.attempt_id, ids, organisation_id)
    bodies = keyring.open_many([(one.id, "sent_text.body", one.body_sealed) for one in texts])
    versions = {
        one.id: one
        for one in among(
            session,
            SurveyVersion,
            SurveyVersion.id,
            {one.survey_version_id for one in (*texts, *calls)},
            organisation_id,
        )
    }
    given = access_notices.of_calls(session, organisation_id, calls)
    lines = {
        one.id: one.number
        for one in among(session, Line, Line.id, {one.line_id for one, _ in tried}, organisation_id)
    }
    found = {one.id: _attempt(one, lines.get(one.line_id), campaign) for one, campaign in tried}
    for call in calls:
        found[call.attempt_id] |= {"call": told_call(call), "notices_given": given[call.id]}
        if call.answered_at is not None:  # nobody heard a wording that nobody answered
            wording = access_notices.name_of(versions.get(call.survey_version_id))
            found[call.attempt_id] |= {"wording": wording}
    for text, body in zip(texts, bodies, strict=True):
        version = versions.get(text.survey_version_id)
        found[text.attempt_id] |= {
            "text": body,
            "wording": access_notices.name_of(version),
            "notices_given": access_notices.of_text(text, version, body),
            "message": {
                "state": text.state.value,
                "parts": text.parts,
                "at": at(text.asked_at),
                "ended_at": at(text.ended_at),
            },
        }
    return found


def told_call(call: Call) -> Document:
    """How a call went, by its moments."""
    return {
        "state": call.state.value,
        "started_at": at(call.started_at),
        "answered_at": at(call.answered_at),
        "ended_at": at(call.ended_at),
        "seconds": call.seconds,
    }


def decision(one: PermissionDecision, why: Why | None) -> Document:
    """A stored decision whether to contact, with all it was made from."""
    words, language = (None, None) if why is None else why(one)
    return {
        "method": one.method,
        "allowed": one.allowed,
        "rule": one.rule,
        "why": words,
        "why_language": language,
        "legal_basis": _stored(one, "basis"),
        "purpose": _stored(one, "purpose"),
        "at": at(one.decided_at),
        "next_allowed_at": at(one.next_allowed_at),
        "facts": one.facts,
    }


def history(events: Sequence[InvitationEvent]) -> list[Document]:
    """The steps of an invitation, in their order."""
    return [
        {"kind": one.kind.value, "detail": one.detail, "at": at(one.happened_at)}
        for one in sorted(events, key=lambda each: (each.happened_at, each.id))
    ]


def of_its_time(decisions: Sequence[PermissionDecision], name: str, otherwise: Any) -> Any:
    """What the asking stood on: the last decision that allowed it, or else the last about it.

    A text about what was answered, or staff coming back to it, is another contact.
    """
    known = [one for one in decisions if "v" in one.facts]
    asking = [one for one in known if _stored(one, "purpose") in _ASKING]
    allowed = [one for one in asking if one.allowed]
    last = (allowed or asking or known)[-1:]
    return _stored(last[0], name) if last else otherwise


def _stored(one: PermissionDecision, name: str) -> Any:
    return one.facts.get(name, _USUAL[name]) if "v" in one.facts else None


def _attempt(one: Attempt, line: str | None, campaign: Campaign) -> Document:
    return {
        "number": one.number,
        "method": one.method.value,
        "state": one.state.value,
        "from_number": line,
        "at": at(one.placing_at),
        "ended_at": at(one.ended_at),
        "outcome": None if one.disposition is None else one.disposition.value,
        "answered_by": one.answered_by,
        "cost_micros": one.cost_micros,
        "currency": (campaign.rules.get("price") or {}).get("currency"),
        "notices_given": [],
    }
