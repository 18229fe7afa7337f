"""What people said since somebody was decided about, as conditions that read it itself.

A no may have withdrawn nothing, because nobody knew yet whose it was; so what followed from it is
not asked about, but the row.
"""

from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, or_
from sqlalchemy.orm import InstrumentedAttribute

from config.campaign_rules import CallsAllowedBy
from storage.restrictions import is_restricted
from storage.states import InvitationState
from storage.tables import (
    Attempt,
    Consent,
    Customer,
    Invitation,
    Objection,
    PermissionDecision,
)
from survey.permission_terms import Method

NOW: Final[BindParameter[Any]] = bindparam("now")
"""The moment that is asked about; whoever uses a condition names it."""


def objected() -> ColumnElement[bool]:
    """That the invitation's customer says no to calls."""
    return exists().where(
        _its_customer(),
        _known_by(Objection.subject_hash),
        Objection.organisation_id == Customer.organisation_id,
        _of_calls(Objection.method),
        Objection.withdrawn_at.is_(None),
    )


def consented() -> ColumnElement[bool]:
    """That the invitation's customer has a yes to calls that is in force."""
    return exists().where(
        _its_customer(),
        _known_by(Consent.subject_hash),
        Consent.organisation_id == Customer.organisation_id,
        _of_calls(Consent.method),
        Consent.withdrawn_at.is_(None),
        Consent.given_at <= NOW,
        or_(Consent.expires_at.is_(None), Consent.expires_at > NOW),
    )


def unwanted() -> ColumnElement[bool]:
    """That a call must not ask any more: withdrawn, objected to, frozen, or its consent is gone.

    Stands beside an attempt and its invitation.
    """
    stands_on_consent = exists().where(
        PermissionDecision.id == Attempt.decision_id,
        PermissionDecision.facts["ground"].as_string() == CallsAllowedBy.CONSENT.value,
    )
    return or_(
        Invitation.state == InvitationState.WITHDRAWN,
        is_restricted(Invitation.customer_id),
        objected(),
        and_(stands_on_consent, ~consented()),
    )


def _its_customer() -> ColumnElement[bool]:
    return Customer.id == Invitation.customer_id


def _known_by(subject_hash: InstrumentedAttribute[bytes | None]) -> ColumnElement[bool]:
    return or_(subject_hash == Customer.phone_hash, subject_hash == Customer.email_hash)


def _of_calls(method: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    # One by one: a statement that is prepared has no lists.
    return or_(method == Method.CALLS.value, method == Method.ALL.value)
