"""The facts of a decision as a small JSON document, and back: what is as usual is left out.

There are fifty thousand of these in a busy week, so a field that has its usual value is not written
(`_USUAL`), and a week of calling hours is one line. Nothing in it names a person. A change of the
notation, or of what is usual, is a new VERSION; the old ones stay readable.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from config.campaign_rules import (
    NEVER,
    ONE_YEAR,
    CallsAllowedBy,
    CampaignKind,
    LegalBasis,
    Retry,
    RetryCause,
)
from config.periods import parse_period
from storage.faults import GiveUp
from storage.states import CampaignState, ContactPurpose, Disposition, InvitationState
from survey import hours_notation
from survey import record_notation as notation
from survey.calling_hours import CallingHours
from survey.clock_marks import mark_of
from survey.permission_terms import (
    Method,
    PermissionFacts,
)
from survey.record_notation import Document
from survey.retries import PastAttempt

VERSION: Final = 1
# Raised whenever a rule decides otherwise than before: stored decisions that a newer rule would
# not have made are then told apart from those that were never made so.
RULES_VERSION: Final = 4

_USUAL: Final[Mapping[str, Any]] = {
    "purpose": ContactPurpose.SURVEY.value,
    "method": Method.CALLS.value,
    "kind": CampaignKind.FOLLOW_UP.value,
    "basis": LegalBasis.LEGITIMATE_INTEREST.value,
    "invitation": InvitationState.PLANNED.value,
    "campaign": CampaignState.RUNNING.value,
    "has_number": True,
    "number_valid": True,
    "on_allow_list": True,
    "sampled": True,
    "country_allowed": True,
    "line_for_country": True,
    "any_hour": False,
    "on_the_line": False,
    "marketing": False,
    "by_person": False,
    "called_in": False,
    "restricted": False,
    "minor": False,
    "former": str(ONE_YEAR),
    "quota_full": False,
    "company": False,
}


_NOT_KNOWN: Final = "not known"


class UnreadableRecordError(GiveUp):
    """A stored document is not one that this version reads, or was changed by somebody."""


def to_document(
    facts: PermissionFacts, *, rules: int = RULES_VERSION, clocks: str | None = None
) -> Document:
    """The facts as a JSON object, with the version of the rules that decided about them and the
    mark of the clocks by which that was done.

    Of the retry rules only those are written that may have decided anything.
    """
    whole: Document = {
        "v": VERSION,
        "rules": rules,
        "clocks": clocks,
        "purpose": facts.purpose.value,
        "method": facts.method.value,
        "zone": facts.zone.key,
        "kind": facts.kind.value,
        "basis": facts.legal_basis.value,
        "marketing": facts.marketing,
        "ground": facts.calls_allowed_by.value if facts.calls_allowed_by else None,
        "signed_by": facts.signed_by,
        "signed": facts.signed_on.isoformat() if facts.signed_on else None,
        "by_person": facts.started_by_person,
        "called_in": facts.called_in,
        "objected": sorted(method.value for method in facts.objected_to),
        "consents": [notation.consent(one) for one in facts.consents],
        "restricted": facts.restricted,
        "minor": facts.minor,
        "leave": _day(facts.guardian_leave_on),
        "since": _day(facts.customer_since),
        "until": _day(facts.customer_until),
        "former": str(facts.former_for),
        "throttle": notation.throttle(facts.throttle),
        "sampled": facts.sampled,
        "quota_full": facts.quota_full,
        "registers": [notation.register(one) for one in facts.registers],
        "company": _NOT_KNOWN if facts.company is None else facts.company,
        "invitation": facts.invitation_state.value,
        "due": notation.written(facts.due_at),
        "expires": notation.written(facts.expires_at),
        "has_number": facts.has_number,
        "number_valid": facts.number_valid,
        "country": facts.country,
        "country_allowed": facts.country_allowed,
        "line_for_country": facts.line_for_country,
        "on_allow_list": facts.on_allow_list,
        "past": [[one.disposition.value, notation.written(one.ended_at)] for one in facts.past],
        "retry": notation.retry(facts) if facts.past else None,
        "most_calls": facts.most_calls if facts.past else None,
        "campaign": facts.campaign_state.value,
        "money": notation.money(facts.money),
        "hours": hours_notation.write_week(facts.hours.week),
        "hours_zone": facts.hours.zone.key if facts.hours.zone != facts.zone else None,
        "hours_also": [zone.key for zone in facts.hours.also],
        "holidays": sorted(day.isoformat() for day in facts.hours.holidays),
        "blocked": sorted(day.isoformat() for day in facts.hours.blocked),
        "any_hour": facts.rings_at_any_hour,
        "on_the_line": facts.on_the_line,
        "follow_up": notation.follow_up(facts.follow_up),
    }
    return {
        name: value
        for name, value in whole.items()
        if value is not None and value != [] and value != _USUAL.get(name)
    }


def from_document(document: Mapping[str, Any]) -> PermissionFacts:
    """The facts that `to_document` wrote; raises UnreadableRecordError for anything else."""
    version = document.get("v")
    if version != VERSION:
        raise UnreadableRecordError(
            f"the notation {version!r} of this record is not read here", code="record_version"
        )
    try:
        facts = _facts({**_USUAL, **document})
        written = to_document(facts, rules=document["rules"], clocks=document.get("clocks"))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableRecordError(
            f"the record cannot be read: {type(error).__name__}", code="record_unreadable"
        ) from None
    if written != document:
        raise UnreadableRecordError(
            "the record holds something that was never written so", code="record_changed"
        )
    return facts


def rules_version(document: Mapping[str, Any]) -> int | None:
    """Which version of the rules decided about a stored document; None when it does not say."""
    found = document.get("rules")
    return found if isinstance(found, int) else None


def clocks_of(document: Mapping[str, Any]) -> str | None:
    """The mark of the clocks by which a stored document was decided; None of older ones."""
    found = document.get("clocks")
    return found if isinstance(found, str) else None


def clocks_today(facts: PermissionFacts) -> str:
    """The mark of the clocks that a decision on these facts goes by."""
    return mark_of((facts.zone, *facts.hours.zones))


def _facts(found: Document) -> PermissionFacts:
    zone = ZoneInfo(found["zone"])
    return PermissionFacts(
        purpose=ContactPurpose(found["purpose"]),
        method=Method(found["method"]),
        zone=zone,
        kind=CampaignKind(found["kind"]),
        legal_basis=LegalBasis(found["basis"]),
        marketing=found["marketing"],
        calls_allowed_by=notation.maybe(CallsAllowedBy, found.get("ground")),
        signed_by=found.get("signed_by"),
        signed_on=notation.maybe(date.fromisoformat, found.get("signed")),
        started_by_person=found["by_person"],
        called_in=found["called_in"],
        objected_to=frozenset(Method(one) for one in found.get("objected", ())),
        consents=tuple(notation.read_consent(*one) for one in found.get("consents", ())),
        restricted=found["restricted"],
        minor=found["minor"],
        guardian_leave_on=notation.maybe(date.fromisoformat, found.get("leave")),
        customer_since=notation.maybe(date.fromisoformat, found.get("since")),
        customer_until=notation.maybe(date.fromisoformat, found.get("until")),
        former_for=parse_period(found["former"]),
        throttle=notation.maybe(notation.read_throttle, found.get("throttle")),
        sampled=found["sampled"],
        quota_full=found["quota_full"],
        registers=tuple(notation.read_register(one) for one in found.get("registers", ())),
        company=None if found["company"] == _NOT_KNOWN else found["company"],
        invitation_state=InvitationState(found["invitation"]),
        due_at=notation.read(found["due"]),
        expires_at=notation.read(found["expires"]),
        has_number=found["has_number"],
        number_valid=found["number_valid"],
        country=found.get("country"),
        country_allowed=found["country_allowed"],
        line_for_country=found["line_for_country"],
        on_allow_list=found["on_allow_list"],
        past=tuple(
            PastAttempt(Disposition(how), notation.read(ended))
            for how, ended in found.get("past", ())
        ),
        retry={
            RetryCause(cause): None if rule == NEVER else Retry.model_validate(rule)
            for cause, rule in found.get("retry", {}).items()
        },
        most_calls=found.get("most_calls"),
        campaign_state=CampaignState(found["campaign"]),
        money=notation.maybe(notation.read_money, found.get("money")),
        hours=CallingHours(
            zone=ZoneInfo(found["hours_zone"]) if "hours_zone" in found else zone,
            week=hours_notation.read_week(found["hours"]) if "hours" in found else ((),) * 7,
            holidays=frozenset(date.fromisoformat(one) for one in found.get("holidays", ())),
            blocked=frozenset(date.fromisoformat(one) for one in found.get("blocked", ())),
            also=tuple(ZoneInfo(one) for one in found.get("hours_also", ())),
        ),
        rings_at_any_hour=found["any_hour"],
        on_the_line=found["on_the_line"],
        follow_up=notation.maybe(notation.read_follow_up, found.get("follow_up")),
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
