"""The facts of a decision as a small JSON document: what is as usual is left out."""

from typing import Any, Final

from survey.calling_hours import CallingHours
from survey.permission_terms import PermissionFacts

# Which notation a document is in.
VERSION: Final = 1


def to_document(facts: PermissionFacts) -> dict[str, Any]:
    """The facts as a JSON object with nothing in it that names a person."""
    document: dict[str, Any] = {
        "v": VERSION,
        "purpose": facts.purpose.value,
        "method": facts.method.value,
        "zone": facts.zone.key,
        "objected_to": sorted(method.value for method in facts.objected_to),
        "invitation_state": facts.invitation_state.value,
        "due_at": facts.due_at.isoformat(),
        "expires_at": facts.expires_at.isoformat(),
        "has_number": facts.has_number,
        "number_valid": facts.number_valid,
        "on_allow_list": facts.on_allow_list,
        "past": [[one.disposition.value, one.ended_at.isoformat()] for one in facts.past],
        "retry": {
            cause.value: None if rule is None else rule.model_dump(mode="json")
            for cause, rule in facts.retry.items()
        },
        "calls_allowed_by": facts.calls_allowed_by.value if facts.calls_allowed_by else None,
        "campaign_state": facts.campaign_state.value,
        "hours": _hours(facts.hours),
        "rings_at_any_hour": facts.rings_at_any_hour,
        "on_the_line": facts.on_the_line,
        "kind": facts.kind.value,
        "legal_basis": facts.legal_basis.value,
        "marketing": facts.marketing,
        "signed_on": facts.signed_on.isoformat() if facts.signed_on else None,
        "started_by_person": facts.started_by_person,
        "called_in": facts.called_in,
        "restricted": facts.restricted,
        "sampled": facts.sampled,
        "quota_full": facts.quota_full,
        "company": facts.company,
        "country": facts.country,
        "country_allowed": facts.country_allowed,
        "line_for_country": facts.line_for_country,
    }
    return document


def _hours(hours: CallingHours) -> dict[str, object]:
    return {
        "zone": hours.zone.key,
        "week": [[str(one) for one in day] for day in hours.week],
        "holidays": sorted(day.isoformat() for day in hours.holidays),
        "blocked": sorted(day.isoformat() for day in hours.blocked),
    }
