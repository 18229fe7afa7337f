"""What is on record about people who may be contacted, read for many of them at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from storage.prepared_lists import PreparedList
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

# Made once: every decision asks, and building them takes longer than answering.
_OWNER: Final[BindParameter[UUID]] = bindparam("owner")
_PAST: Final = PreparedList(
    lambda items: (
        select(Attempt.invitation_id, Attempt.disposition, Attempt.ended_at)
        .where(
            Attempt.organisation_id == _OWNER,
            Attempt.invitation_id.in_(items),
            Attempt.state == AttemptState.ENDED,
        )
        .order_by(Attempt.invitation_id, Attempt.number)
    ),
    of=Attempt.invitation_id.type,
)
_NOES: Final = PreparedList(
    lambda items: select(Objection.subject_hash, Objection.method).where(
        Objection.organisation_id == _OWNER,
        Objection.subject_hash.in_(items),
        Objection.withdrawn_at.is_(None),
    ),
    of=Objection.subject_hash.type,
)
_YESES: Final = PreparedList(
    lambda items: select(
        Consent.subject_hash, Consent.method, Consent.given_at, Consent.expires_at
    ).where(
        Consent.organisation_id == _OWNER,
        Consent.subject_hash.in_(items),
        Consent.withdrawn_at.is_(None),
    ),
    of=Consent.subject_hash.type,
)
_TALKING: Final = PreparedList(
    lambda items: (
        select(Invitation.customer_id)
        .join(Attempt, Attempt.invitation_id == Invitation.id)
        .where(
            Invitation.organisation_id == _OWNER,
            Invitation.customer_id.in_(items),
            Attempt.organisation_id == _OWNER,
            Attempt.state != AttemptState.ENDED,
            # A text that is on its way keeps nobody on the telephone.
            Attempt.method == AttemptMethod.CALL,
        )
    ),
    of=Invitation.customer_id.type,
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
    if session.autoflush:
        session.flush()  # what is asked goes past the session
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
    if session.autoflush:
        session.flush()  # an attempt that just ended may still be waiting
    rows = _PAST.rows(session, {"owner": organisation_id}, invitations)
    for invitation_id, disposition, ended_at in rows:
        if disposition not in (None, Disposition.GIVEN_BACK) and ended_at is not None:
            found.setdefault(invitation_id, []).append(PastAttempt(disposition, ended_at))
    return found


def _objections(
    session: Session, organisation_id: UUID, hashes: Sequence[bytes]
) -> dict[bytes, set[Method]]:
    found: dict[bytes, set[Method]] = {}
    for subject_hash, method in _NOES.rows(session, {"owner": organisation_id}, hashes):
        found.setdefault(subject_hash, set()).add(Method(method))
    return found


def _consents(
    session: Session, organisation_id: UUID, hashes: Sequence[bytes]
) -> dict[bytes, list[ConsentOnFile]]:
    found: dict[bytes, list[ConsentOnFile]] = {}
    rows = _YESES.rows(session, {"owner": organisation_id}, hashes)
    for subject_hash, method, given_at, expires_at in rows:
        yes = ConsentOnFile(Method(method), given_at, expires_at)
        found.setdefault(subject_hash, []).append(yes)
    return found


def _restricted(session: Session, organisation_id: UUID, people: Sequence[UUID]) -> frozenset[UUID]:
    return frozenset(restricted_among(session, organisation_id, people))


def _on_the_line(
    session: Session, organisation_id: UUID, people: Sequence[UUID]
) -> frozenset[UUID]:
    """Those with a call, for whatever campaign, that is not known to be over."""
    rows = _TALKING.rows(session, {"owner": organisation_id}, people)
    return frozenset(customer_id for (customer_id,) in rows)
