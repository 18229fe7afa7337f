"""A person's yes to being contacted in one way: a keyed hash, with where, when and how long."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from storage.tables import Consent, Customer
from survey import subjects, unanswered_calls
from survey.objections import Source
from survey.permission import Method

_PART: Final = 500


def record(
    session: Session,
    organisation_id: UUID,
    hashes: Collection[bytes],
    *,
    method: Method,
    source: str,
    given_at: datetime,
    expires_at: datetime | None,
) -> bool:
    """Store the yes under each of these hashes; False when it is all there already.

    `source` is the operator's own word for where it was given. Told again with another end, the
    same yes gets that end; one that was withdrawn stays withdrawn.
    """
    changed = False
    for subject_hash in hashes:
        same = session.scalars(
            select(Consent)
            .where(
                Consent.organisation_id == organisation_id,
                Consent.subject_hash == subject_hash,
                Consent.method == method.value,
                Consent.given_at == given_at,
            )
            .limit(1)
        ).first()
        if same is None:
            session.add(
                Consent(
                    organisation_id=organisation_id,
                    subject_hash=subject_hash,
                    method=method.value,
                    source=source,
                    given_at=given_at,
                    expires_at=expires_at,
                )
            )
            changed = True
        elif (same.source, same.expires_at) != (source, expires_at):
            same.source, same.expires_at = source, expires_at
            changed = True
    session.flush()
    return changed


def withdraw(
    session: Session,
    organisation_id: UUID,
    hashes: Collection[bytes],
    *,
    method: Method,
    source: Source,
    at: datetime,
) -> int:
    """End every yes of these people to that way of being contacted, or to all; how many.

    A telephone of theirs that rings at this moment because of it stops.
    """
    known = subjects.customers_known_by(session, organisation_id, hashes)
    # A dialler either has its attempt committed before we see it, or sees that this yes is gone.
    session.scalars(
        select(Customer.id)
        .where(
            Customer.organisation_id == organisation_id,
            Customer.id.in_(sorted(one.id for one in known)),
        )
        .order_by(Customer.id)
        .with_for_update(key_share=True)
    ).all()
    wanted = select(Consent).where(
        Consent.organisation_id == organisation_id,
        Consent.subject_hash.in_(subjects.all_hashes(hashes, known)),
        Consent.withdrawn_at.is_(None),
    )
    if method is not Method.ALL:
        # A yes to everything ends whole: what it was meant to leave is for the person to say anew.
        wanted = wanted.where(Consent.method.in_([method.value, Method.ALL.value]))
    ended = session.scalars(wanted.with_for_update()).all()
    for row in ended:
        row.withdrawn_at, row.withdrawn_source = at, source.value
    session.flush()
    unanswered_calls.call_off(session, organisation_id, [one.id for one in known], now=at)
    return len(ended)


def in_force(
    session: Session, organisation_id: UUID, hashes: Iterable[bytes], *, at: datetime
) -> dict[bytes, frozenset[Method]]:
    """To what there is a yes at that moment, under each of those hashes that has one."""
    wanted, found = list(set(hashes)), dict[bytes, set[Method]]()
    for start in range(0, len(wanted), _PART):
        rows = session.execute(
            select(Consent.subject_hash, Consent.method).where(
                Consent.organisation_id == organisation_id,
                Consent.subject_hash.in_(wanted[start : start + _PART]),
                Consent.withdrawn_at.is_(None),
                Consent.given_at <= at,
                or_(Consent.expires_at.is_(None), Consent.expires_at > at),
            )
        )
        for subject_hash, method in rows:
            if subject_hash is not None:
                found.setdefault(subject_hash, set()).add(Method(method))
    return {subject_hash: frozenset(methods) for subject_hash, methods in found.items()}


def covers(found: Mapping[bytes, frozenset[Method]], customer: Customer, method: Method) -> bool:
    """Whether a customer said yes to that way, out of what `in_force` found for many."""
    given = frozenset[Method]().union(
        *(found.get(one, ()) for one in subjects.hashes_of_customer(customer))
    )
    return bool(given & {method, Method.ALL})


def history(session: Session, organisation_id: UUID, hashes: Collection[bytes]) -> list[Consent]:
    """Every yes under these hashes, ended ones too, the oldest first."""
    rows = session.scalars(
        select(Consent)
        .where(Consent.organisation_id == organisation_id, Consent.subject_hash.in_(list(hashes)))
        .order_by(Consent.given_at, Consent.id)
    )
    return list(rows)
