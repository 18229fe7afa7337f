"""What a person, the law or a register says about being contacted, as facts for a decision."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.campaign_rules import Campaign as CampaignRules
from config.periods import Period, parse_period
from storage.tables import (
    Consent,
    Customer,
    Invitation,
    Objection,
    Organisation,
    RegisterResult,
    Restriction,
    ThrottleToken,
)
from survey import subjects
from survey.permission_terms import ConsentOnFile, Method, RegisterAnswer, Throttle


def objections_of(session: Session, customer: Customer) -> frozenset[Method]:
    """What the person has objected to, found by any keyed hash they are known by."""
    hashes = subjects.hashes_of_customer(customer)
    if not hashes:
        return frozenset()
    methods = session.scalars(
        select(Objection.method).where(
            Objection.organisation_id == customer.organisation_id,
            Objection.subject_hash.in_(hashes),
            Objection.withdrawn_at.is_(None),
        )
    )
    return frozenset(Method(method) for method in methods)


def consents_of(session: Session, customer: Customer) -> tuple[ConsentOnFile, ...]:
    """Every yes on file that was not withdrawn, also one that is over or begins later."""
    hashes = subjects.hashes_of_customer(customer)
    if not hashes:
        return ()
    rows = session.execute(
        select(Consent.method, Consent.given_at, Consent.expires_at)
        .where(
            Consent.organisation_id == customer.organisation_id,
            Consent.subject_hash.in_(hashes),
            Consent.withdrawn_at.is_(None),
        )
        # The same yes lies under the number and under the address.
        .distinct()
        .order_by(Consent.given_at, Consent.method)
    )
    return tuple(ConsentOnFile(Method(method), given, ends) for method, given, ends in rows)


def is_restricted(session: Session, customer: Customer) -> bool:
    """Whether processing of the person's data is frozen."""
    frozen = select(Restriction.id).where(
        Restriction.organisation_id == customer.organisation_id,
        Restriction.customer_id == customer.id,
        Restriction.lifted_at.is_(None),
    )
    return session.scalar(frozen.limit(1)) is not None


def throttle_of(
    session: Session, customer: Customer, invitation: Invitation, organisation: Organisation
) -> Throttle | None:
    """When another invitation last asked the person; None when none did, or none counts."""
    period = throttle_period(organisation)
    hashes = subjects.hashes_of_customer(customer)
    if period is None or not hashes:
        return None
    asked_at = session.scalar(
        select(ThrottleToken.asked_at)
        .where(
            ThrottleToken.organisation_id == customer.organisation_id,
            ThrottleToken.subject_hash.in_(hashes),
            ThrottleToken.invitation_id != invitation.id,
        )
        .order_by(ThrottleToken.asked_at.desc())
        .limit(1)
    )
    return None if asked_at is None else Throttle(asked_at, period)


def throttle_period(organisation: Organisation) -> Period | None:
    """How long nobody of the organisation is asked again; None when that is not limited."""
    written = organisation.document.get("throttle")
    return None if written is None else parse_period(written)


def registers_of(
    session: Session, customer: Customer, rules: CampaignRules, organisation: Organisation
) -> tuple[RegisterAnswer, ...]:
    """What each register that the campaign must heed says about the number."""
    found = _results(session, customer, [one.key for one in rules.registers])
    answers = []
    for one in rules.registers:
        result = found.get(one.key)
        if result is None:
            answers.append(RegisterAnswer(one.key, one.blocks))
            continue
        # What the file says today counts, whatever it said when the number was washed.
        until = min(
            result.expires_at,
            one.valid_for.after(result.checked_at, ZoneInfo(organisation.timezone)),
        )
        answers.append(RegisterAnswer(one.key, one.blocks, result.listed, until))
    return tuple(answers)


def is_company(
    session: Session, customer: Customer, rules: CampaignRules, *, now: datetime
) -> bool:
    """Whether a register lists the number as a company's, as far as its answer still counts."""
    if rules.company_numbers is None:
        return False
    key = rules.company_numbers.register_key
    result = _results(session, customer, [key]).get(key)
    return result is not None and result.listed and now < result.expires_at


def _results(
    session: Session, customer: Customer, keys: Sequence[str]
) -> dict[str, RegisterResult]:
    if not keys or customer.phone_hash is None:
        return {}
    rows = session.scalars(
        select(RegisterResult).where(
            RegisterResult.organisation_id == customer.organisation_id,
            RegisterResult.register_key.in_(keys),
            RegisterResult.subject_hash == customer.phone_hash,
        )
    )
    return {row.register_key: row for row in rows}
