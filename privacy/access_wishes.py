"""What is known under a person's number or address alone: their noes, their yeses, and the like.

A wish that was taken back is told with the day on which it was, and not as if it held.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from privacy.access_moments import Document, at
from privacy.persons import Person
from storage.tables import (
    Case,
    Comment,
    Consent,
    Hold,
    Invitation,
    Objection,
    ReceivedText,
    RegisterResult,
    Response,
    Restriction,
    ThrottleToken,
)

_MOMENT: Final = "_at"


def told(session: Session, person: Person, *, calls: Sequence[UUID]) -> Document:
    """The sections of the package, by name; `calls` are the person's own."""
    return {
        "objections": _hashed(
            session, person, Objection, "made_at",
            ("method", "source", "withdrawn_at", "withdrawn_source"),
        ),
        "consents": _hashed(
            session, person, Consent, "given_at",
            ("method", "source", "expires_at", "withdrawn_at", "withdrawn_source"),
        ),
        "registers": _hashed(
            session, person, RegisterResult, "checked_at", ("register_key", "listed", "expires_at")
        ),
        "text_messages": _hashed(
            session, person, ReceivedText, "received_at", ("word", "answered")
        ),
        "asked": _hashed(session, person, ThrottleToken, "asked_at", ()),
        "restrictions": _restrictions(session, person, calls),
        "holds": _holds(session, person, calls),
    }  # fmt: skip


def _hashed(
    session: Session, person: Person, table: Any, when: str, names: Sequence[str]
) -> list[Document]:
    rows = session.scalars(
        select(table)
        .where(
            table.organisation_id == person.organisation_id,
            table.subject_hash.in_(person.hashes),
        )
        .order_by(getattr(table, when), table.id)
    )
    said = [
        {"at": at(getattr(row, when))} | {name: _value(row, name) for name in names} for row in rows
    ]
    # One wish is stored under every number and address.
    return [one for place, one in enumerate(said) if one not in said[:place]]


def _value(row: Any, name: str) -> Any:
    value = getattr(row, name)
    return at(value) if name.endswith(_MOMENT) else value


def _restrictions(session: Session, person: Person, calls: Sequence[UUID]) -> list[Document]:
    rows = session.scalars(
        select(Restriction)
        .where(
            Restriction.organisation_id == person.organisation_id,
            or_(
                person.named_in(Restriction.customer_id),
                Restriction.subject_hash.in_(person.hashes),
                Restriction.call_id.in_(calls),
            ),
        )
        .order_by(Restriction.made_at, Restriction.id)
    )
    return [
        {
            "cause": one.cause,
            "at": at(one.made_at),
            "review_at": at(one.review_at),
            "lifted": one.lifted_at is not None,
            "lifted_at": at(one.lifted_at),
        }
        for one in rows
    ]


def _holds(session: Session, person: Person, calls: Sequence[UUID]) -> list[Document]:
    """Deletions that were stopped; their reasons are about a claim, and may tell of others."""
    by_hash = or_(Hold.phone_hash.in_(person.hashes), Hold.email_hash.in_(person.hashes))
    if person.customer_id is not None:  # of two who share an address, each has their own
        by_hash = and_(by_hash, Hold.customer_id.is_(None))
    asked = select(Invitation.id).where(
        Invitation.organisation_id == person.organisation_id,
        Invitation.customer_id == person.customer_id,
    )
    answered = select(Response.id).where(Response.invitation_id.in_(asked))
    said = select(Comment.id).where(Comment.response_id.in_(answered))
    opened = select(Case.id).where(
        Case.organisation_id == person.organisation_id, Case.customer_id == person.customer_id
    )
    rows = session.scalars(
        select(Hold)
        .where(
            Hold.organisation_id == person.organisation_id,
            or_(
                person.named_in(Hold.customer_id),
                by_hash,
                Hold.invitation_id.in_(asked),
                Hold.case_id.in_(opened),
                Hold.comment_id.in_(said),
                Hold.call_id.in_(calls),
            ),
        )
        .order_by(Hold.made_at, Hold.id)
    )
    return [
        {
            "scope": one.scope.value,
            "class": None if one.data_class is None else one.data_class.value,
            "at": at(one.made_at),
            "review_at": at(one.review_at),
            "ends_at": at(one.ends_at),
            "released_at": at(one.released_at),
        }
        for one in rows
    ]
