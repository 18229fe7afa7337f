"""What is on record about people who may be contacted, read for many of them at once."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from storage.restrictions import restricted_among
from storage.states import AttemptMethod, AttemptState, Disposition
from storage.tables import (
    Attempt,
    Consent,
    Customer,
    Invitation,
    Objection,
)
from survey.permission_terms import ConsentOnFile, Method
from survey.retries import PastAttempt
from survey.subjects import hashes_of_customer

T = TypeVar("T")
_PART: Final = 500

# Made once: every decision asks, and building them takes longer than answering.
_OWNER: Final[BindParameter[UUID]] = bindparam("owner")
_ITEMS: Final[BindParameter[Any]] = bindparam("items", expanding=True)
_PAST: Final = (
    select(Attempt.invitation_id, Attempt.disposition, Attempt.ended_at)
    .where(
        Attempt.organisation_id == _OWNER,
        Attempt.invitation_id.in_(_ITEMS),
        Attempt.state == AttemptState.ENDED,
    )
    .order_by(Attempt.invitation_id, Attempt.number)
)
_NOES: Final = select(Objection.subject_hash, Objection.method).where(
    Objection.organisation_id == _OWNER,
    Objection.subject_hash.in_(_ITEMS),
    Objection.withdrawn_at.is_(None),
)
_YESES: Final = select(
    Consent.subject_hash, Consent.method, Consent.given_at, Consent.expires_at
).where(
    Consent.organisation_id == _OWNER,
    Consent.subject_hash.in_(_ITEMS),
    Consent.withdrawn_at.is_(None),
)
_TALKING: Final = (
    select(Invitation.customer_id)
    .join(Attempt, Attempt.invitation_id == Invitation.id)
    .where(
        Invitation.organisation_id == _OWNER,
        Invitation.customer_id.in_(_ITEMS),
        Attempt.organisation_id == _OWNER,
        Attempt.state != AttemptState.ENDED,
        # A text that is on its way keeps nobody on the telephone.
        Attempt.method == AttemptMethod.CALL,
    )
)


@dataclass(frozen=True, slots=True)
class OnRecord:
    """Of each person or invitation what it has; whoever is not named has none of it."""

    objections: dict[bytes, set[Method]] = field(default_factory=dict)
    consents: dict[bytes, list[ConsentOnFile]] = field(default_factory=dict)
    restricted: frozenset[UUID] = frozenset()
    on_the_line: frozenset[UUID] = frozenset()
    past: dict[UUID, list[PastAttempt]] = field(default_factory=dict)

    def objected_to(self, customer: Customer) -> frozenset[Method]:
        """What the person said no to, by any hash they are known by."""
        none: set[Method] = set()
        return frozenset(
            none.union(*(self.objections.get(one, none) for one in hashes_of_customer(customer)))
        )

    def consented_to(self, customer: Customer) -> tuple[ConsentOnFile, ...]:
        """What the person said yes to and did not take back, whether it has run out or not."""
        found = {yes for one in hashes_of_customer(customer) for yes in self.consents.get(one, ())}
        return tuple(sorted(found, key=lambda yes: (yes.given_at, yes.method)))


def on_record(
    session: Session,
    organisation_id: UUID,
    customers: Collection[Customer],
    invitations: Collection[Invitation],
) -> OnRecord:
    """All of it, in a handful of questions however many people there are."""
    hashes = sorted({one for customer in customers for one in hashes_of_customer(customer)})
    people = sorted({customer.id for customer in customers})
    return OnRecord(
        objections=_objections(session, organisation_id, hashes),
        consents=_consents(session, organisation_id, hashes),
        restricted=_restricted(session, organisation_id, people),
        on_the_line=_on_the_line(session, organisation_id, people),
        past=past_of(session, organisation_id, [one.id for one in invitations]),
    )


def past_of(
    session: Session, organisation_id: UUID, invitations: Sequence[UUID]
) -> dict[UUID, list[PastAttempt]]:
    """The attempts that are over, by invitation and in their order; one given back was none."""
    found: dict[UUID, list[PastAttempt]] = {}
    for part in _parts(invitations):
        rows = session.execute(_PAST, {"owner": organisation_id, "items": part})
        for invitation_id, disposition, ended_at in rows:
            if disposition not in (None, Disposition.GIVEN_BACK) and ended_at is not None:
                found.setdefault(invitation_id, []).append(PastAttempt(disposition, ended_at))
    return found


def _objections(
    session: Session, organisation_id: UUID, hashes: Sequence[bytes]
) -> dict[bytes, set[Method]]:
    found: dict[bytes, set[Method]] = {}
    for part in _parts(hashes):
        rows = session.execute(_NOES, {"owner": organisation_id, "items": part})
        for subject_hash, method in rows:
            if subject_hash is not None:
                found.setdefault(subject_hash, set()).add(Method(method))
    return found


def _consents(
    session: Session, organisation_id: UUID, hashes: Sequence[bytes]
) -> dict[bytes, list[ConsentOnFile]]:
    found: dict[bytes, list[ConsentOnFile]] = {}
    for part in _parts(hashes):
        rows = session.execute(_YESES, {"owner": organisation_id, "items": part})
        for subject_hash, method, given_at, expires_at in rows:
            if subject_hash is not None:
                yes = ConsentOnFile(Method(method), given_at, expires_at)
                found.setdefault(subject_hash, []).append(yes)
    return found


def _restricted(session: Session, organisation_id: UUID, people: Sequence[UUID]) -> frozenset[UUID]:
    found: set[UUID] = set()
    for part in _parts(people):
        found |= restricted_among(session, organisation_id, part)
    return frozenset(found)


def _on_the_line(
    session: Session, organisation_id: UUID, people: Sequence[UUID]
) -> frozenset[UUID]:
    """Those with a call, for whatever campaign, that is not known to be over."""
    found: set[UUID] = set()
    for part in _parts(people):
        found |= set(session.scalars(_TALKING, {"owner": organisation_id, "items": part}))
    return frozenset(found)


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for at in range(0, len(values), _PART):
        yield values[at : at + _PART]
