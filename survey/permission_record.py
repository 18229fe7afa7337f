"""The facts of a decision as a small JSON document, and back: what is as usual is left out.

There are fifty thousand of these in a busy week, so a field that has its usual value is not written
(`_USUAL`), and a week of calling hours is one line. Nothing in it names a person. A change of the
notation, or of what is usual, is a new VERSION; the old ones stay readable.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from config.campaign_limits import RegisterBlocks
from config.campaign_rules import (
    NEVER,
    CallsAllowedBy,
    CampaignKind,
    FollowUpBasis,
    LegalBasis,
    Retry,
    RetryCause,
)
from config.periods import parse_period
from storage.faults import GiveUp
from storage.states import CampaignState, ContactPurpose, Disposition, FollowUp, InvitationState
from survey import hours_notation
from survey.calling_hours import CallingHours
from survey.permission_terms import (
    ConsentOnFile,
    FollowUpFacts,
    Method,
    Money,
    PermissionFacts,
    RegisterAnswer,
    Throttle,
)
from survey.retries import PastAttempt

VERSION: Final = 1
# Raised whenever a rule decides otherwise than before: stored decisions that a newer rule would
# not have made are then told apart from those that were never made so.
RULES_VERSION: Final = 1

Document = dict[str, Any]

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
    "quota_full": False,
    "company": False,
}


class UnreadableRecordError(GiveUp):
    """A stored document is not one that this version reads, or was changed by somebody."""


def to_document(facts: PermissionFacts, *, rules: int = RULES_VERSION) -> Document:
    """The facts as a JSON object, with the version of the rules that decided about them.

    Of the retry rules only those are written that may have decided anything.
    """
    whole: Document = {
        "v": VERSION,
        "rules": rules,
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
        "consents": [_consent(one) for one in facts.consents],
        "restricted": facts.restricted,
        "throttle": _throttle(facts.throttle),
        "sampled": facts.sampled,
        "quota_full": facts.quota_full,
        "registers": [_register(one) for one in facts.registers],
        "company": facts.company,
        "invitation": facts.invitation_state.value,
        "due": _written(facts.due_at),
        "expires": _written(facts.expires_at),
        "has_number": facts.has_number,
        "number_valid": facts.number_valid,
        "country": facts.country,
        "country_allowed": facts.country_allowed,
        "line_for_country": facts.line_for_country,
        "on_allow_list": facts.on_allow_list,
        "past": [[one.disposition.value, _written(one.ended_at)] for one in facts.past],
        "retry": _retry(facts) if facts.past else None,
        "campaign": facts.campaign_state.value,
        "money": _money(facts.money),
        "hours": hours_notation.write_week(facts.hours.week),
        "hours_zone": facts.hours.zone.key if facts.hours.zone != facts.zone else None,
        "holidays": sorted(day.isoformat() for day in facts.hours.holidays),
        "blocked": sorted(day.isoformat() for day in facts.hours.blocked),
        "any_hour": facts.rings_at_any_hour,
        "on_the_line": facts.on_the_line,
        "follow_up": _follow_up(facts.follow_up),
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
        written = to_document(facts, rules=document["rules"])
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


def _facts(found: Document) -> PermissionFacts:
    zone = ZoneInfo(found["zone"])
    return PermissionFacts(
        purpose=ContactPurpose(found["purpose"]),
        method=Method(found["method"]),
        zone=zone,
        kind=CampaignKind(found["kind"]),
        legal_basis=LegalBasis(found["basis"]),
        marketing=found["marketing"],
        calls_allowed_by=_maybe(CallsAllowedBy, found.get("ground")),
        signed_by=found.get("signed_by"),
        signed_on=_maybe(date.fromisoformat, found.get("signed")),
        started_by_person=found["by_person"],
        called_in=found["called_in"],
        objected_to=frozenset(Method(one) for one in found.get("objected", ())),
        consents=tuple(_read_consent(*one) for one in found.get("consents", ())),
        restricted=found["restricted"],
        throttle=_maybe(_read_throttle, found.get("throttle")),
        sampled=found["sampled"],
        quota_full=found["quota_full"],
        registers=tuple(_read_register(one) for one in found.get("registers", ())),
        company=found["company"],
        invitation_state=InvitationState(found["invitation"]),
        due_at=_read(found["due"]),
        expires_at=_read(found["expires"]),
        has_number=found["has_number"],
        number_valid=found["number_valid"],
        country=found.get("country"),
        country_allowed=found["country_allowed"],
        line_for_country=found["line_for_country"],
        on_allow_list=found["on_allow_list"],
        past=tuple(
            PastAttempt(Disposition(how), _read(ended)) for how, ended in found.get("past", ())
        ),
        retry={
            RetryCause(cause): None if rule == NEVER else Retry.model_validate(rule)
            for cause, rule in found.get("retry", {}).items()
        },
        campaign_state=CampaignState(found["campaign"]),
        money=_maybe(_read_money, found.get("money")),
        hours=CallingHours(
            zone=ZoneInfo(found["hours_zone"]) if "hours_zone" in found else zone,
            week=hours_notation.read_week(found["hours"]) if "hours" in found else ((),) * 7,
            holidays=frozenset(date.fromisoformat(one) for one in found.get("holidays", ())),
            blocked=frozenset(date.fromisoformat(one) for one in found.get("blocked", ())),
        ),
        rings_at_any_hour=found["any_hour"],
        on_the_line=found["on_the_line"],
        follow_up=_maybe(_read_follow_up, found.get("follow_up")),
    )


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment without a zone")
    return moment


def _maybe(read: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else read(value)


def _consent(one: ConsentOnFile) -> list[str]:
    ends = [] if one.expires_at is None else [_written(one.expires_at)]
    return [one.method.value, _written(one.given_at), *ends]


def _read_consent(method: str, given_at: str, expires_at: str | None = None) -> ConsentOnFile:
    return ConsentOnFile(Method(method), _read(given_at), _maybe(_read, expires_at))


def _throttle(one: Throttle | None) -> list[str] | None:
    return None if one is None else [_written(one.asked_at), str(one.period)]


def _read_throttle(found: list[str]) -> Throttle:
    asked_at, period = found
    return Throttle(_read(asked_at), parse_period(period))


def _register(one: RegisterAnswer) -> Document:
    return {
        name: value
        for name, value in (
            ("key", one.key),
            ("blocks", one.blocks.value),
            ("listed", one.listed),
            ("until", _maybe(_written, one.valid_until)),
        )
        if value is not None
    }


def _read_register(found: Document) -> RegisterAnswer:
    return RegisterAnswer(
        found["key"],
        RegisterBlocks(found["blocks"]),
        found.get("listed"),
        _maybe(_read, found.get("until")),
    )


def _retry(facts: PermissionFacts) -> Document:
    return {
        cause.value: NEVER if rule is None else rule.model_dump(mode="json", exclude_defaults=True)
        for cause, rule in facts.retry.items()
    }


def _money(one: Money | None) -> list[Any] | None:
    if one is None:
        return None
    spent = [one.spent_today, one.spent_whole]
    freed = [] if one.free_by is None else [_written(one.free_by)]
    return [one.currency, one.price, one.day.isoformat(), *spent, one.per_day, one.whole, *freed]


def _read_money(found: list[Any]) -> Money:
    currency, price, day, spent_today, spent_whole, per_day, whole, *freed = found
    free_by = _read(freed[0]) if freed else None
    on = date.fromisoformat(day)
    return Money(currency, price, on, spent_today, spent_whole, per_day, whole, free_by)


def _follow_up(one: FollowUpFacts | None) -> list[Any] | None:
    if one is None:
        return None
    return [one.basis.value if one.basis else None, one.said.value, one.answered, one.opens_case]


def _read_follow_up(found: list[Any]) -> FollowUpFacts:
    basis, said, answered, opens_case = found
    return FollowUpFacts(_maybe(FollowUpBasis, basis), FollowUp(said), answered, opens_case)
