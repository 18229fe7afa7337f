"""What lets us contact a person at all: never just that nobody said no."""

from datetime import date, datetime

from config.campaign_rules import CallsAllowedBy
from survey.permission_noes import LOOK_AGAIN_TOMORROW, No, until, waits
from survey.permission_terms import Method, PermissionFacts, Rule


def stands_on_consent(facts: PermissionFacts) -> bool:
    """Whether nobody may be contacted so without a consent that is in force in that moment."""
    if facts.method is not Method.CALLS:
        return facts.marketing
    return facts.calls_allowed_by is CallsAllowedBy.CONSENT


def ground(facts: PermissionFacts, at: datetime) -> No | None:
    """What lets us contact at all: for a machine's calls one of four things, never just no no."""
    if facts.method is not Method.CALLS:
        return _consent(facts, at) if facts.marketing else None
    match facts.calls_allowed_by:
        case CallsAllowedBy.NOT_MARKETING:
            return _signed(facts, at)
        case CallsAllowedBy.CONSENT:
            return _consent(facts, at)
        case CallsAllowedBy.HANDED_OVER if facts.started_by_person:
            return None
        case None:
            return waits(Rule.NOT_CLASSIFIED, at, LOOK_AGAIN_TOMORROW)
    # To be handed over by a person, or called in by the customer: a machine never dials these.
    return waits(Rule.MACHINE_MAY_NOT_CALL, at, LOOK_AGAIN_TOMORROW)


def minor(facts: PermissionFacts, at: datetime) -> No | None:
    """Whoever is a minor is asked with the leave of a guardian alone."""
    if not facts.minor:
        return None
    given, today = facts.guardian_leave_on, at.astimezone(facts.zone).date()
    if given is not None and given <= today:
        return None
    return waits(Rule.MINOR, at, LOOK_AGAIN_TOMORROW)


def still_customer(facts: PermissionFacts, at: datetime) -> No | None:
    """For marketing: a customer, or one who was until lately, or with explicit consent."""
    if not facts.marketing or _consent(facts, at) is None:
        return None
    today = at.astimezone(facts.zone).date()
    since, until_ = facts.customer_since, facts.customer_until
    gone = until_ is not None and (
        facts.former_for.after(_midnight(until_, facts), facts.zone) <= at
    )
    if gone or (since is not None and since > today):
        return waits(Rule.FORMER_CUSTOMER, at, LOOK_AGAIN_TOMORROW)
    return None


def _midnight(day: date, facts: PermissionFacts) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=facts.zone)


def _signed(facts: PermissionFacts, at: datetime) -> No | None:
    if facts.marketing or facts.signed_on is None:
        return waits(Rule.NOT_CLASSIFIED, at, LOOK_AGAIN_TOMORROW)
    today = at.astimezone(facts.zone).date()
    if facts.signed_on <= today:
        return None
    return until(Rule.NOT_SIGNED_YET, _midnight(facts.signed_on, facts))


def _consent(facts: PermissionFacts, at: datetime) -> No | None:
    for one in facts.consents:
        running = one.given_at <= at and (one.expires_at is None or at < one.expires_at)
        if running and one.method in (facts.method, Method.ALL):
            return None
    return waits(Rule.NO_CONSENT, at, LOOK_AGAIN_TOMORROW)
